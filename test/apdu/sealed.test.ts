import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Authorization,
  authorizationMessage,
  BodyOpener,
  type CardUpdate,
  keyCheck,
  NO_LIMIT,
  openBody,
  readFrame,
  SEALED_MESSAGE_LENGTH,
  seal,
  sealBody,
  signMessage,
  statusMessage,
  updateMessage,
  verifySignature,
} from "../../apdu/index.js";
import {
  bytesToHex,
  hexToBytes,
  MAX_MSAT,
  msat,
  nativeSecp256k1,
  nobleSecp256k1,
  ParseError,
  sat,
  secp256k1,
  ValueError,
} from "../../common/index.js";

const SECRET = new Uint8Array(32).fill(7);
const PUBLIC = secp256k1.publicKey(SECRET);
const KEY_SET = Uint8Array.of(1, 2, 3, 4);
const KEY = new Uint8Array(16).fill(0x5a);
const IV = new Uint8Array(16).fill(9);
const keys = (id: Uint8Array) => (bytesToHex(id) === "01020304" ? KEY : undefined);

const FIELDS: Authorization = {
  cardId: hexToBytes("1122334455667788"),
  counter: 42,
  flags: 1,
  updateSequence: 0x010203,
  amount: sat(2500),
  authorizedTotal: sat(10_000),
  invoiceHash: new Uint8Array(32).fill(0xcd),
};
const UPDATE: CardUpdate = {
  cardId: FIELDS.cardId,
  sequence: 7,
  flags: 6,
  credit: MAX_MSAT,
  maxPerTransaction: NO_LIMIT,
  pinThreshold: 5_000_000n,
  noPinBudget: 0n,
  maxTransactions: 0xffffffff,
  keyCheck: keyCheck(secp256k1.publicKey(SECRET, false)),
};
const token = (fields = FIELDS) =>
  seal(1, KEY_SET, KEY, IV, signMessage(authorizationMessage, fields, KEY_SET, SECRET));

