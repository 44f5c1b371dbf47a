import { formatCardId } from "../apdu/card-id.js";
import { STATUS_FLAG, type Transport, withResponseChaining } from "../apdu/index.js";
import { bytesToHex, secp256k1 } from "../common/index.js";
import type { KeySource } from "../keys/index.js";
import { type CardRegistry, guardedRegistry, type RegisteredCard } from "./card-registry.js";
import { forMakers } from "./errors.js";
import { identifyCard } from "./verify-card.js";

/** What a personalized card proves, beside what the registry has. Amounts in millisatoshi. */
export interface InspectedCard {
  /** As it is printed, with dashes. */
  readonly cardId: string;
  readonly keySetId: string;
  readonly nodeUri: string | undefined;
  readonly pinSet: boolean;
  readonly blocked: boolean;
  readonly counter: number;
  readonly credit: bigint;
  readonly authorizedTotal: bigint;
  /** Absent: the registry does not know the card. */
  readonly registered: RegisteredCard["state"] | undefined;
  /** True when the signature is that of the registered key. */
  readonly genuine: boolean;
}

/**
 * Reads a card and checks its signature against the registry; changes nothing (`personalize verify`).
 * @throws ParseError when its key set is unknown; CardStatusError; TransportError; RegistryUnavailableError
 */
export async function inspectCard(
  connection: Transport,
  keys: KeySource,
  registry: CardRegistry,
): Promise<InspectedCard> {
  const { selected, status } = await forMakers(() => identifyCard(withResponseChaining(connection), keys));
  const { fields } = status;
  const known = await guardedRegistry(registry).lookup(fields.cardId);
  return {
    cardId: formatCardId(fields.cardId),
    keySetId: bytesToHex(status.keySetId),
    nodeUri: selected.nodeUri,
    pinSet: selected.profile.pinSet,
    blocked: (fields.flags & STATUS_FLAG.BLOCKED) !== 0,
    counter: fields.counter,
    credit: fields.credit,
    authorizedTotal: fields.authorizedTotal,
    registered: known?.state,
    genuine: known !== undefined && secp256k1.verify(status.signature, status.digest, known.publicKey),
  };
}
