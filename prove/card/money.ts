import type { Cells } from "./cells.js";

const BLANK = 0x01;
/** RESET was torn: the card is blank at the next SELECT. */
const RESETTING = 0x00;
const RING_ENTRY = 53;

/** What must hold of the totals of every card that can be used. */
export function moneyProblem(cells: Cells): string | undefined {
  if (cells.lifecycle === BLANK || cells.lifecycle === RESETTING) return undefined;
  const authorized = cells.number("authorized");
  if (authorized > cells.number("credit")) return "authorized more than the credit";
  const counter = cells.number("counter");
  const ring = cells.bytes("ring");
  const counters: bigint[] = [];
  for (let at = 0; at < ring.length; at += RING_ENTRY) {
    const entry = new DataView(ring.buffer, ring.byteOffset + at, RING_ENTRY);
    const number = BigInt(entry.getUint32(40));
    if (number === 0n) continue;
    if (number === counter && entry.getBigUint64(45) !== authorized)
      return "the last authorization's total is not the card's";
    counters.push(number);
  }
  const last = counters.sort((a, b) => Number(a - b));
  const expected = Array.from(last, (_, i) => counter - BigInt(last.length - 1 - i));
  return last.some((number, i) => number !== expected[i])
    ? `the ring holds ${last.join(" ")}, the counter is ${counter}`
    : undefined;
}
