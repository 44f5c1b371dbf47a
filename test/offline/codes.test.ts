import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { qrPng, readQrPng } from "../../lightning/odt/index.js";
import { CodesError, type CodesKind, CodesReader, writeCodes } from "../../offline/codes.js";
import { MAX_PACK_LENGTH } from "../../offline/pack.js";
import vectors from "../../specs/vectors/offline-codes.json" with { type: "json" };

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7) & 0xff);

/** The file, or why there is none. */
function read(kind: string, codes: readonly string[]) {
  const reader = new CodesReader(kind as CodesKind);
  try {
    for (const code of codes) reader.take(code);
    return { hex: bytesToHex(reader.whole()) };
  } catch (error) {
    if (!(error instanceof CodesError)) throw error;
    return { error: error.code, ...(error.code === "missing" ? { missing: reader.missing } : {}) };
  }
}

describe("codes of specs/vectors/offline-codes.json", () => {
  it.each(vectors.vectors)("$comment", ({ kind, codes, hex, error, missing, canonical }) => {
    expect(read(kind, codes)).toEqual(
      hex === undefined ? { error, ...(missing ? { missing } : {}) } : { hex },
    );
    if (hex !== undefined && canonical !== false)
      expect(writeCodes(kind as CodesKind, hexToBytes(hex))).toEqual(codes);
  });
});

it("every pack fits into a sequence, and one byte more than a sequence holds is refused", () => {
  const longest = bytes(153_600);
  expect(MAX_PACK_LENGTH).toBeLessThan(longest.length);
  const codes = writeCodes("bundle", longest);
  expect(codes).toHaveLength(256);
  expect(read("bundle", codes.toReversed())).toEqual({ hex: bytesToHex(longest) });
  for (const length of [0, 153_601])
    expect(() => writeCodes("bundle", bytes(length))).toThrow(expect.objectContaining({ code: "too-long" }));
});

it("the missing numbers are named, runs of them as such, and what was read counts", () => {
  const reader = new CodesReader("bundle");
  const codes = writeCodes("bundle", bytes(600 * 12));
  for (const number of [3, 4, 10]) reader.take(codes[number - 1] ?? "");
  expect(() => reader.whole()).toThrow("Of 12 QR codes 9 are missing: 1 to 2, 5 to 9, 11 to 12.");
  for (const code of codes) reader.take(code);
  expect(reader.whole()).toEqual(bytes(600 * 12));
});

it("a code that is refused changes nothing of what was read", () => {
  const [one = "", two = ""] = writeCodes("bundle", bytes(700));
  const reader = new CodesReader("bundle");
  const refused = [
    writeCodes("pack", bytes(700))[1] ?? "",
    `${two.slice(0, 60)}${two[60] === "0" ? "1" : "0"}${two.slice(61)}`,
  ];
  for (const code of refused) expect(() => reader.take(code)).toThrow(CodesError);
  reader.take(one);
  for (const code of [...refused, writeCodes("bundle", bytes(701))[1] ?? ""])
    expect(() => reader.take(code)).toThrow(CodesError);
  expect(reader.missing).toEqual([2]);
  reader.take(two);
  expect(reader.whole()).toEqual(bytes(700));
});

it("the longest code comes back from its picture", () => {
  const [code = ""] = writeCodes("results", bytes(600));
  expect(readQrPng(qrPng(code))).toBe(code);
});
