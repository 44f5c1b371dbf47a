import { describe, expect, it } from "vitest";
import { boltCardId, boltCardKeys, cardKey, macKey, piccKey } from "../../bolt-card/keys.js";
import { bytesToHex, hexToBytes as h } from "../../common/bytes.js";

describe("keys of a Bolt Card as its document publishes them (boltcard, DETERMINISTIC)", () => {
  const issuerKey = h("00000000000000000000000000000001");
  const uid = h("04a39493cc8680");

  it("the five keys of version 1", () => {
    const { k0, k1, k2, k3, k4 } = boltCardKeys(issuerKey, uid, 1);
    expect([k0, k1, k2, k3, k4].map(bytesToHex)).toEqual([
      "a29119fcb48e737d1591d3489557e49b",
      "55da174c9608993dc27bb3f30a4a7314",
      "f4b404be700ab285e333e32348fa3d3b",
      "73610ba4afe45b55319691cb9489142f",
      "addd03e52964369be7f2967736b7bdb5",
    ]);
  });

  it("the key of the card and its id", () => {
    expect(bytesToHex(cardKey(issuerKey, uid, 1))).toBe("ebff5a4e6da5ee14cbfe720ae06fbed9");
    expect(bytesToHex(boltCardId(issuerKey, uid))).toBe("e07ce1279d980ecb892a81924b67bf18");
  });

  it("the two keys of a payment are those of all five", () => {
    const all = boltCardKeys(issuerKey, uid, 7);
    expect(piccKey(issuerKey)).toEqual(all.k1);
    expect(macKey(issuerKey, uid, 7)).toEqual(all.k2);
  });

  it("a new version changes every key but K1, which is the batch's", () => {
    const [one, two] = [boltCardKeys(issuerKey, uid, 0), boltCardKeys(issuerKey, uid, 2 ** 32 - 1)];
    expect(one.k1).toEqual(two.k1);
    for (const name of ["k0", "k2", "k3", "k4"] as const) expect(one[name]).not.toEqual(two[name]);
  });

  it("keys, UIDs and versions of another size are refused", () => {
    for (const key of [new Uint8Array(15), new Uint8Array(32)]) {
      expect(() => piccKey(key)).toThrow("issuer key");
      expect(() => cardKey(key, uid, 0)).toThrow("issuer key");
      expect(() => boltCardId(key, uid)).toThrow("issuer key");
    }
    expect(() => cardKey(issuerKey, new Uint8Array(4), 0)).toThrow("uid");
    expect(() => boltCardId(issuerKey, new Uint8Array(4))).toThrow("uid");
    for (const version of [-1, 2 ** 32, 1.5])
      expect(() => cardKey(issuerKey, uid, version)).toThrow("version");
  });
});
