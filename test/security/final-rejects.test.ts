import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, type Msat, msat, sat } from "../../common/index.js";
import {
  activateCard,
  blockCard,
  cashOutCard,
  fundCard,
  registerCard,
  replaceCard,
  setLimits,
  setPolicy,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import {
  InitiationError,
  isTemporaryReason,
  NOT_ASKED,
  nextInitiation,
  REASON,
} from "../../lightning/api/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const HOUR = 3_600_000;
const SEAL_KEY = new Uint8Array(16).fill(0x33);

/** A token with its invoice, shown to the issuer again and again. */
interface Shown {
  readonly token: Uint8Array;
  readonly invoice: string;
}

const show = async (service: Service, { token, invoice }: Shown) => await service.present(token, invoice);

const authorize = (service: Service, card: SigningCard, serial: number, amount: Msat): Shown => {
  const invoice = service.invoice(serial, amount);
  return { invoice, token: card.authorize(invoice, amount) };
};

describe("a merchant's card is refused because it is blocked", () => {
  it("the refusal is not final: the merchant must cancel before another payer is asked, since it pays once unblocked", async () => {
    await using service = await startService(bench, "sqlite");
    const { store, clock, node } = service;
    const card = await service.card(1);
    await blockCard(store, card.cardId, clock.now);
    const kept = authorize(service, card, 1, sat(10));
    const refusal = await show(service, kept);
    expect(refusal).toMatchObject({ outcome: "rejected", reason: REASON.CARD_ON_HOLD });
    expect(isTemporaryReason(refusal.reason)).toBe(true);

    // What the merchant keeps of the sale: the payer stays asked, and no other may be.
    const which = { payer: "02aa", tokenHash: bytesToHex(kept.token.subarray(0, 32)) };
    const asked = nextInitiation(NOT_ASKED, { event: "ask", ...which });
    const after = nextInitiation(asked, { event: "rejected", ...which, reason: refusal.reason });
    expect(after).toEqual(asked);
    const other = { event: "ask", payer: "03bb", tokenHash: "00" } as const;
    expect(() => nextInitiation(after, other)).toThrow(InitiationError);
    expect(nextInitiation(after, { event: "cancelled" })).toEqual({ phase: "cancelled" });

    // An offline terminal brings it late: it is not lost.
    clock.pass(20 * 60_000);
    await unblockCard(store, card.cardId, clock.now);
    expect(await show(service, kept)).toEqual({ outcome: "accepted", cardUpdate: expect.any(Uint8Array) });
    expect(node.sent.size).toBe(1);
  });
});

describe("a card that was never put into use", () => {
  const pending = async (service: Service): Promise<SigningCard> => {
    const card = new SigningCard(1, SEAL_KEY);
    await registerCard(service.store, card.registration(), service.clock.now);
    return card;
  };
  it.each<[string, (service: Service, card: SigningCard) => Promise<unknown>]>([
    ["blocked", ({ store, clock }, card) => blockCard(store, card.cardId, clock.now)],
    ["paid out", ({ store, clock }, card) => cashOutCard(store, card.cardId, "", clock.now)],
  ])("is not in use after it was %s and unblocked", async (_name, harm) => {
    await using service = await startService(bench, "sqlite");
    const { store, clock, node } = service;
    const card = await pending(service);
    await harm(service, card);
    await unblockCard(store, card.cardId, clock.now);
    await fundCard(store, card.cardId, sat(100), "", clock.now);
    const kept = authorize(service, card, 1, sat(10));
    expect(await show(service, kept)).toMatchObject({ reason: REASON.CARD_ON_HOLD });
    expect(node.calls).toBe(0);
    await activateCard(store, card.cardId);
    expect(await show(service, kept)).toMatchObject({ outcome: "accepted" });
  });
});

describe("a service without the keys of a key set", () => {
  it("says nothing about its tokens, which another service may be paying", async () => {
    await using service = await startService(bench, "sqlite");
    const card = await service.card(1);
    const kept = authorize(service, card, 1, sat(10));
    const { keys } = service.ports;
    const keyless = await startService(
      bench,
      "sqlite",
      {},
      { keys: { ...keys, sealKey: () => undefined, signUpdate: keys.signUpdate.bind(keys) } },
    );
    // An unknown key set is a stranger's.
    expect(await show(keyless, kept)).toMatchObject({ reason: REASON.TOKEN_NOT_ACCEPTED });
    await keyless.card(1);
    keyless.clock.pass(60_000);
    expect(await show(keyless, kept)).toEqual({ outcome: "accepted" });
    expect(keyless.node.calls).toBe(0);
    await keyless.close();
  });
});

/** A refusal, and everything that could make somebody pay the same token later. */
interface Refusal {
  readonly reason: number;
  readonly policy?: object;
  prepare?(service: Service, card: SigningCard): Promise<unknown>;
  make?(service: Service, card: SigningCard): Promise<Shown> | Shown;
  mend(service: Service, card: SigningCard): Promise<unknown> | unknown;
}

const relax = (service: Service, card: SigningCard) => setPolicy(service.store, card.cardId, parsePolicy({}));

const REFUSALS: readonly (readonly [string, Refusal])[] = [
  [
    "money that is not there",
    {
      reason: REASON.NOT_FUNDED,
      prepare: async ({ store, clock }, card) => {
        await cashOutCard(store, card.cardId, "", clock.now);
        await unblockCard(store, card.cardId, clock.now);
      },
      mend: ({ store, clock }, card) => fundCard(store, card.cardId, sat(1000), "", clock.now),
    },
  ],
  [
    "the policy's maximum",
    { reason: REASON.ABOVE_MAX_PER_TRANSACTION, policy: { maxPerTransaction: "9sat" }, mend: relax },
  ],
  [
    "the policy's least",
    { reason: REASON.BELOW_MIN_PER_TRANSACTION, policy: { minPerTransaction: "11sat" }, mend: relax },
  ],
  ["the limit for a day", { reason: REASON.ABOVE_PERIOD_LIMIT, policy: { maxPer24h: "9sat" }, mend: relax }],
  [
    "a payee that is not allowed",
    { reason: REASON.PAYEE_NOT_ALLOWED, policy: { allowedPayees: [`02${"11".repeat(32)}`] }, mend: relax },
  ],
  [
    "a PIN that was not given",
    { reason: REASON.PIN_REQUIRED, policy: { pinRequiredAbove: "1sat" }, mend: relax },
  ],
  [
    "an invoice that expires late",
    {
      reason: REASON.INVOICE_EXPIRES_LATE,
      make: (service, card) => {
        const invoice = service.invoice(1, sat(10), { expirySeconds: 90_000 });
        return { invoice, token: card.authorize(invoice, sat(10)) };
      },
      mend: ({ clock }) => clock.pass(24 * HOUR),
    },
  ],
  [
    "a payment that failed",
    {
      reason: REASON.PAYMENT_FAILED,
      prepare: async ({ node }) => node.set(1, "fail"),
      mend: ({ node }) => node.set(1, "settle"),
    },
  ],
  [
    "an invoice that another card is paying",
    {
      reason: REASON.INVOICE_TAKEN,
      prepare: async (service) => {
        service.node.set(1, "stuck-then-fails");
        const other = await service.card(2);
        await show(service, authorize(service, other, 1, sat(10)));
      },
      mend: async ({ node, reconciler }) => {
        node.finish();
        node.set(1, "settle");
        await reconciler.run();
      },
    },
  ],
  [
    "limits that were never signed",
    {
      reason: REASON.CARD_CONTRADICTS,
      make: (service, card) => {
        const invoice = service.invoice(1, msat(99_000_000n));
        return {
          invoice,
          token: card.token({
            counter: 1,
            amount: msat(99_000_000n),
            authorizedTotal: msat(99_000_000n),
            invoiceHash: invoiceHash(invoice),
          }),
        };
      },
      mend: async ({ store, clock }, card) => {
        await fundCard(store, card.cardId, sat(200_000), "", clock.now);
        await setLimits(store, card.cardId, { maxPerTransaction: sat(200_000) }, clock.now);
        await unblockCard(store, card.cardId, clock.now);
      },
    },
  ],
  [
    "a card that was replaced",
    {
      reason: REASON.CARD_BLOCKED,
      prepare: async (service, card) => {
        const fresh = await service.card(2);
        await replaceCard(service.store, card.cardId, fresh.cardId, service.clock.now);
      },
      mend: ({ store, clock }, card) => unblockCard(store, card.cardId, clock.now).catch(() => undefined),
    },
  ],
];

describe("a final reject is never paid afterwards", () => {
  it.each(REFUSALS)("for %s", async (_name, refusal) => {
    await using service = await startService(bench, "sqlite", { maxExpirySeconds: 86_400 });
    const card = await service.card(1, sat(20_000), refusal.policy ?? {});
    await refusal.prepare?.(service, card);
    const kept = (await refusal.make?.(service, card)) ?? authorize(service, card, 1, sat(10));
    const wanted = { outcome: "rejected", reason: refusal.reason };
    expect(await show(service, kept)).toMatchObject(wanted);
    expect(isTemporaryReason(refusal.reason)).toBe(false);
    const { size } = service.node.sent;
    await refusal.mend(service, card);
    expect(await show(service, kept)).toMatchObject(wanted);
    service.clock.pass(HOUR);
    await service.reconciler.run();
    expect(await show(service, kept)).toMatchObject(wanted);
    expect(service.node.sent.size).toBe(size);
  });

  it("a token that shows an update which a restored ledger makes later is not refused for good", async () => {
    await using service = await startService(bench, "sqlite");
    const { store, clock } = service;
    const card = await service.card(1);
    const invoice = service.invoice(1, sat(10));
    const token = card.token({
      counter: 1,
      amount: sat(10),
      authorizedTotal: sat(10),
      updateSequence: 1,
      invoiceHash: invoiceHash(invoice),
    });
    const first = await service.present(token, invoice);
    expect(isTemporaryReason(first.reason)).toBe(true);
    await fundCard(store, card.cardId, sat(1), "again", clock.now);
    await unblockCard(store, card.cardId, clock.now);
    expect(await service.present(token, invoice)).toMatchObject({ outcome: "accepted" });
  });
});
