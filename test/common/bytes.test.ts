import { describe, expect, it } from "vitest";
import {
  bytesToHex,
  equalBytes,
  expectLength,
  hexToBytes,
  ParseError,
  readU16,
  readU32,
  readU64,
  taggedHash,
  u8,
  u16,
  u32,
  u64,
  utf8,
  ValueError,
} from "../../common/index.js";

describe("bytes", () => {
  it("reads hex strictly and names the field", () => {
    expect(hexToBytes("00fFa1")).toEqual(Uint8Array.of(0, 255, 161));
    for (const bad of ["0", "0g", "0x00", " 00", "00 "])
      expect(() => hexToBytes(bad, "token")).toThrow(/^token: /);
  });

  it("writes big-endian integers and refuses what does not fit", () => {
    expect(bytesToHex(u8(255))).toBe("ff");
    expect(bytesToHex(u16(0x0102))).toBe("0102");
    expect(bytesToHex(u32(0xfffefdfc))).toBe("fffefdfc");
    expect(bytesToHex(u64(0x0102030405060708n))).toBe("0102030405060708");
    expect([readU16(u16(515)), readU32(u32(4294967295)), readU64(u64(2n ** 64n - 1n))]).toEqual([
      515,
      4294967295,
      2n ** 64n - 1n,
    ]);
    for (const write of [() => u8(256), () => u16(-1), () => u32(1.5), () => u64(2n ** 64n), () => u64(-1n)])
      expect(write).toThrow(ValueError);
  });

  it("compares secrets", () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toBe(false);
  });

  it("says how long bytes are and should be", () => {
    expect(() => expectLength(new Uint8Array(3), 4, "token/counter")).toThrow(
      new ParseError("token/counter", "need 4 bytes, have 3"),
    );
  });

  it("separates domains as BIP 340 does", () => {
    // BIP 340: tagged hash of the empty string under "BIP0340/challenge", computed with Python's hashlib.
    expect(bytesToHex(taggedHash("BIP0340/challenge", utf8("")))).toBe(
      "c216d352f5818b7b4beacd4ae0a26fe888080823d2a598856661bcd54f1b3713",
    );
    expect(bytesToHex(taggedHash("a", utf8("bc")))).toBe(bytesToHex(taggedHash("a", utf8("b"), utf8("c"))));
    expect(bytesToHex(taggedHash("a", utf8("b")))).not.toBe(bytesToHex(taggedHash("b", utf8("b"))));
  });
});
