import { ecb } from "@noble/ciphers/aes.js";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ValueError } from "../../common/index.js";
import { kdf3, kdf3Input, undiversified } from "../../keys/index.js";

const checkValue = (key: Uint8Array): string =>
  bytesToHex(ecb(key, { disablePadding: true }).encrypt(new Uint8Array(16).fill(1)).subarray(0, 3));

describe("KDF3", () => {
  const master = hexToBytes("404142434445464748494a4b4c4d4e4f");

  it("gives the key check values that GlobalPlatformPro's own tests pin", () => {
    const keys = kdf3(1, master, hexToBytes("00010203040506070809"));
    expect([keys.enc, keys.mac, keys.dek].map(checkValue)).toEqual(["e79c05", "d1bd77", "3fde8c"]);
  });

  it("has one block as input: counter, purpose, separator, diversification data", () => {
    expect(bytesToHex(kdf3Input(2, hexToBytes("a0a1a2a3a4a5a6a7a8a9")))).toBe(
      "010000000200a0a1a2a3a4a5a6a7a8a9",
    );
  });

  it("gives another card other keys, and undiversified the same three", () => {
    const one = kdf3(1, master, hexToBytes("00010203040506070809"));
    const two = kdf3(1, master, hexToBytes("00010203040506070808"));
    const all = [one, two].flatMap((keys) => [keys.enc, keys.mac, keys.dek].map(bytesToHex));
    expect(new Set(all).size).toBe(6);
    const same = undiversified(255, master);
    expect([same.enc, same.mac, same.dek]).toEqual([master, master, master]);
    same.enc.fill(0);
    expect(same.mac).toEqual(master);
  });

  it.each([0, 9, 11])("refuses %i bytes of diversification data", (length) => {
    expect(() => kdf3(1, master, new Uint8Array(length))).toThrow(ValueError);
  });
});
