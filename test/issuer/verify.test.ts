import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { authorizationMessage, seal } from "../../apdu/index.js";
import { nativeSecp256k1, nobleSecp256k1, type Secp256k1, sat, secp256k1 } from "../../common/index.js";
import { takeToken } from "../../host/index.js";
import { VerificationError, type VerifyTokenInput, verifyToken } from "../../issuer/verify.js";
import { festivalCard, festivalInvoice, NOW } from "../../testing/cards/test-card.js";

async function tapped() {
  const card = festivalCard();
  const { invoice, hash } = festivalInvoice(sat(2500));
  const { token } = await takeToken(card.reader, { amount: sat(2500), invoiceHash: hash });
  const input: VerifyTokenInput = { token, invoice, network: "bcrt", now: NOW, ...card };
  return { card, input };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(VerificationError);
    return (error as VerificationError).code;
  }
  return "verified";
};

describe("verifying a token", () => {
  it("returns what is proven, the same by both backends", async () => {
    const { input, card } = await tapped();
    const facts = verifyToken(input);
    expect(facts).toMatchObject({
      cardId: card.record.cardId,
      counter: 1,
      amount: sat(2500),
      authorizedTotal: sat(2500),
      pinVerified: false,
      updateSequence: 0,
    });
    expect(facts.statement).toHaveLength(61);
    for (const backend of [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])])
      expect(verifyToken({ ...input, backend })).toEqual(facts);
  });

  it.each<[string, string, (input: VerifyTokenInput) => Partial<VerifyTokenInput>]>([
    ["an invoice in upper case", "invoice-malformed", ({ invoice }) => ({ invoice: invoice.toUpperCase() })],
    ["an invoice with a prefix", "invoice-malformed", ({ invoice }) => ({ invoice: `lightning:${invoice}` })],
    [
      "an invoice with a wrong character",
      "invoice-malformed",
      ({ invoice }) => ({ invoice: `${invoice.slice(0, -1)}b` }),
    ],
    ["another network", "invoice-unpayable", () => ({ network: "bc" })],
    ["an expired invoice", "invoice-unpayable", () => ({ now: NOW + 4000 })],
    ["too little time left", "invoice-unpayable", () => ({ minRemainingSeconds: 3600 })],
    [
      "an invoice without an amount",
      "invoice-unpayable",
      () => ({ invoice: festivalInvoice(undefined).invoice }),
    ],
    ["a token that is too short", "token-malformed", ({ token }) => ({ token: token.slice(1) })],
    [
      "a token of another type",
      "token-malformed",
      ({ token }) => ({ token: Uint8Array.from([2, ...token.slice(1)]) }),
    ],
    ["an unknown key set", "token-malformed", () => ({ sealKeys: () => undefined })],
    ["an unknown card", "token-not-genuine", () => ({ findCard: () => undefined })],
    [
      "another invoice of the same amount",
      "wrong-invoice",
      () => ({ invoice: festivalInvoice(sat(2500)).invoice }),
    ],
    [
      "another invoice of another amount",
      "wrong-invoice",
      () => ({ invoice: festivalInvoice(sat(1)).invoice }),
    ],
  ])("%s is %s", async (_name, code, change) => {
    const { input } = await tapped();
    expect(codeOf(() => verifyToken({ ...input, ...change(input) }))).toBe(code);
  });

  it("a card that signed another amount than the invoice's is told apart", async () => {
    const card = festivalCard();
    const { invoice, hash } = festivalInvoice(sat(2500));
    const { token } = await takeToken(card.reader, { amount: sat(2499), invoiceHash: hash });
    expect(codeOf(() => verifyToken({ token, invoice, network: "bcrt", now: NOW, ...card }))).toBe(
      "wrong-amount",
    );
  });

  it("a card of another key set, or another card's key, is not genuine", async () => {
    const { input, card } = await tapped();
    for (const record of [
      { ...card.record, keySetId: Uint8Array.of(9, 9, 9, 9) },
      { ...card.record, publicKey: secp256k1.publicKey(new Uint8Array(32).fill(1)) },
    ])
      expect(codeOf(() => verifyToken({ ...input, findCard: () => record }))).toBe("token-not-genuine");
  });

  it("unknown card, wrong signature and impossible content cost one verification and say the same", async () => {
    const { input, card } = await tapped();
    let verifications = 0;
    const backend: Secp256k1 = {
      ...secp256k1,
      verify: (...args) => {
        verifications++;
        return secp256k1.verify(...args);
      },
    };
    const { keySetId } = card.record;
    const body = authorizationMessage.sign(
      {
        cardId: card.record.cardId,
        counter: 1,
        flags: 0,
        updateSequence: 0,
        amount: sat(1),
        authorizedTotal: sat(1),
        invoiceHash: new Uint8Array(32),
      },
      keySetId,
      new Uint8Array(32).fill(5),
    );
    const sealed = (change: (bytes: Uint8Array) => void) => {
      const copy = Uint8Array.from(body);
      change(copy);
      return seal(1, keySetId, card.sealKey, new Uint8Array(16), copy);
    };
    const messages = [
      { ...input, findCard: () => undefined },
      { ...input, token: sealed(() => undefined) },
      { ...input, token: sealed((bytes) => bytes.fill(0xff, 16, 24)) },
      { ...input, token: sealed((bytes) => bytes.fill(0x80, 12, 13)) },
    ].map((changed) => {
      verifications = 0;
      try {
        verifyToken({ ...changed, backend });
        return "verified";
      } catch (error) {
        expect(verifications).toBe(1);
        return `${(error as VerificationError).code}: ${(error as Error).message}`;
      }
    });
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(/^token-not-genuine/);
  });

  it("any bytes are refused with a typed error that does not hold them", async () => {
    const { input } = await tapped();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (token) => {
        expect(codeOf(() => verifyToken({ ...input, token }))).toMatch(/^token-/);
      }),
      { numRuns: 200, seed: 3 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (invoice) => {
        expect(codeOf(() => verifyToken({ ...input, invoice }))).toBe("invoice-malformed");
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("card ids are printed in groups", () => {
    expect(formatCardId(Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0, 1))).toBe("cafe-0000-0000-0001");
  });
});
