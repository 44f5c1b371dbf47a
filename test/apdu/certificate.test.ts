import { describe, expect, it } from "vitest";
import {
  type CardCertificate,
  CertificateError,
  certificateMessage,
  certificateProblem,
  seal,
  signMessage,
  updateMessage,
  verifyCertificate,
  verifySignature,
} from "../../apdu/index.js";
import { hexToBytes, msat, ParseError, secp256k1, ValueError } from "../../common/index.js";

const SECRET = new Uint8Array(32).fill(7);
const OTHER_SECRET = new Uint8Array(32).fill(8);
const ISSUER = secp256k1.publicKey(SECRET);
const KEY_SET = Uint8Array.of(1, 2, 3, 4);
const KEY = new Uint8Array(16).fill(5);
const IV = new Uint8Array(16).fill(6);
const FIELDS: CardCertificate = {
  cardId: hexToBytes("0102030405060708"),
  cardPoint: secp256k1.publicKey(new Uint8Array(32).fill(9)),
  flags: 0,
  validUntilSeconds: 1_900_000_000,
  offlineLimit: msat(20_000_000n),
};
const KEYS = {
  sealKeys: (id: Uint8Array) => (id[0] === 1 ? KEY : undefined),
  issuerPoint: (id: Uint8Array) => (id[0] === 1 ? ISSUER : undefined),
};

const bodyOf = (fields: CardCertificate = FIELDS, secret = SECRET) =>
  signMessage(certificateMessage, fields, KEY_SET, secret);
const sealed = (body = bodyOf()) => seal(4, KEY_SET, KEY, IV, body);
const codeOf = (work: () => unknown) => {
  try {
    work();
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError);
    return (error as CertificateError).code;
  }
};

const VERIFIED = { ...FIELDS, keySetId: KEY_SET, cardKey: secp256k1.convert(FIELDS.cardPoint, false) };

describe("a certificate", () => {
  it("opens to what the issuer signed, in either form of its point", () => {
    const opened = certificateMessage.open(sealed(), KEYS.sealKeys);
    expect(opened.fields).toEqual(FIELDS);
    expect(verifySignature(opened, ISSUER)).toBe(true);
    expect(verifyCertificate(sealed(), KEYS)).toEqual(VERIFIED);
    const whole = { ...KEYS, issuerPoint: () => secp256k1.convert(ISSUER, false) };
    expect(verifyCertificate(sealed(), whole)).toEqual(VERIFIED);
  });

  it("is written with reserved bytes of 0, and no flags", () => {
    expect(bodyOf().slice(54, 64)).toEqual(new Uint8Array(10));
    expect(() => bodyOf({ ...FIELDS, flags: 1 })).toThrow(ValueError);
    expect(() => bodyOf({ ...FIELDS, validUntilSeconds: 2 ** 32 })).toThrow("certificate/validUntilSeconds");
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["a byte short", sealed().slice(1)],
    ["64 KiB", new Uint8Array(65536).fill(4)],
    ["an update", seal(3, KEY_SET, KEY, IV, bodyOf())],
    ["of a key set that is not known", sealed().fill(9, 1, 2)],
  ])("that is malformed is refused before any cryptography: %s", (_name, bytes) => {
    const keys = { ...KEYS, sealKeys: (id: Uint8Array) => KEYS.sealKeys(id) };
    expect(codeOf(() => verifyCertificate(bytes, keys))).toBe("certificate-malformed");
  });

  const spoilt = (at: number, value: number) => {
    const body = bodyOf();
    body[at] = value;
    return sealed(body);
  };
  it.each([
    ["signed by another issuer", sealed(bodyOf(FIELDS, OTHER_SECRET))],
    ["signed by the card itself", sealed(bodyOf(FIELDS, new Uint8Array(32).fill(9)))],
    ["with a higher limit than was signed", spoilt(46, 1)],
    ["with a later date than was signed", spoilt(42, 0xff)],
    ["with another card's id", spoilt(0, 0x55)],
    ["with an unknown flag", spoilt(41, 1)],
    ["whose point is none", spoilt(8, 0)],
    ["with reserved bytes that were not signed", spoilt(63, 1)],
    ["whose IV was changed on the way", sealed().fill(1, 5, 6)],
    [
      "whose issuer signed the same bytes as an update",
      sealed(
        new Uint8Array([
          ...bodyOf().slice(0, 64),
          ...secp256k1.sign(updateMessage.digest(asUpdate(), KEY_SET).digest, SECRET),
        ]),
      ),
    ],
  ])("has one answer for whatever is not the issuer's: %s", (_name, bytes) => {
    expect(codeOf(() => verifyCertificate(bytes, KEYS))).toBe("certificate-not-genuine");
    expect(() => verifyCertificate(bytes, KEYS)).toThrow(
      "The card's certificate was not made by this issuer.",
    );
  });

  it("refuses fields out of range where it is opened alone", () => {
    const open = (bytes: Uint8Array) => () => certificateMessage.open(bytes, KEYS.sealKeys);
    expect(open(spoilt(41, 0x80))).toThrow("certificate/flags: unknown flag bits in 0x80");
    expect(open(spoilt(8, 4))).toThrow(ParseError);
    expect(open(spoilt(46, 0x80))).toThrow("certificate/offlineLimit");
  });
});

/** Any update: what counts is that its digest is of type 03. */
function asUpdate() {
  return {
    cardId: FIELDS.cardId,
    sequence: 1,
    flags: 0,
    credit: msat(0n),
    maxPerTransaction: 0n,
    pinThreshold: 0n,
    noPinBudget: 0n,
    maxTransactions: 0,
    keyCheck: new Uint8Array(12),
  };
}

describe("what a certificate lets be accepted", () => {
  const certificate = { ...FIELDS, keySetId: KEY_SET };
  const authorization = { cardId: FIELDS.cardId, keySetId: KEY_SET, amount: FIELDS.offlineLimit };
  const until = FIELDS.validUntilSeconds;

  it("is a token of its card, up to the limit, to the last second", () => {
    expect(certificateProblem(certificate, authorization, until)).toBeUndefined();
    expect(certificateProblem(certificate, { ...authorization, amount: msat(1n) }, 0)).toBeUndefined();
  });

  it.each([
    ["certificate-of-another-card", { cardId: hexToBytes("0102030405060709") }, until],
    ["certificate-of-another-card", { keySetId: Uint8Array.of(1, 2, 3, 5) }, until],
    ["certificate-expired", {}, until + 1],
    ["above-offline-limit", { amount: msat(20_000_001n) }, until],
  ])("is nothing else: %s", (code, changed, now) => {
    expect(certificateProblem(certificate, { ...authorization, ...changed }, now)?.code).toBe(code);
  });

  it("is nothing at all with a limit of 0", () => {
    const none = { ...certificate, offlineLimit: msat(0n) };
    expect(certificateProblem(none, { ...authorization, amount: msat(1n) }, 0)?.message).toBe(
      "This card may pay at most 0 sat without a connection, this sale is 0.001 sat.",
    );
  });

  it("names the date of a certificate that has ended", () => {
    const problem = certificateProblem(certificate, authorization, until + 86_400);
    expect(problem?.message).toBe("The card's certificate ended at 2030-03-17T17:46:40.000Z.");
    expect(problem?.hint).toContain("clock");
  });
});
