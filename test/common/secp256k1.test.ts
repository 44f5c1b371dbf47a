import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesToHex,
  derToCompact,
  hexToBytes,
  nativeSecp256k1,
  nobleSecp256k1,
  ParseError,
  type Secp256k1,
  utf8,
  ValueError,
} from "../../common/index.js";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const scalar = (value: bigint) => hexToBytes(value.toString(16).padStart(64, "0"));
const ONE = scalar(1n);
const G = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const flipS = (signature: Uint8Array): Uint8Array => {
  const s = BigInt(`0x${bytesToHex(signature.slice(32))}`);
  return Uint8Array.from([...signature.slice(0, 32), ...scalar(N - s)]);
};

const backends: Secp256k1[] = [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])];

it.runIf(process.env.CI)("has the native backend in CI", () => {
  expect(nativeSecp256k1?.name).toBe("native");
});

describe.each(backends.map((backend) => ({ name: backend.name, backend })))(
  "secp256k1 by $name",
  ({ backend }) => {
    it("multiplies the generator", () => {
      expect(bytesToHex(backend.publicKey(ONE))).toBe(G);
      expect(bytesToHex(backend.convert(backend.publicKey(ONE, false), true))).toBe(G);
      expect(backend.publicKey(ONE, false)).toHaveLength(65);
      expect(() => backend.publicKey(scalar(0n))).toThrow(ValueError);
      expect(() => backend.publicKey(scalar(N))).toThrow(ValueError);
    });

    it("signs as RFC 6979 has it", () => {
      // Key 1, SHA-256 of "Satoshi Nakamoto": a vector found in many secp256k1 libraries (low s).
      expect(bytesToHex(backend.sign(sha256(utf8("Satoshi Nakamoto")), ONE))).toBe(
        "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8" +
          "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
      );
    });

    it("accepts low and high s and nothing that was changed", () => {
      const digest = sha256(utf8("message"));
      const secret = scalar(0xabcdefn);
      const key = backend.publicKey(secret);
      const signature = backend.sign(digest, secret);
      expect(backend.verify(signature, digest, key)).toBe(true);
      expect(backend.verify(flipS(signature), digest, key)).toBe(true);
      expect(backend.verify(signature, digest, backend.publicKey(secret, false))).toBe(true);
      for (let at = 0; at < 64; at += 7) {
        const changed = Uint8Array.from(signature);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(backend.verify(changed, digest, key)).toBe(false);
      }
      expect(backend.verify(signature, sha256(digest), key)).toBe(false);
      expect(backend.verify(signature, digest, backend.publicKey(ONE))).toBe(false);
    });

    it("calls malformed input false, never throws", () => {
      const digest = sha256(utf8("message"));
      const key = backend.publicKey(ONE);
      const signature = backend.sign(digest, ONE);
      const bad: [Uint8Array, Uint8Array, Uint8Array][] = [
        [signature.slice(1), digest, key],
        [signature, digest.slice(1), key],
        [signature, digest, key.slice(1)],
        [signature, digest, new Uint8Array(33)],
        [signature, digest, hexToBytes(`05${G.slice(2)}`)],
        [new Uint8Array(64), digest, key],
        [Uint8Array.from([...scalar(N), ...signature.slice(32)]), digest, key],
        [Uint8Array.from([...signature.slice(0, 32), ...scalar(N)]), digest, key],
        [new Uint8Array(64).fill(255), digest, key],
      ];
      for (const [s, d, k] of bad) expect(backend.verify(s, d, k)).toBe(false);
      // The hybrid form of SEC 1 (06, 07) is no key of ours.
      const hybrid = backend.publicKey(ONE, false);
      hybrid[0] = 6 + ((hybrid[64] ?? 0) & 1);
      expect(backend.isPublicKey(hybrid)).toBe(false);
      expect(backend.verify(signature, digest, hybrid)).toBe(false);
    });

    it("recovers the signer", () => {
      const digest = sha256(utf8("invoice"));
      const { signature, recovery } = backend.signRecoverable(digest, scalar(5n));
      expect(bytesToHex(backend.recover(signature, recovery, digest))).toBe(
        bytesToHex(backend.publicKey(scalar(5n))),
      );
      expect(() => backend.recover(new Uint8Array(64), 0, digest)).toThrow(ParseError);
      expect(() => backend.recover(signature, 4, digest)).toThrow(ParseError);
    });

    it("multiplies points and scalars", () => {
      expect(bytesToHex(backend.multiplyPublicKey(hexToBytes(G), scalar(7n)))).toBe(
        bytesToHex(backend.publicKey(scalar(7n))),
      );
      expect(backend.multiplySecretKey(scalar(3n), scalar(5n))).toEqual(scalar(15n));
      expect(backend.ecdh(scalar(3n), backend.publicKey(scalar(5n)))).toEqual(
        sha256(backend.publicKey(scalar(15n))),
      );
      expect(() => backend.ecdh(ONE, new Uint8Array(33))).toThrow(ParseError);
    });

    it("mixes entropy into the nonce and can leave s high", () => {
      const digest = sha256(utf8("tap"));
      const key = backend.publicKey(ONE);
      const made = Array.from({ length: 32 }, (_, i) =>
        backend.sign(digest, ONE, { entropy: new Uint8Array(32).fill(i), allowHighS: true }),
      );
      expect(new Set(made.map(bytesToHex)).size).toBe(32);
      expect(made.every((signature) => backend.verify(signature, digest, key))).toBe(true);
      const high = made.filter((signature) => BigInt(`0x${bytesToHex(signature.slice(32))}`) > N / 2n);
      expect(high.length).toBeGreaterThan(4);
      expect(high.length).toBeLessThan(28);
    });
  },
);

