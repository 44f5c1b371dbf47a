import { describe, expect, it } from "vitest";
import { type Msat, msat, sat, secp256k1 } from "../../common/index.js";
import { takeToken } from "../../host/index.js";
import { DenyList } from "../../offline/deny-list.js";
import type { HeldSales } from "../../offline/floor-limits.js";
import type { AcceptancePack, FloorLimits } from "../../offline/pack.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import { type OfflineInput, verifyOffline } from "../../offline/verify.js";
import { NOW, PIN, testCard, testCardInvoice } from "../../testing/cards/test-card.js";
import {
  type CertificateTerms,
  NO_FLOOR,
  packOf,
  sealedCertificate,
} from "../../testing/offline/certified-card.js";

const NOTHING: HeldSales = { sales: 0, total: msat(0n), card: msat(0n) };
const DAY = 86_400;

interface Changes {
  readonly amount?: Msat;
  readonly pack?: Partial<AcceptancePack>;
  readonly limits?: Partial<FloorLimits>;
  readonly certificate?: Partial<CertificateTerms>;
  readonly held?: Partial<HeldSales>;
  readonly now?: number;
  readonly change?: (input: OfflineInput) => Partial<OfflineInput>;
}

/** A card pays at a terminal that has a pack of yesterday; one thing is different. */
async function input(changes: Changes = {}): Promise<OfflineInput> {
  const card = testCard();
  const amount = changes.amount ?? sat(2_000);
  const { invoice, hash } = testCardInvoice(amount);
  const { token } = await takeToken(card.reader, { amount, invoiceHash: hash }, { askPin: async () => PIN });
  const good: OfflineInput = {
    token,
    certificate: sealedCertificate(card, { validUntil: NOW + 30 * DAY, ...changes.certificate }),
    invoice,
    amount,
    pack: packOf(card, NOW - DAY, changes.pack),
    limits: { ...NO_FLOOR, ...changes.limits },
    held: () => ({ ...NOTHING, ...changes.held }),
    now: changes.now ?? NOW,
  };
  return { ...good, ...changes.change?.(good) };
}

async function outcome(changes: Changes): Promise<string> {
  const given = await input(changes);
  try {
    verifyOffline(given);
    return "accepted";
  } catch (error) {
    if (!(error instanceof OfflineRefusal)) throw error;
    for (const secret of [given.token, given.certificate].filter(({ length }) => length > 0))
      expect(error.message + error.hint).not.toContain(Buffer.from(secret).toString("hex").slice(0, 16));
    return error.code;
  }
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte));

