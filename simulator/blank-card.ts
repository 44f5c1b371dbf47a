import { boltCardApplication } from "./bolt-card/application.js";
import { hasBoltCard } from "./bolt-card/state.js";
import { cardApplication } from "./card-application/application.js";
import { channelCommands } from "./card-application/channel-commands.js";
import { type CardHardware, SimulatedCard } from "./runtime/card.js";
import type { MemoryImage } from "./runtime/persistent-memory.js";
import { DOMAIN_NAME, type DomainOptions, issuerSecurityDomain } from "./security-domain/domain.js";

export type { DomainOptions } from "./security-domain/domain.js";
export type { VersionedKeys } from "./security-domain/key-store.js";

/** True for the memory of a card with a security domain. */
export const hasSecurityDomain = (image: MemoryImage): boolean =>
  Object.keys(image.cells).some((name) => name.startsWith(`${DOMAIN_NAME}/`));

/** What a card from the factory is like. */
export interface BlankCardOptions extends DomainOptions {
  /** The Bolt Card application is installed too (specs/10 §8), blank. */
  readonly boltCard?: boolean;
}

/**
 * A card as it comes from the factory: issuer security domain, selected by default, and the card application,
 * blank. It has no power yet. With `hardware.image` it is as that left it, and `options` say nothing, but that
 * `boltCard` installs that application where the image has none.
 * @throws RuntimeFault when the image is not of such a card
 */
export function blankCard(options: BlankCardOptions = {}, hardware: CardHardware = {}): SimulatedCard {
  const domain = issuerSecurityDomain(options);
  const { image } = hardware;
  const withBoltCard = options.boltCard || (image !== undefined && hasBoltCard(image));
  const applets = [
    cardApplication(() => {}, channelCommands(domain)),
    ...(withBoltCard ? [boltCardApplication(domain)] : []),
  ];
  return new SimulatedCard(hardware, applets, domain.package);
}
