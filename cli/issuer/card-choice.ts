import { formatCardId, readCardId } from "../../apdu/card-id.js";
import { bareNumber } from "../../common/index.js";
import { cardsLabelled, eachLabel, type LabelledCard, replacedAmong } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf, cardKey } from "../../issuer/store/values.js";
import { InputError } from "../error-report.js";

/** A card id as it is printed, from the number that keys the tables. */
export const cardText = (card: bigint): string => formatCardId(cardIdOf(card));

/** The help of an argument that {@link findCardId} reads. */
export const CARD_ARGUMENT =
  "a card id such as 0123-4567-89ab-cdef, or what is printed on the card: its number, also without the holder, dashes and leading zeros";

/** Cards that are listed where several fit. */
const MAX_LISTED = 10;

/**
 * The id of a card from what people have of it: the id, with or without dashes, or what is printed on it. A number
 * counts as it is printed, and else without dashes, spaces and the zeros before a group of digits. A number of 16 digits
 * has the form of an id: where both fit, neither is taken. Of a card and the one that replaced it, the newer is meant.
 * @returns 8 bytes; that the card is in the ledger is not checked for an id that is no number either
 * @throws InputError, with the cards where several fit
 */
export async function findCardId(store: Store, text: string): Promise<Uint8Array> {
  const given = text.trim().normalize("NFC");
  const id = readCardId(given);
  const found = new Map<bigint, string>();
  const take = ({ card, label }: LabelledCard) => found.size <= MAX_LISTED && found.set(card, label);
  const forms = new Set([given, given.normalize("NFD"), text]);
  for (const form of forms) for (const one of await cardsLabelled(store.db, form, MAX_LISTED + 1)) take(one);
  if (id) {
    const own = await store.db
      .selectFrom("cards")
      .select(["card", "label"])
      .where("card", "=", cardKey(id))
      .executeTakeFirst();
    if (own) take(own);
  }
  if (found.size === 0)
    for await (const one of eachLabel(store.db)) if (isPrintedAs(one.label, given)) take(one);
  if (found.size > 1)
    for (const replaced of await replacedAmong(store.db, [...found.keys()])) found.delete(replaced);
  const [only] = found.keys();
  if (only !== undefined && found.size === 1) return cardIdOf(only);
  if (found.size > 1) throw severalFit(given, found);
  if (id) return id;
  throw new InputError(`card: "${given.slice(0, 64)}" is neither a card id nor printed on a card`, {
    hint: "See the cards: chequecard cards list",
  });
}

function severalFit(text: string, found: ReadonlyMap<bigint, string>): InputError {
  const list = [...found].slice(0, MAX_LISTED).map(([card, label]) => `${cardText(card)} (${label})`);
  const more = found.size > MAX_LISTED ? " and more" : "";
  return new InputError(`card: several cards fit "${text.slice(0, 64)}": ${list.join(", ")}${more}`, {
    hint: "Name one by its id, or by all that is printed on it.",
  });
}

/** Whether a text is a label, or the number with which it begins, but for what {@link bareNumber} leaves out. */
function isPrintedAs(label: string, text: string): boolean {
  const wanted = bareNumber(text);
  if (wanted === "") return false;
  const ends = [...label.matchAll(/\s/g)].map(({ index }) => index);
  return [...ends, label.length].some((end) => bareNumber(label.slice(0, end)) === wanted);
}

/** A time for people: `2026-11-22 10:00:00 UTC`. */
export const timeText = (time: bigint | number): string =>
  new Date(typeof time === "number" ? time : Number.parseInt(time.toString(), 10))
    .toISOString()
    .replace(/^(.{10})T(.{8}).*$/, "$1 $2 UTC");

/** A time in `--json`: ISO 8601; undefined for null. */
export const timeIso = (time: bigint | null): string | undefined =>
  time === null ? undefined : new Date(Number.parseInt(time.toString(), 10)).toISOString();
