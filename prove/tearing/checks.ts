import { type Cells, differences } from "../card/cells.js";
import type { Leeway } from "./commands.js";

const BLANK = 0x01;
const RING_ENTRY = 53;
/** What RESET must have destroyed before the card is blank. */
const SECRETS = ["secret-key", "point", "seal-key"];

const isZero = (bytes: Uint8Array): boolean => !bytes.some(Boolean);

/**
 * What is wrong with the memory of a card after a torn command; undefined when it is exactly as before or as after
 * the command, or as the specification says of the exceptions (specs/01 §8).
 */
export function tornStateProblem(
  leeway: Leeway,
  before: Cells,
  after: Cells,
  found: Cells,
): string | undefined {
  if (found.journalLength) return "a torn transaction is still open after power-up";
  const notBefore = differences(found, before);
  const notAfter = differences(found, after);
  if (notBefore.length === 0 || notAfter.length === 0) return moneyProblem(found);
  const free = (names: readonly string[]) => (name: string) => names.includes(name);
  const without = (names: readonly string[], list: readonly string[]) =>
    list.filter((name) => !free(names)(name));
  const halfDone = (names: readonly string[]): string | undefined =>
    without(names, notBefore).length && without(names, notAfter).length
      ? `neither as before (${notBefore.join(" ")}) nor as after (${notAfter.join(" ")})`
      : undefined;
  switch (leeway) {
    case "none":
      return halfDone([]);
    case "guess":
    case "reset-tries":
      return halfDone(["pin"]) ?? triesProblem(leeway, before, after, found) ?? moneyProblem(found);
    case "attempt":
      return (
        halfDone(["failures"]) ??
        (found.number("failures") === before.number("failures") + 1n
          ? undefined
          : "an attempt is not counted")
      );
    case "reset":
      if (found.lifecycle === BLANK && !SECRETS.every((name) => isZero(found.bytes(name))))
        return "blank with a key of its earlier life";
      return found.lifecycle === BLANK
        ? mixtureProblem(before, after, found)
        : "not blank, and not as before RESET";
    case "blank-data":
      return found.lifecycle === BLANK
        ? mixtureProblem(before, after, found)
        : "personalized with something missing";
  }
}

/** On a blank card each value is the old one, the new one or cleared. */
function mixtureProblem(before: Cells, after: Cells, found: Cells): string | undefined {
  const strange = found.names.filter(
    (name) =>
      found.hex(name) !== before.hex(name) &&
      found.hex(name) !== after.hex(name) &&
      !isZero(found.bytes(name)),
  );
  return strange.length ? `neither old, new nor cleared: ${strange.join(" ")}` : undefined;
}

function triesProblem(leeway: Leeway, before: Cells, after: Cells, found: Cells): string | undefined {
  const tries = found.tries;
  const allowed =
    leeway === "guess" ? [before.tries, before.tries - 1, after.tries] : [before.tries, after.tries];
  if (!allowed.includes(tries)) return `${tries} PIN tries: before ${before.tries}, after ${after.tries}`;
  if (leeway === "reset-tries" && tries > before.tries && found.hex("sequence") === before.hex("sequence"))
    return "PIN tries came back before the sequence was stored: the update can be sent again for more";
  const pin = found.hex("pin").slice(2);
  return pin === before.hex("pin").slice(2) || pin === after.hex("pin").slice(2)
    ? undefined
    : "neither the old nor the new PIN";
}

/** What must hold of the totals of every card that is not blank. */
export function moneyProblem(cells: Cells): string | undefined {
  if (cells.lifecycle === BLANK) return undefined;
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
