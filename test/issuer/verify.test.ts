import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { authorizationMessage, seal, signMessage } from "../../apdu/index.js";
import { nativeSecp256k1, nobleSecp256k1, type Secp256k1, sat, secp256k1 } from "../../common/index.js";
import { takeToken } from "../../host/index.js";
import { checkerOf } from "../../issuer/authorizer/signatures/checker.js";
import { VerificationError, type VerifyTokenInput, verifyToken } from "../../issuer/verify.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { NOW, testCard, testCardInvoice } from "../../testing/cards/test-card.js";

async function tapped() {
  const card = testCard();
  const { invoice, hash } = testCardInvoice(sat(2500));
  const { token } = await takeToken(card.reader, { amount: sat(2500), invoiceHash: hash });
  const input: VerifyTokenInput = { token, invoice, network: "bcrt", now: NOW, ...card };
  return { card, input };
}

/** Of the error, or of the problem that a genuine token has. */
const codeOf = async (input: VerifyTokenInput): Promise<string> => {
  try {
    return (await verifyToken(input)).problem?.code ?? "verified";
  } catch (error) {
    expect(error).toBeInstanceOf(VerificationError);
    return (error as VerificationError).code;
  }
};

describe("verifying a token", () => {
  it("returns what is proven, the same by both backends", async () => {
    const { input, card } = await tapped();
    const facts = await verifyToken(input);
    expect(facts).toMatchObject({
      record: card.record,
      counter: 1n,
      amount: sat(2500),
      total: sat(2500),
      pinVerified: false,
      sequence: 0n,
      invoice: input.invoice,
      amountless: false,
      problem: undefined,
    });
    expect([facts.message.length, facts.signature.length]).toEqual([133, 64]);
    for (const backend of [nobleSecp256k1, ...(nativeSecp256k1 ? [nativeSecp256k1] : [])])
      expect(await verifyToken({ ...input, signatures: checkerOf(backend) })).toEqual(facts);
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
    ["too much time left", "invoice-unpayable", () => ({ maxExpirySeconds: 600 })],
    [
      "an invoice of the payer itself",
      "invoice-unpayable",
      ({ invoice }) => ({ ownNodes: [decodeInvoice(invoice).payee] }),
    ],
    [
      "another invoice without an amount",
      "wrong-invoice",
      () => ({ invoice: testCardInvoice(undefined).invoice }),
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
      () => ({ invoice: testCardInvoice(sat(2500)).invoice }),
    ],
    [
      "another invoice of another amount",
      "wrong-invoice",
      () => ({ invoice: testCardInvoice(sat(1)).invoice }),
    ],
  ])("%s is %s", async (_name, code, change) => {
    const { input } = await tapped();
    expect(await codeOf({ ...input, ...change(input) })).toBe(code);
  });

  it("a card that signed another amount than the invoice's has its own code", async () => {
    const card = testCard();
    const { invoice, hash } = testCardInvoice(sat(2500));
    const { token } = await takeToken(card.reader, { amount: sat(2499), invoiceHash: hash });
    expect(await codeOf({ token, invoice, network: "bcrt", now: NOW, ...card })).toBe("wrong-amount");
    // An invoice that can never be paid with this token is so for its amount first (specs/03 §3 step 5).
    expect(await codeOf({ token, invoice, network: "bcrt", now: NOW + 4000, ...card })).toBe("wrong-amount");
  });

  it("an invoice that leaves the amount to the card is reported as such", async () => {
    const card = testCard();
    const { invoice, hash } = testCardInvoice(undefined);
    const { token } = await takeToken(card.reader, { amount: sat(2499), invoiceHash: hash });
    const facts = await verifyToken({ token, invoice, network: "bcrt", now: NOW, ...card });
    expect(facts).toMatchObject({ amountless: true, amount: sat(2499), problem: undefined });
  });

  it("a card of another key set, or another card's key, is not genuine", async () => {
    const { input, card } = await tapped();
    for (const record of [
      { ...card.record, keySetId: Uint8Array.of(9, 9, 9, 9) },
      { ...card.record, publicKey: secp256k1.publicKey(new Uint8Array(32).fill(1)) },
    ])
      expect(await codeOf({ ...input, findCard: () => record })).toBe("token-not-genuine");
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
    const body = signMessage(
      authorizationMessage,
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
    const messages: string[] = [];
    for (const changed of [
      { ...input, findCard: () => undefined },
      { ...input, token: sealed(() => undefined) },
      { ...input, token: sealed((bytes) => bytes.fill(0xff, 16, 24)) },
      { ...input, token: sealed((bytes) => bytes.fill(0x80, 12, 13)) },
    ]) {
      verifications = 0;
      const error = await verifyToken({ ...changed, signatures: checkerOf(backend) }).catch(
        (error: unknown) => error,
      );
      expect(error).toBeInstanceOf(VerificationError);
      expect(verifications).toBe(1);
      messages.push(`${(error as VerificationError).code}: ${(error as Error).message}`);
    }
    expect(new Set(messages).size).toBe(1);
    expect(messages[0]).toMatch(/^token-not-genuine/);
  });

  it("any bytes are refused with a typed error that does not hold them", async () => {
    const { input } = await tapped();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (token) => {
        expect(await codeOf({ ...input, token })).toMatch(/^token-/);
      }),
      { numRuns: 200, seed: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (invoice) => {
        expect(await codeOf({ ...input, invoice })).toBe("invoice-malformed");
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it("card ids are printed in groups", () => {
    expect(formatCardId(Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0, 1))).toBe("cafe-0000-0000-0001");
  });
});