describe("sealing", () => {
  it("is AES-128-CBC without padding (NIST SP 800-38A F.2.1)", () => {
    const key = hexToBytes("2b7e151628aed2a6abf7158809cf4f3c");
    const iv = hexToBytes("000102030405060708090a0b0c0d0e0f");
    const plain = hexToBytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    const sealed = sealBody(key, iv, plain);
    expect(bytesToHex(sealed)).toBe("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    expect(openBody(key, iv, sealed)).toEqual(plain);
  });

  it("opens one body after the other with one cipher, as with one for each", () => {
    const opener = new BodyOpener(KEY);
    const bodies = [1, 2, 3].map((first) => Uint8Array.from({ length: 128 }, (_, i) => first * 31 + i * 7));
    for (const [i, body] of bodies.entries()) {
      const iv = IV.map((byte) => byte ^ i);
      const sealed = sealBody(KEY, iv, body);
      expect(opener.open(iv, sealed)).toEqual(body);
      // Neither a part of a body nor a body without its IV leaves anything behind in the cipher.
      expect(() => opener.open(iv, sealed.subarray(1))).toThrow("sealed body: need 128 bytes, have 127");
      expect(() => opener.open(iv.subarray(1), sealed)).toThrow("IV: need 16 bytes, have 15");
    }
  });
});

describe("authorization token", () => {
  it("opens to what was signed, 149 bytes", () => {
    const bytes = token();
    expect(bytes).toHaveLength(SEALED_MESSAGE_LENGTH);
    const opened = authorizationMessage.open(bytes, keys);
    expect(opened.fields).toEqual(FIELDS);
    expect(bytesToHex(opened.unsigned)).toBe(
      `1122334455667788${"0000002a"}01010203${"00000000002625a0"}${"0000000000989680"}${"cd".repeat(32)}`,
    );
    expect(verifySignature(opened, PUBLIC)).toBe(true);
    expect(verifySignature(opened, secp256k1.publicKey(SECRET, false))).toBe(true);
  });

  it("any change of the signed part is refused, by both backends", () => {
    const body = signMessage(authorizationMessage, FIELDS, KEY_SET, SECRET);
    fc.assert(
      fc.property(fc.nat(127), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(body);
        changed[at] = (changed[at] ?? 0) ^ flip;
        let opened: ReturnType<typeof authorizationMessage.open>;
        try {
          opened = authorizationMessage.open(seal(1, KEY_SET, KEY, IV, changed), keys);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
          return;
        }
        expect(verifySignature(opened, PUBLIC, nobleSecp256k1)).toBe(false);
        if (nativeSecp256k1) expect(verifySignature(opened, PUBLIC, nativeSecp256k1)).toBe(false);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it("is bound to its type and key set", () => {
    const body = signMessage(authorizationMessage, FIELDS, KEY_SET, SECRET);
    const other = Uint8Array.of(1, 2, 3, 5);
    const moved = authorizationMessage.open(seal(1, other, KEY, IV, body), () => KEY);
    expect(verifySignature(moved, PUBLIC)).toBe(false);
    // The same 64 bytes as a status: flag bits and amounts differ in meaning, the signature must not carry over.
    const first = { ...FIELDS, authorizedTotal: FIELDS.amount };
    const asAuthorization = signMessage(authorizationMessage, first, KEY_SET, SECRET);
    const asStatus = signMessage(
      statusMessage,
      { ...first, credit: first.amount, challenge: first.invoiceHash },
      KEY_SET,
      SECRET,
    );
    expect(bytesToHex(asStatus.slice(0, 64))).toBe(bytesToHex(asAuthorization.slice(0, 64)));
    expect(bytesToHex(asStatus.slice(64))).not.toBe(bytesToHex(asAuthorization.slice(64)));
    const opened = statusMessage.open(seal(2, KEY_SET, KEY, IV, asAuthorization), keys);
    expect(verifySignature(opened, PUBLIC)).toBe(false);
  });

  it("accepts a high s", () => {
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const body = signMessage(authorizationMessage, FIELDS, KEY_SET, SECRET);
    const s = BigInt(`0x${bytesToHex(body.slice(96))}`);
    body.set(hexToBytes((n - s).toString(16).padStart(64, "0")), 96);
    expect(verifySignature(authorizationMessage.open(seal(1, KEY_SET, KEY, IV, body), keys), PUBLIC)).toBe(
      true,
    );
  });

  it.each([
    ["too short", token().slice(1), "token: need 149 bytes, have 148"],
    ["too long", Uint8Array.from([...token(), 0]), "token: need 149 bytes, have 150"],
    ["empty", new Uint8Array(0), "token: need 149 bytes, have 0"],
    ["64 KiB", new Uint8Array(65536), "token: need 149 bytes, have 65536"],
    ["unknown type", token().fill(5, 0, 1), "token/type: need 01 to 04, have 5"],
    ["a status", token().fill(2, 0, 1), "token/type: need an authorization, have a status"],
    ["unknown key set", token().fill(9, 1, 2), "token/key set: unknown"],
  ])("refuses %s", (_name, bytes, problem) => {
    expect(() => authorizationMessage.open(bytes, keys, "token")).toThrow(ParseError);
    expect(() => authorizationMessage.open(bytes, keys, "token")).toThrow(problem);
  });

  it("refuses fields out of range", () => {
    const body = signMessage(authorizationMessage, FIELDS, KEY_SET, SECRET);
    const open = (at: number, value: number) => {
      const changed = Uint8Array.from(body);
      changed[at] = value;
      return () => authorizationMessage.open(seal(1, KEY_SET, KEY, IV, changed), keys, "token");
    };
    expect(open(12, 2)).toThrow("token/flags: unknown flag bits in 0x02");
    expect(open(16, 0x80)).toThrow("token/amount");
    expect(open(24, 0x80)).toThrow("token/authorizedTotal");
    expect(() => signMessage(authorizationMessage, { ...FIELDS, counter: 2 ** 32 }, KEY_SET, SECRET)).toThrow(
      ValueError,
    );
    expect(() =>
      signMessage(authorizationMessage, { ...FIELDS, updateSequence: 2 ** 24 }, KEY_SET, SECRET),
    ).toThrow("authorization/updateSequence");
    expect(() => signMessage(authorizationMessage, FIELDS, KEY, SECRET)).toThrow("key set id");
  });
});

describe("update", () => {
  it("opens to what the issuer signed", () => {
    const bytes = seal(3, KEY_SET, KEY, IV, signMessage(updateMessage, UPDATE, KEY_SET, SECRET));
    const opened = updateMessage.open(bytes, keys);
    expect(opened.fields).toEqual(UPDATE);
    expect(verifySignature(opened, PUBLIC)).toBe(true);
    expect(readFrame(bytes).type).toBe(3);
  });

  it("hands out the digest for a signer elsewhere", () => {
    const { digest, unsigned } = updateMessage.digest(UPDATE, KEY_SET);
    const body = signMessage(updateMessage, UPDATE, KEY_SET, SECRET);
    expect(body.slice(0, 64)).toEqual(unsigned);
    expect(secp256k1.verify(body.slice(64), digest, PUBLIC)).toBe(true);
  });
});

it("amounts survive above 2^53", () => {
  const amount = msat(2n ** 60n + 1n);
  const opened = authorizationMessage.open(token({ ...FIELDS, amount, authorizedTotal: MAX_MSAT }), keys);
  expect(opened.fields.amount).toBe(amount);
  expect(opened.fields.authorizedTotal).toBe(MAX_MSAT);
});
