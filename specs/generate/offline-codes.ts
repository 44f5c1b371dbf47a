import { hex, join, unhex } from "../../reference/bytes.js";
import { type Code, digestOf, type Kind, writeCode, writeCodes } from "../../reference/codes.js";

/** Sequences of QR codes (specs/09 §7.3). */
export const file = "offline-codes.json";

/** No bundle and no pack: what puts codes together does not look at what they hold. */
const bytesOf = (length: number, first = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (first + at + (at >> 8)) & 0xff));

const WHOLE = bytesOf(1_300);
const CODES = writeCodes("bundle", WHOLE);
const [ONE = "", TWO = "", THREE = ""] = CODES;
const DIGEST = digestOf(1, WHOLE);

const good = (comment: string, kind: Kind, whole: Buffer) => ({
  ...{ comment, valid: true, kind, codes: writeCodes(kind, whole), hex: hex(whole) },
});
const read = (comment: string, codes: readonly string[]) => ({
  ...{ comment, valid: true, canonical: false, kind: "bundle", codes, hex: hex(WHOLE) },
});
const bad = (comment: string, codes: readonly string[], error: string, kind: Kind = "bundle") => ({
  ...{ comment, valid: false, kind, codes, error },
});
const lacking = (comment: string, codes: readonly string[], missing: readonly number[]) => ({
  ...bad(comment, codes, "missing"),
  missing,
});

/** One code that no writer makes, with a right check. */
const odd = (changes: Partial<Code>, version = 1): string =>
  writeCode(
    { kind: 1, digest: DIGEST, number: 3, count: 3, share: WHOLE.subarray(1_200), ...changes },
    version,
  );
/** The code with another byte at this place, and the old check. */
const flipped = (code: string, at: number): string => {
  const bytes = unhex(code);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return hex(bytes).toUpperCase();
};
const small = bytesOf(10, 7);
const SMALL = digestOf(1, small);

const vectors = [
  good("a bundle in three codes", "bundle", WHOLE),
  good("results in one code, as long as a code can be", "results", bytesOf(600)),
  good("a pack in two codes, the last of one byte", "pack", bytesOf(601)),
  good("a file of one byte", "pack", Buffer.of(0)),
  read("in another order", [THREE, ONE, TWO]),
  read("one of them twice", [ONE, TWO, ONE, THREE]),
  read("lower-case hex, and white space around it", [ONE.toLowerCase(), `${TWO}\r\n`, ` ${THREE}`]),
  lacking("no code", [], []),
  lacking("the second one is missing", [THREE, ONE], [2]),
  lacking("the first ones are missing", [THREE], [1, 2]),
  bad("an empty text", [""], "not-a-code"),
  bad("no hex", ["LIGHTNING:LNBC1"], "not-a-code"),
  bad("an odd number of digits", [ONE.slice(0, -1)], "not-a-code"),
  bad("an offline message", [`0000${"A1".repeat(32)}`], "not-a-code"),
  bad("17 characters too long", [`${writeCodes("bundle", bytesOf(600))[0]}${" ".repeat(17)}`], "not-a-code"),
  bad("a bundle itself", [hex(join(Buffer.from("CQBD"), bytesOf(33)))], "not-a-code"),
  bad("version 2", [odd({}, 2)], "newer-version"),
  bad("version 0", [odd({}, 0)], "damaged"),
  bad("cut in its head", [ONE.slice(0, 40)], "damaged"),
  bad("cut by a byte", [ONE.slice(0, -2)], "damaged"),
  bad("another byte in its share", [flipped(ONE, 100), TWO, THREE], "damaged"),
  bad("another number and the old check", [ONE, flipped(TWO, 15), THREE], "damaged"),
  bad("without a share", [odd({ share: Buffer.alloc(0) })], "damaged"),
  bad("601 bytes in one code", [odd({ number: 1, count: 1, share: bytesOf(601) })], "damaged"),
  bad("599 bytes in a code that is not the last", [odd({ number: 1, share: bytesOf(599) })], "damaged"),
  bad("number 0", [odd({ number: 0, share: bytesOf(600) })], "damaged"),
  bad("number 4 of 3", [odd({ number: 4 })], "damaged"),
  bad("none of 0", [odd({ number: 0, count: 0 })], "damaged"),
  bad("1 of 257", [odd({ number: 1, count: 257, share: bytesOf(600) })], "damaged"),
  bad("a kind that there is not", [odd({ kind: 4 })], "damaged"),
  bad("kind 0", [odd({ kind: 0 })], "damaged"),
  bad("a pack in the place of a bundle", writeCodes("pack", WHOLE), "other-kind"),
  bad("a bundle in the place of results", CODES, "other-kind", "results"),
  bad("a code of another bundle", [ONE, TWO, odd({ digest: SMALL })], "other-sequence"),
  bad("another count", [ONE, TWO, THREE, odd({ number: 4, count: 4 })], "other-sequence"),
  bad("a number with two shares", [ONE, THREE, odd({ share: small }), TWO], "damaged"),
  bad("another share with a right check", [ONE, TWO, odd({ share: small })], "damaged"),
  bad(
    "a digest of the same bytes as another kind",
    [odd({ digest: digestOf(3, small), number: 1, count: 1, share: small })],
    "damaged",
  ),
  bad("a digest of another file", [odd({ digest: SMALL, number: 1, count: 1 })], "damaged"),
];

export const generate = () => ({
  ...{ title: "Files as sequences of QR codes", spec: "specs/09 §7.3", vectors },
});
