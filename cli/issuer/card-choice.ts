import { bytesToHex, hexToBytes } from "../../common/index.js";
import { cardsLabelled } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { formatCardId } from "../../issuer/verify.js";
import { InputError } from "../error-report.js";

/** A card id as it is printed, from the number that keys the tables. */
export const cardText = (card: bigint): string => formatCardId(cardIdOf(card));

/** The help of an argument that {@link findCardId} reads. */
export const CARD_ARGUMENT = "a card id such as 0123-4567-89ab-cdef, or the label of one card";

/**
 * The id of a card from what people have of it: the id, with or without dashes, or a label that one card alone has.
 * @returns 8 bytes; that the card is in the ledger is not checked for an id
 * @throws InputError
 */
export async function findCardId(store: Store, text: string): Promise<Uint8Array> {
  const hex = text.replaceAll("-", "");
  if (/^[0-9a-fA-F]{16}$/.test(hex)) return hexToBytes(hex.toLowerCase());
  const [first, second] = await cardsLabelled(store.db, text);
  if (first === undefined)
    throw new InputError(`card: "${text.slice(0, 64)}" is neither a card id nor a label`, {
      hint: "See the cards: chequecard cards list",
    });
  if (second !== undefined)
    throw new InputError(`card: several cards have the label "${text.slice(0, 64)}"; name one by its id`, {
      hint: `See them: chequecard cards list --label "${text.slice(0, 64)}"`,
    });
  return cardIdOf(first);
}

/** A card id in `--json`. */
export const cardHex = (card: bigint): string => bytesToHex(cardIdOf(card));

/** A time for people: `2026-11-22 10:00:00 UTC`. */
export const timeText = (time: bigint | number): string =>
  new Date(typeof time === "number" ? time : Number.parseInt(time.toString(), 10))
    .toISOString()
    .replace(/^(.{10})T(.{8}).*$/, "$1 $2 UTC");

/** A time in `--json`: ISO 8601; undefined for null. */
export const timeIso = (time: bigint | null): string | undefined =>
  time === null ? undefined : new Date(Number.parseInt(time.toString(), 10)).toISOString();
