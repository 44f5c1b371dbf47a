import { AppletCard } from "../../simulator/applet/card.js";
import {
  type BlankCardOptions,
  hasSecurityDomain,
  blankCard as simulatedBlank,
} from "../../simulator/blank-card.js";
import type { CardPersonalization } from "../../simulator/personalization.js";
import {
  makeCard as simulatedMade,
  provisionCard as simulatedProvisioned,
} from "../../simulator/provision.js";
import type { CardHardware } from "../../simulator/runtime/card.js";

// The makers of cards of `simulator/`, with the applet in them: they take what those take, and the state of the card that
// those would make is written into the applet's memory. Tests that are run on both cards get these in their place
// (test/vitest.applet.config.ts).

export { hasSecurityDomain };

/** As `blankCard`. */
export const blankCard = (options: BlankCardOptions = {}, hardware: CardHardware = {}): AppletCard =>
  new AppletCard({ ...hardware, image: hardware.image ?? simulatedBlank(options).image() });

/** As `provisionCard`. */
export function provisionCard(
  personalization: CardPersonalization,
  hardware: Omit<CardHardware, "image" | "save"> = {},
): { readonly card: AppletCard; readonly publicKey: Uint8Array } {
  const { card, publicKey } = simulatedProvisioned(personalization);
  return { card: new AppletCard({ ...hardware, image: card.image() }), publicKey };
}

/** As `makeCard`. */
export const makeCard = (hardware: CardHardware = {}): AppletCard =>
  new AppletCard({ ...hardware, image: hardware.image ?? simulatedMade().image() });
