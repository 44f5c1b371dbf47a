import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ParseError, ValueError } from "../../common/index.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import {
  decodeBigSize,
  decodeTlvStream,
  decodeTruncated,
  encodeBigSize,
  encodeTlvStream,
  encodeTruncated,
  findTlv,
  type TlvRecord,
} from "../../lightning/tlv.js";
import vectors from "../../specs/vectors/tlv.json" with { type: "json" };

function length(value: Uint8Array, need: number): void {
  if (value.length !== need) throw new ParseError("value", `need ${need} bytes, have ${value.length}`);
}

/** The two namespaces that BOLT 1 appendix B defines for its vectors. */
const NAMESPACES: Record<string, ReadonlyMap<bigint, (value: Uint8Array) => void>> = {
  n1: new Map([
    [1n, (value) => void decodeTruncated(value, 8)],
    [2n, (value) => length(value, 8)],
    [
      3n,
      (value) => {
        length(value, 49);
        if (!secp256k1.isPublicKey(value.subarray(0, 33))) throw new ParseError("value", "no point");
      },
    ],
    [254n, (value) => length(value, 2)],
  ]),
  n2: new Map([
    [0n, (value) => void decodeTruncated(value, 8)],
    [11n, (value) => void decodeTruncated(value, 4)],
  ]),
};

function read(hex: string, namespace: string): TlvRecord[] {
  const known = NAMESPACES[namespace] ?? new Map<bigint, (value: Uint8Array) => void>();
  const records = decodeTlvStream(hexToBytes(hex), "tlv", new Set(known.keys()));
  for (const { type, value } of records) known.get(type)?.(value);
  return records;
}

describe("BigSize", () => {
  it.each(vectors.bigsize)("BOLT 1: $comment", ({ hex, valid, value }) => {
    if (valid) {
      const wanted = BigInt(value ?? "");
      expect(decodeBigSize(hexToBytes(hex))).toEqual({ value: wanted, next: hex.length / 2 });
      expect(bytesToHex(encodeBigSize(wanted))).toBe(hex);
    } else expect(() => decodeBigSize(hexToBytes(hex))).toThrow(ParseError);
  });

  it("returns what it wrote, at any offset", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.uint8Array({ maxLength: 5 }), (value, before) => {
        const bytes = Uint8Array.of(...before, ...encodeBigSize(value), 0xaa);
        expect(decodeBigSize(bytes, before.length)).toEqual({ value, next: bytes.length - 1 });
      }),
      { seed: 1 },
    );
  });

  it("refuses to write what does not fit", () => {
    expect(() => encodeBigSize(-1n)).toThrow(ValueError);
    expect(() => encodeBigSize(2n ** 64n)).toThrow(ValueError);
  });
});

describe("TLV stream", () => {
  const cases = vectors.streams.flatMap(({ namespaces, ...rest }) =>
    namespaces.map((namespace) => ({ namespace, ...rest })),
  );
  it.each(cases)("BOLT 1, $namespace, valid $valid: $comment ($hex)", ({ namespace, valid, hex }) => {
    if (!valid) expect(() => read(hex, namespace)).toThrow(ParseError);
    else expect(bytesToHex(encodeTlvStream(read(hex, namespace)))).toBe(hex);
  });

  const stream = fc
    .uniqueArray(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 8 })
    .map((types) => types.sort((a, b) => (a < b ? -1 : 1)))
    .chain((types) =>
      fc.tuple(...types.map((type) => fc.uint8Array({ maxLength: 300 }).map((value) => ({ type, value })))),
    );

  it("returns what it wrote and reads in one way only", () => {
    fc.assert(
      fc.property(stream, (records) => {
        const bytes = encodeTlvStream(records);
        expect(decodeTlvStream(bytes)).toEqual(records);
        for (const { type, value } of records) expect(findTlv(records, type)).toBe(value);
        if (bytes.length > 0) {
          const cut = bytes.subarray(0, bytes.length - 1);
          const before = encodeTlvStream(records.slice(0, -1));
          if (cut.length !== before.length) expect(() => decodeTlvStream(cut)).toThrow(ParseError);
        }
      }),
      { seed: 2 },
    );
  });

  it("survives any bytes with a typed error or a stream that writes back the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(encodeTlvStream(decodeTlvStream(bytes))).toEqual(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("names the record in its errors", () => {
    expect(() => decodeTlvStream(hexToBytes("0105aa"), "payload")).toThrow("payload/1: need 5 bytes, have 1");
    expect(() => decodeTlvStream(hexToBytes("02000200"), "payload")).toThrow(
      "payload/2: need a type above 2",
    );
    expect(() =>
      encodeTlvStream([
        { type: 3n, value: new Uint8Array() },
        { type: 2n, value: new Uint8Array() },
      ]),
    ).toThrow(ValueError);
  });
});

describe("truncated integer", () => {
  it("returns what it wrote, shortest form", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        const bytes = encodeTruncated(value);
        expect(bytes[0]).not.toBe(0);
        expect(decodeTruncated(bytes, 8)).toBe(value);
      }),
      { seed: 4 },
    );
  });
});
