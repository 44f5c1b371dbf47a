import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findTlv, needTlv, readTlvs, unwrapTlv } from "../../apdu/index.js";
import { bytesToHex, concatBytes, hexToBytes, ParseError } from "../../common/index.js";
import { tlv } from "../../reference/tlv.js";

/** One object as the reference implementation writes it. */
const written = (tag: number, value: Uint8Array): Uint8Array =>
  hexToBytes(tlv(tag.toString(16), bytesToHex(value)));

const read = (hex: string) =>
  readTlvs(hexToBytes(hex), "fci").map(({ tag, value }) => [tag, bytesToHex(value)]);

describe("BER-TLV", () => {
  it("reads one after the other", () => {
    expect(read("840100a50201025f500141")).toEqual([
      [0x84, "00"],
      [0xa5, "0102"],
      [0x5f50, "41"],
    ]);
    expect(read("")).toEqual([]);
    expect(read("8400")).toEqual([[0x84, ""]]);
    expect(read(`848180${"11".repeat(128)}`)).toEqual([[0x84, "11".repeat(128)]]);
    expect(read(`84820100${"11".repeat(256)}`)).toEqual([[0x84, "11".repeat(256)]]);
  });

  it.each([
    ["84", "ends inside a length"],
    ["5f", "ends inside a tag"],
    ["8402aa", "fci/84: need 2 bytes, have 1"],
    ["5f500241", "fci/5F50: need 2 bytes, have 1"],
    ["840100ff", "ends inside a tag"],
    ["8480000000", "indefinite length"],
    ["848105aabbccddee", "not in minimal form"],
    ["84820005aabbccddee", "not in minimal form"],
    [`8482007f${"00".repeat(127)}`, "not in minimal form"],
    ["8483000001aa", "length of 3 bytes"],
    ["84ffaa", "length of 127 bytes"],
    ["848201", "ends inside a length"],
    ["5f1e00", "not in minimal form"],
    ["5f810100", "more than 2 bytes"],
    ["0000", "tag 00"],
  ])("refuses %s", (hex, problem) => {
    expect(() => read(hex)).toThrow(ParseError);
    expect(() => read(hex)).toThrow(problem);
  });

  it("finds exactly one", () => {
    const objects = readTlvs(hexToBytes("840101840102c10103"), "fci");
    expect(() => findTlv(objects, 0x84, "fci")).toThrow("fci/84: stands 2 times, need one");
    expect(findTlv(objects, 0xc1, "fci")).toEqual(Uint8Array.of(3));
    expect(findTlv(objects, 0xc2, "fci")).toBeUndefined();
    expect(() => needTlv(objects, 0xc2, "fci")).toThrow("fci/C2: missing");
    expect(() => unwrapTlv(hexToBytes("840101"), 0x6f, "x")).toThrow("need one object 6F, have 84");
    expect(() => unwrapTlv(hexToBytes(""), 0x6f, "x")).toThrow("have nothing");
    expect(() => unwrapTlv(hexToBytes("6f006f00"), 0x6f, "x")).toThrow("have 6F 6F");
  });

  it("reads what the reference implementation writes", () => {
    const tag = fc.constantFrom(0x84, 0xc1, 0x6f, 0x5f50, 0x7f49, 0x86);
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, fc.uint8Array({ maxLength: 255 })), { maxLength: 4 }), (objects) => {
        const bytes = concatBytes(...objects.map(([t, v]) => written(t, v)));
        expect(readTlvs(bytes, "x")).toEqual(objects.map(([tag, value]) => ({ tag, value })));
      }),
      { seed: 1 },
    );
  });

  it("never throws anything but a parse error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          readTlvs(bytes, "x");
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
