import type { Card, Outcome, RingEntry } from "../../reference/card/state.js";
import type { Cells } from "../card/cells.js";

const number = (value: bigint | number, length: number): string =>
  value.toString(16).padStart(2 * length, "0");

/** Bytes that are not there are zero in memory. */
const filled = (hex: string, length: number): string => hex.padEnd(2 * length, "0");

const entryHex = (entry: RingEntry | undefined): string =>
  entry
    ? entry.invoiceHash +
      number(entry.amount, 8) +
      number(entry.counter, 4) +
      number(entry.flags, 1) +
      number(entry.authorized, 8)
    : "00".repeat(53);

/** The place of an entry follows from its counter: the oldest makes room. */
const ringHex = (ring: readonly RingEntry[]): string =>
  [0, 1, 2, 3].map((place) => entryHex(ring.find(({ counter }) => counter % 4 === place))).join("");

/** Every byte of the application's state (specs/01 §8), and what the secure channel counts; hex by name. */
export function cellsOf(card: Card): Record<string, string> {
  return {
    lifecycle: number(card.lifecycle, 1),
    "card-id": filled(card.cardId, 8),
    "key-set-id": filled(card.keySetId, 4),
    "seal-key": filled(card.sealKey, 16),
    "issuer-point": filled(card.issuerPoint, 65),
    "node-uri": (card.nodeUri ? number(card.nodeUri.length / 2, 1) + card.nodeUri : "").padEnd(402, "0"),
    certificate: (card.certificate ? number(128, 1) + card.certificate : "").padEnd(258, "0"),
    "secret-key": filled(card.secretKey, 32),
    point: filled(card.point, 65),
    published: number(card.published, 1),
    credit: number(card.credit, 8),
    "max-per-transaction": number(card.maxPerTransaction, 8),
    "pin-threshold": number(card.pinThreshold, 8),
    "no-pin-budget": number(card.noPinBudget, 8),
    "max-transactions": number(card.maxTransactions, 4),
    sequence: number(card.sequence, 4),
    counter: number(card.counter, 4),
    authorized: number(card.authorized, 8),
    "no-pin-spent": number(card.noPinSpent, 8),
    ring: ringHex(card.ring),
    pin: number(card.tries, 1) + card.pin.padEnd(16, "0"),
    failures: number(card.failures, 1),
    keys: card.slots
      .map(
        ({ version, enc, mac, dek, sequence }) => number(version, 1) + enc + mac + dek + number(sequence, 3),
      )
      .join("")
      .padEnd(3 * 104, "0"),
  };
}

/** The same cells as the card holds them. */
export const readCells = (cells: Cells, model: Card): Record<string, string> =>
  Object.fromEntries(Object.keys(cellsOf(model)).map((name) => [name, cells.hex(name)]));

/** First cell in which the two differ, with both values; undefined when none does. */
export function firstDifference(
  needed: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string | undefined {
  const name = Object.keys(needed).find((cell) => needed[cell] !== found[cell]);
  return name && `${name}: card ${found[name]}, model ${needed[name]}`;
}

/**
 * The card after power failed in a command: as before it, as after it, or as the outcome says of in between.
 * @param found its memory after power-up
 * @returns undefined when it is something else
 */
export function settledAfterTear(
  before: Card,
  { next, between, mixes }: Outcome,
  found: Readonly<Record<string, string>>,
): Card | undefined {
  const settled = [before, ...between, next].find((card) => !firstDifference(cellsOf(card), found));
  return settled ?? (mixes === undefined ? undefined : adoptTornData(before, next, mixes, found));
}

/** What a card may write as one: cells, and of the ring each entry. */
const pieces = (cell: string): readonly string[] => cell.match(/.{106}/g) ?? [cell];

/**
 * The model of a card whose data were torn while they cannot be used: each cell is as before, as after or cleared, each
 * entry of the ring too, and the model goes on from what is there. Undefined when a cell is something else, or the card is of another lifecycle.
 */
function adoptTornData(
  before: Card,
  after: Card,
  lifecycle: number,
  found: Readonly<Record<string, string>>,
): Card | undefined {
  const [old, next] = [cellsOf(before), cellsOf(after)];
  for (const name of Object.keys(old)) {
    const split = (text: string | undefined) => (name === "ring" ? pieces(text ?? "") : [text ?? ""]);
    const [was, is] = [split(old[name]), split(next[name])];
    const isOther = split(found[name]).some(
      (value, at) => value !== was[at] && value !== is[at] && /[^0]/.test(value),
    );
    if (isOther && name !== "lifecycle") return undefined;
  }
  const cell = (name: string): string => found[name] ?? "";
  const value = (name: string): bigint => BigInt(`0x${cell(name)}`);
  if (value("lifecycle") !== BigInt(lifecycle)) return undefined;
  const uriLength = 2 * Number.parseInt(cell("node-uri").slice(0, 2), 16);
  return {
    ...before,
    lifecycle,
    cardId: cell("card-id"),
    keySetId: cell("key-set-id"),
    sealKey: cell("seal-key"),
    issuerPoint: cell("issuer-point"),
    nodeUri: cell("node-uri").slice(2, 2 + uriLength),
    certificate: cell("certificate").startsWith("80") ? cell("certificate").slice(2) : "",
    secretKey: cell("secret-key"),
    point: cell("point"),
    published: Number(value("published")),
    credit: value("credit"),
    maxPerTransaction: value("max-per-transaction"),
    pinThreshold: value("pin-threshold"),
    noPinBudget: value("no-pin-budget"),
    maxTransactions: Number(value("max-transactions")),
    sequence: Number(value("sequence")),
    counter: Number(value("counter")),
    authorized: value("authorized"),
    noPinSpent: value("no-pin-spent"),
    ring: before.ring.filter(({ counter }) => /[^0]/.test(pieces(cell("ring"))[counter % 4] ?? "")),
    pin: /[^0]/.test(cell("pin").slice(2)) ? cell("pin").slice(2) : "",
    tries: Number.parseInt(cell("pin").slice(0, 2), 16),
  };
}
