import { describe, expect, it } from "vitest";
import {
  aesCmac,
  DERIVE,
  decryptData,
  decryptSensitive,
  encryptData,
  encryptSensitive,
  kdfCounter,
  keyCheckValue,
  padBlock,
  pseudoRandomChallenge,
  scp03Derive,
  unpadBlock,
} from "../../apdu/secure-channel/primitives.js";
import { bytesToHex, hexToBytes, ValueError } from "../../common/index.js";

const h = hexToBytes;
const empty = new Uint8Array(0);

describe("AES-CMAC", () => {
  // RFC 4493 §4, the same as NIST SP 800-38B, appendix D.1.
  const key = h("2b7e151628aed2a6abf7158809cf4f3c");
  const message = h(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
  );
  it.each([
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ])("RFC 4493, %i bytes", (length, tag) => {
    expect(bytesToHex(aesCmac(key, message.subarray(0, length)))).toBe(tag);
    expect(
      bytesToHex(aesCmac(key, message.subarray(0, length >> 1), message.subarray(length >> 1, length))),
    ).toBe(tag);
  });
});

describe("KDF in counter mode", () => {
  // NIST CAVP, KDFCTR_gen: PRF CMAC_AES128, RLEN 8 bits, counter in the middle of or before the fixed data.
  it.each([
    [
      "b6e04abd1651f8794d4326f4c684e631",
      "93612f7256c46a3d856d3e951e32dbf15fe11159d0b389ad38d603850fee6d18d22031435ed36ee20da76745fbea4b10fe1e",
      "99322aae605a5f01e32b",
      "dcb1db87a68762c6b3354779fa590bef",
    ],
    [
      "f1e71b1dd502aad84728834bfcdb281c",
      "f9df43aaafc930f8b2a45a4bf6fb1e0f51237d4d4c2768304b407b7816e77eadab3030fd2cb21c619be5540250579f275a19",
      "2d965ea59a8b6cc432ad",
      "f405141e34dd81817c7b608fab372e6a",
    ],
    [
      "682e814d872397eba71170a693514904",
      "",
      "e323cdfa7873a0d72cd86ffb4468744f097db60498f7d0e3a43bafd2d1af675e4a88338723b1236199705357c47bf1d89b2f4617a340980e6331625c",
      "dac9b6ca405749cfb065a0f1e42c7c4224d3d5db32fdafe9dee6ca193316f2c7",
    ],
    [
      "7aa9973481d560f3be217ac3341144d8",
      "",
      "46f88b5af7fb9e29262dd4e010143a0a9c465c627450ec74ab7251889529193e995c4b56ff55bc2fc8992a0df1ee8056f6816b7614fba4c12d3be1a5",
      "1746ae4f09903f74bfbe1b8ae2b79d74576a3b09",
    ],
  ])("NIST SP 800-108, key %s", (key, before, after, derived) => {
    expect(bytesToHex(kdfCounter(h(key), h(before), h(after), derived.length / 2))).toBe(derived);
  });

  it("takes 1 to 32 bytes and nothing else", () => {
    for (const length of [0, 33, 1.5, -1])
      expect(() => kdfCounter(new Uint8Array(16), empty, empty, length)).toThrow(ValueError);
    expect(kdfCounter(new Uint8Array(16), empty, empty, 1)).toHaveLength(1);
  });

  it("separates SCP03's purposes and lengths", () => {
    const key = new Uint8Array(16).fill(5);
    const context = new Uint8Array(16);
    const values = Object.values(DERIVE).flatMap((constant) =>
      [8, 16].map((length) => bytesToHex(scp03Derive(key, constant, context, length).subarray(0, 8))),
    );
    expect(new Set(values).size).toBe(2 * Object.keys(DERIVE).length);
  });
});

describe("SCP03 details", () => {
  it("computes the pseudo-random challenge of a real card", () => {
    // From the first session in transcripts.test.ts; the application that opened the channel is an eUICC's ISD-R.
    const challenge = pseudoRandomChallenge(
      h("000102030405060708090a0b0c0d0e0f"),
      h("000002"),
      h("a0000005591010ffffffff8900000100"),
      8,
    );
    expect(bytesToHex(challenge)).toBe("3eb51047495b249f");
    expect(() => pseudoRandomChallenge(new Uint8Array(16), h("0002"), h("a000000151"), 8)).toThrow(
      ValueError,
    );
  });

  it("pads and unpads, and finds padding that is none", () => {
    for (let length = 0; length <= 48; length++) {
      const data = new Uint8Array(length).fill(0x80);
      const padded = padBlock(data);
      expect(padded.length % 16).toBe(0);
      expect(padded.length - length).toBeGreaterThan(0);
      expect(padded.length - length).toBeLessThanOrEqual(16);
      expect(unpadBlock(padded)).toEqual(data);
    }
    for (const bad of [empty, new Uint8Array(16), new Uint8Array(15).fill(0x80), new Uint8Array(32).fill(1)])
      expect(unpadBlock(bad)).toBeUndefined();
    const farAway = new Uint8Array(32);
    farAway[15] = 0x80;
    expect(unpadBlock(farAway)).toBeUndefined();
  });

  it("encrypts each command and response under its own IV", () => {
    const key = new Uint8Array(16).fill(9);
    const data = new Uint8Array(20).fill(1);
    const encrypted = [1, 2].flatMap((counter) =>
      (["command", "response"] as const).map((direction) => encryptData(key, counter, direction, data)),
    );
    expect(new Set(encrypted.map(bytesToHex)).size).toBe(4);
    expect(decryptData(key, 2, "response", encrypted[3] ?? empty)).toEqual(data);
    expect(decryptData(key, 1, "response", empty)).toBeUndefined();
    expect(decryptData(key, 1, "response", new Uint8Array(17))).toBeUndefined();
    expect(decryptSensitive(key, encryptSensitive(key, new Uint8Array(16).fill(4)))).toEqual(
      new Uint8Array(16).fill(4),
    );
  });

  it("has the published check value of the well-known test key", () => {
    expect(bytesToHex(keyCheckValue(h("404142434445464748494a4b4c4d4e4f")))).toBe("504a77");
  });
});