it.runIf(nativeSecp256k1)("both backends make the same signatures and agree on each other's", () => {
  const native = nativeSecp256k1 as Secp256k1;
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.bigInt({ min: 1n, max: N - 1n }),
      (digest, k) => {
        const signature = native.sign(digest, scalar(k));
        expect(nobleSecp256k1.sign(digest, scalar(k))).toEqual(Uint8Array.from(signature));
        expect(nobleSecp256k1.verify(signature, digest, native.publicKey(scalar(k)))).toBe(true);
        const recoverable = nobleSecp256k1.signRecoverable(digest, scalar(k));
        expect(native.recover(recoverable.signature, recoverable.recovery, digest)).toEqual(
          native.publicKey(scalar(k)),
        );
      },
    ),
    { numRuns: 40, seed: 1 },
  );
});

describe("DER to compact", () => {
  const r = "11".repeat(32);
  it.each([
    [`3044${"0220"}${r}0220${"22".repeat(32)}`, `${r}${"22".repeat(32)}`],
    [`3045022100${"91".repeat(32)}0220${"22".repeat(32)}`, `${"91".repeat(32)}${"22".repeat(32)}`],
    ["3006020101020102", `${"00".repeat(31)}01${"00".repeat(31)}02`],
    [`3026022011${"11".repeat(31)}02020080`, `${r}${"00".repeat(31)}80`],
  ])("reads %s", (der, compact) => expect(bytesToHex(derToCompact(hexToBytes(der)))).toBe(compact));

  it.each([
    ["", "8 to 72 bytes"],
    ["3106020101020102", "SEQUENCE"],
    ["3007020101020102", "SEQUENCE"],
    ["3006030101020102", "/r"],
    ["3006020181020102", "negative"],
    ["300702020001020102", "not minimal"],
    ["3006020001020102", "INTEGER"],
    ["300602010102010200", "SEQUENCE"],
    ["300702010102010200", "too many"],
    [`3025022101${"11".repeat(32)}0200`, "at most 32"],
    ["3006020101020502", "/s"],
  ])("refuses %s", (der, problem) => {
    expect(() => derToCompact(hexToBytes(der))).toThrow(ParseError);
    expect(() => derToCompact(hexToBytes(der))).toThrow(problem);
  });
});