describe("the terminal's verification of a token", () => {
  it("tells what the card authorized", async () => {
    expect(verifyOffline(await input({ amount: sat(6_000) }))).toEqual({
      cardId: testCard().record.cardId,
      keySetId: testCard().record.keySetId,
      counter: 1,
      amount: sat(6_000),
      total: sat(6_000),
      pinVerified: true,
    });
    expect(verifyOffline(await input())).toMatchObject({ pinVerified: false });
  });

  const other = secp256k1.publicKey(new Uint8Array(32).fill(0x77));
  it.each<[string, Changes, string]>([
    ["a pack made after the terminal's clock", { now: NOW - 2 * DAY }, "clock-behind-pack"],
    ["a pack of ten minutes after the clock", { now: NOW - DAY - 600 }, "accepted"],
    ["a pack of eleven minutes after the clock", { now: NOW - DAY - 660 }, "clock-behind-pack"],
    ["a pack in its last second", { now: NOW - DAY + 3 * DAY, certificate: {} }, "accepted"],
    ["a pack that is older than it says it may be", { now: NOW + 2 * DAY + 1 }, "pack-too-old"],
    [
      "a pack that is older than the terminal takes",
      { limits: { maxPackAgeSeconds: DAY - 1 } },
      "pack-too-old",
    ],
    ["a pack after its last day", { pack: { validUntil: NOW } }, "pack-too-old"],
    ["a key set that the pack does not know", { pack: { keySets: [] } }, "unknown-key-set"],
    [
      "a certificate of another issuer",
      { certificate: { signer: new Uint8Array(32).fill(0x66) } },
      "certificate-not-genuine",
    ],
    ["a certificate after its last second", { certificate: { validUntil: NOW - 1 } }, "certificate-expired"],
    ["a certificate in its last second", { certificate: { validUntil: NOW } }, "accepted"],
    ["exactly what the certificate allows", { certificate: { limit: sat(2_000) } }, "accepted"],
    [
      "more than the certificate allows",
      { certificate: { limit: msat(1_999_999n) } },
      "above-certificate-limit",
    ],
    ["a card that may pay nothing offline", { certificate: { limit: msat(0n) } }, "above-certificate-limit"],
    ["a card on the deny list", { pack: { denied: DenyList.of([testCard().record.cardId]) } }, "card-denied"],
    [
      "the limit for one sale of the pack",
      { pack: { floorLimits: { ...NO_FLOOR, perSale: sat(2_000) } } },
      "accepted",
    ],
    [
      "more than the pack's limit for one sale",
      { pack: { floorLimits: { ...NO_FLOOR, perSale: sat(1_999) } } },
      "above-sale-limit",
    ],
    ["more than the terminal's limit for one sale", { limits: { perSale: sat(1_999) } }, "above-sale-limit"],
    [
      "the last of what one card may",
      { limits: { perCard: sat(5_000) }, held: { card: sat(3_000) } },
      "accepted",
    ],
    [
      "more than one card may",
      { limits: { perCard: sat(5_000) }, held: { card: sat(3_001) } },
      "above-card-limit",
    ],
    [
      "the last of what the terminal may",
      { limits: { perTerminal: sat(5_000) }, held: { total: sat(3_000) } },
      "accepted",
    ],
    [
      "more than the terminal may",
      { limits: { perTerminal: sat(5_000) }, held: { total: sat(3_001) } },
      "above-terminal-limit",
    ],
    ["the last sale of those that it may hold", { limits: { maxSales: 3 }, held: { sales: 2 } }, "accepted"],
    [
      "one sale more than the pack lets it hold",
      { pack: { floorLimits: { ...NO_FLOOR, maxSales: 3 } }, held: { sales: 3 } },
      "too-many-sales",
    ],
    ["one sale more than it may hold", { limits: { maxSales: 3 }, held: { sales: 3 } }, "too-many-sales"],
    ["a certificate of another card", { certificate: { cardId: new Uint8Array(8).fill(9) } }, "other-card"],
    [
      "a token for another invoice",
      { change: () => ({ invoice: testCardInvoice(sat(2_000)).invoice }) },
      "other-invoice",
    ],
    ["a token for another amount", { change: () => ({ amount: sat(1_999) }) }, "other-amount"],
    [
      "a token of which one bit was changed",
      { change: ({ token }) => ({ token: flipped(token, 148) }) },
      "token-not-genuine",
    ],
    [
      "a token without its last byte",
      { change: ({ token }) => ({ token: token.slice(0, -1) }) },
      "token-not-genuine",
    ],
    [
      "a certificate in the token's place",
      { change: ({ certificate }) => ({ token: certificate }) },
      "token-not-genuine",
    ],
    [
      "a token in the certificate's place",
      { change: ({ token }) => ({ certificate: token }) },
      "certificate-not-genuine",
    ],
    [
      "a certificate of which one bit was changed",
      { change: ({ certificate }) => ({ certificate: flipped(certificate, 148) }) },
      "certificate-not-genuine",
    ],
    [
      "an empty certificate",
      { change: () => ({ certificate: new Uint8Array(0) }) },
      "certificate-not-genuine",
    ],
    [
      "64 KiB in the certificate's place",
      { change: () => ({ certificate: new Uint8Array(65_536) }) },
      "certificate-not-genuine",
    ],
    [
      "another issuer's key for the same key set",
      {
        change: ({ pack }) => ({
          pack: { ...pack, keySets: pack.keySets.map((set) => ({ ...set, issuerPoint: other })) },
        }),
      },
      "certificate-not-genuine",
    ],
    [
      "another seal key for the same key set",
      {
        change: ({ pack }) => ({
          pack: { ...pack, keySets: pack.keySets.map((set) => ({ ...set, sealKey: new Uint8Array(16) })) },
        }),
      },
      "certificate-not-genuine",
    ],
  ])("%s", async (_, changes, expected) => {
    expect(await outcome(changes)).toBe(expected);
  });

  it("is not made to accept a token by a certificate for another key", async () => {
    const thief = testCard({ cardId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const stolen = await input();
    const certificate = sealedCertificate(thief, { validUntil: NOW + DAY, cardId: testCard().record.cardId });
    expect(() => verifyOffline({ ...stolen, certificate })).toThrow(
      expect.objectContaining({ code: "token-not-genuine" }),
    );
  });
});
