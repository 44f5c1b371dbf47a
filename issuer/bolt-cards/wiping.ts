import { cardKey } from "../store/values.js";
import type { Batch } from "./batches.js";
import { writeTicket } from "./ticket.js";

/** Of keys for wiping; the code of a link follows. */
export const WIPE_PATH = "/bolt/wipe/";
/** In a link that is for each card of this issuer that is held to the phone. */
export const ANY_CARD = 0n;

/**
 * The link that opens the app to make chips blank (Bolt Card's document DEEPLINK, `reset`). Nothing of it is kept: it is good until its
 * end, for as many chips as are held to the phone.
 * @param base of the configuration; @param cardId 8 bytes; undefined: any card
 */
export function wipeLink(
  base: string,
  { wipeKeys }: Batch,
  {
    cardId,
    expiresAtSeconds,
  }: { readonly cardId: Uint8Array | undefined; readonly expiresAtSeconds: number },
): string {
  const card = cardId ? cardKey(cardId) : ANY_CARD;
  const code = writeTicket(wipeKeys, { card, counter: 0n, expiresAtSeconds });
  return `boltcard://reset?url=${encodeURIComponent(`${base}${WIPE_PATH}${code}`)}`;
}
