import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, u64 } from "../../common/index.js";
import { DenyList, MAX_DENIED } from "../../offline/deny-list.js";

const ids = (count: number) => Array.from({ length: count }, (_, i) => u64(BigInt(i) * 3n + 1n));

describe("a deny list", () => {
  it("has each card it was made of, in any order, and no other", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (cards, other) => {
          const list = DenyList.read(DenyList.of(cards.map((card) => u64(card))).bytes);
          expect(list.length).toBe(cards.length);
          for (const card of cards) expect(list.has(u64(card))).toBe(true);
          expect(list.has(u64(other))).toBe(cards.includes(other));
        },
      ),
      { seed: 16, numRuns: 100 },
    );
  });

  it("is the sorted ids, each once", () => {
    const list = DenyList.of(
      ["ff00000000000000", "0000000000000001", "ff00000000000000"].map((id) => hexToBytes(id)),
    );
    expect(bytesToHex(list.bytes)).toBe("0000000000000001ff00000000000000");
  });

  it.each([
    ["half an id", "000000000000000100", "deny list: need ids of 8 bytes, have 9 bytes"],
    [
      "ids out of order",
      "00000000000000020000000000000001",
      "deny list/1: need a card id above the one before it",
    ],
    [
      "an id twice",
      "00000000000000020000000000000002",
      "deny list/1: need a card id above the one before it",
    ],
  ])("refuses to read %s", (_, hex, message) => {
    expect(() => DenyList.read(hexToBytes(hex))).toThrow(message);
  });

  it("holds its most cards, and refuses one more when it is made and when it is read", () => {
    const most = DenyList.of(ids(MAX_DENIED));
    expect(DenyList.read(most.bytes).length).toBe(MAX_DENIED);
    expect(() => DenyList.of(ids(MAX_DENIED + 1))).toThrow("need at most 7500 cards, have 7501");
    const bytes = Buffer.concat([most.bytes, Buffer.alloc(8, 0xff)]);
    expect(() => DenyList.read(bytes)).toThrow("need at most 7500 cards, have 7501");
  });

  it("refuses an id that is not 8 bytes long", () => {
    expect(() => DenyList.of([hexToBytes("0102")])).toThrow("deny list: need ids of 8 bytes, have one of 2");
  });
});
