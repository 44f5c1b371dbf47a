import { afterAll, describe, expect, it } from "vitest";
import { type Msat, sat } from "../../common/index.js";
import {
  blockCard,
  cashOutCard,
  fundCard,
  remaining,
  replaceCard,
  showCard,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { type PackRow, recordPack, revokePacks } from "../../issuer/ledger/packs.js";
import { registerCard } from "../../issuer/ledger/registry.js";
import { spendingReport } from "../../issuer/reports/spending.js";
import { serviceMetrics } from "../../issuer/service/metrics.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { packRow, TERMINAL } from "../../testing/issuer/offline.js";
import {
  Bench,
  type Service,
  type ServiceOptions,
  START,
  startService,
} from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const KINDS: readonly StoreKind[] = ["sqlite", "postgres"];
const DAY = 86_400;
const GUARANTEE = { perCard: "5000sat", total: "8000sat" };

async function start(
  kind: StoreKind,
  options: ServiceOptions = {},
  row: Partial<PackRow> = {},
): Promise<Service> {
  const service = await startService(bench, kind, { offline: { guarantee: GUARANTEE }, ...options });
  expect(await recordPack(service.store, packRow(row))).toBe(true);
  return service;
}

const SEAL_KEY = new Uint8Array(16).fill(0x33);
async function certified(service: Service, number = 1, policy: unknown = {}, limit: Msat = sat(2000)) {
  const card = new SigningCard(number, SEAL_KEY, sat(20_000));
  card.certificate = { offlineLimit: limit, validUntil: START / 1000 + 5 * DAY };
  return await service.register(card, policy);
}

const loans = (service: Service) =>
  service.store.db.selectFrom("guarantees").selectAll().orderBy("at").orderBy("counter").execute();
const standing = async (service: Service, card: SigningCard) => {
  const { funded, spent, owed, state } = await showCard(service.store.db, card.cardId);
  return { funded, spent, owed, state };
};

/** Lets the invoices of the last hour expire, so that no payment is tried again. */
async function expire(service: Service): Promise<void> {
  await service.reconciler.run();
  service.clock.pass(3_700_000 + service.config.expiryMarginMs);
  await service.reconciler.run();
}

/** A card that was paid out and is in use again: it has a credit, and no money. */
async function emptied(service: Service, number = 1, policy: unknown = {}) {
  const card = await certified(service, number, policy);
  await cashOutCard(service.store, card.cardId, "", service.clock.now);
  await unblockCard(service.store, card.cardId, service.clock.now);
  return card;
}

describe.each(KINDS)("a guarantee on %s", (kind) => {
  it("pays what a cashed-out card authorized, and the card owes it", async () => {
    await using service = await start(kind);
    const card = await certified(service);
    await cashOutCard(service.store, card.cardId, "", service.clock.now);
    expect((await service.tap(card, 1, sat(1000))).outcome).toBe("accepted");
    expect(await loans(service)).toMatchObject([{ counter: 1n, amount: sat(1000), cause: "card-blocked" }]);
    expect(await standing(service, card)).toEqual({
      funded: sat(1000),
      spent: sat(1000),
      owed: sat(1000),
      state: "blocked",
    });
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({
      guaranteed: sat(1000),
      owed: sat(1000),
      paidIn: sat(20_000),
      settled: sat(1000),
    });
  });

  it("pays for a card without money, one that was replaced, and one that spent too much in a day", async () => {
    await using service = await start(kind);
    const empty = await emptied(service, 1);
    await service.tap(empty, 1, sat(1000));
    const [lost, fresh] = [await certified(service, 2), await certified(service, 3)];
    await replaceCard(service.store, lost.cardId, fresh.cardId, service.clock.now);
    await service.tap(lost, 2, sat(500));
    const daily = await certified(service, 4, { maxPer24h: "1500sat" });
    await service.tap(daily, 3, sat(1000));
    await service.tap(daily, 4, sat(600));
    expect((await loans(service)).map(({ cause, amount }) => [cause, amount])).toEqual([
      ["not-funded", sat(1000)],
      ["card-blocked", sat(500)],
      ["period-limit", sat(600)],
    ]);
    expect(service.node.calls).toBe(4);
    // The holder of the replacement owes nothing, and has everything.
    expect(await standing(service, fresh)).toMatchObject({ funded: sat(40_000), owed: 0n });
  });

  it.each<[string, number, (service: Service) => Promise<SigningCard>, ServiceOptions?, Partial<PackRow>?]>([
    ["without a guarantee of the issuer", REASON.NOT_FUNDED, (s) => emptied(s), { offline: {} }],
    ["without offline payees", REASON.NOT_FUNDED, (s) => emptied(s), { offline: undefined }],
    [
      "for a terminal whose pack promises none",
      REASON.NOT_FUNDED,
      (s) => emptied(s),
      {},
      { guaranteed_per_card: 0n, guaranteed_in_all: 0n },
    ],
    ["for another payee", REASON.NOT_FUNDED, (s) => emptied(s), {}, { payee: Buffer.alloc(33, 2) }],
    [
      "when the pack was revoked",
      REASON.NOT_FUNDED,
      async (s) => {
        await revokePacks(s.store, TERMINAL, s.clock.now);
        return await emptied(s);
      },
    ],
    [
      "when no sale under the pack can be forwarded any more",
      REASON.NOT_FUNDED,
      async (s) => {
        const card = await emptied(s);
        s.clock.now += 10 * DAY * 1000 + 1;
        return card;
      },
    ],
    [
      "when the certificate had expired before the forwarding window began",
      REASON.NOT_FUNDED,
      async (s) => {
        const card = await emptied(s);
        s.clock.now += 8 * DAY * 1000 + 1;
        return card;
      },
    ],
    [
      "for a card without a certificate",
      REASON.NOT_FUNDED,
      async (s) => {
        const card = await s.card(1);
        await cashOutCard(s.store, card.cardId, "", s.clock.now);
        await unblockCard(s.store, card.cardId, s.clock.now);
        return card;
      },
    ],
    [
      "above the limit of the certificate",
      REASON.NOT_FUNDED,
      async (s) => {
        const card = await certified(s, 1, {}, sat(999));
        await cashOutCard(s.store, card.cardId, "", s.clock.now);
        await unblockCard(s.store, card.cardId, s.clock.now);
        return card;
      },
    ],
    ["where another rule refuses", REASON.PIN_REQUIRED, (s) => emptied(s, 1, { pinRequiredAbove: "500sat" })],
    [
      "above what one card may owe",
      REASON.NOT_FUNDED,
      (s) => emptied(s),
      { offline: { guarantee: { perCard: "999sat", total: "8000sat" } } },
    ],
    [
      "for a card that was never in use",
      REASON.CARD_ON_HOLD,
      async (s) => {
        const card = new SigningCard(1, SEAL_KEY, sat(20_000));
        card.certificate = { offlineLimit: sat(2000), validUntil: START / 1000 + 5 * DAY };
        await registerCard(s.store, card.registration(), s.clock.now);
        return card;
      },
    ],
  ])("is not given %s", async (_, reason, prepare, options, row) => {
    await using service = await start(kind, options, row);
    const card = await prepare(service);
    expect(await service.tap(card, 1, sat(1000))).toMatchObject({ outcome: "rejected", reason });
    expect(await loans(service)).toEqual([]);
    expect(service.node.calls).toBe(0);
  });

  it("is given to a card that contradicted itself only where the pack says so", async () => {
    for (const contradictions of [0n, 1n]) {
      await using service = await start(kind, {}, { contradictions });
      const card = await emptied(service);
      const invoice = service.invoice(9, sat(1));
      const hash = invoiceHash(invoice);
      const forged = { counter: 1, updateSequence: 99, authorizedTotal: sat(1), invoiceHash: hash };
      await service.present(card.token(forged), invoice);
      expect(await standing(service, card)).toMatchObject({ state: "blocked" });
      const { outcome } = await service.tap(card, 1, sat(1000));
      expect(outcome).toBe(contradictions === 1n ? "accepted" : "rejected");
      expect(await loans(service)).toHaveLength(contradictions === 1n ? 1 : 0);
    }
  });

  it("never pays what was refused for good before", async () => {
    await using service = await start(
      kind,
      { offline: { guarantee: GUARANTEE } },
      { guaranteed_per_card: 0n },
    );
    const card = await emptied(service);
    const { token, invoice, reason } = await service.tap(card, 1, sat(1000));
    expect(reason).toBe(REASON.NOT_FUNDED);
    await recordPack(service.store, packRow({ sequence: 8n, follows: 7n }));
    expect(await service.present(token, invoice)).toMatchObject({ reason: REASON.NOT_FUNDED });
    expect((await service.tap(card, 2, sat(1000))).outcome).toBe("accepted");
    expect(await loans(service)).toMatchObject([{ counter: 2n }]);
  });

  it("ends at what one card, and at what all cards may owe", async () => {
    await using service = await start(kind);
    const cards = [await emptied(service, 1), await emptied(service, 2)] as const;
    const taps: string[] = [];
    let serial = 0;
    for (const card of [cards[0], cards[0], cards[0], cards[1], cards[1], cards[1]])
      taps.push((await service.tap(card, ++serial, sat(2000))).outcome);
    expect(taps).toEqual(["accepted", "accepted", "rejected", "accepted", "accepted", "rejected"]);
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books.owed).toBe(sat(8000));
    const third = await emptied(service, 3);
    expect((await service.tap(third, ++serial, sat(1000))).outcome).toBe("rejected");
    // What is settled can be lent again.
    await fundCard(service.store, cards[0].cardId, sat(4000), "", service.clock.now);
    expect((await service.tap(cards[1], ++serial, sat(1000))).outcome).toBe("accepted");
  });

  it("holds the limit of all cards when many are lent to at once", async () => {
    await using service = await start(kind, {
      offline: { guarantee: { perCard: "2000sat", total: "6000sat" } },
    });
    const cards = await Promise.all([1, 2, 3, 4, 5, 6].map((number) => emptied(service, number)));
    const answers = await Promise.all(cards.map((card, i) => service.tap(card, i + 1, sat(2000))));
    expect(answers.filter(({ outcome }) => outcome === "accepted")).toHaveLength(3);
    expect(await loans(service)).toHaveLength(3);
  });

  it("is lent once for a token that comes twice", async () => {
    await using service = await start(kind);
    const card = await emptied(service);
    const invoice = service.invoice(1, sat(1000));
    const token = card.authorize(invoice, sat(1000));
    await Promise.all([service.present(token, invoice), service.present(token, invoice)]);
    await service.present(token, invoice);
    expect(await loans(service)).toHaveLength(1);
    expect(service.node.calls).toBe(1);
  });

  it("takes a loan back when its payment failed until the end, and releases the amount to the card", async () => {
    await using service = await start(kind);
    const card = await emptied(service);
    service.node.set(1, "fail");
    await service.tap(card, 1, sat(1000));
    expect(await standing(service, card)).toMatchObject({ owed: sat(1000) });
    await expire(service);
    expect(await standing(service, card)).toMatchObject({ funded: 0n, spent: 0n, owed: 0n });
    expect((await showCard(service.store.db, card.cardId)).voided).toBe(sat(1000));
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({ guaranteed: sat(1000), owed: 0n });
  });

  it.each([
    ["stuck", 0n],
    ["stuck-then-fails", 600_000n],
  ] as const)(
    "settled by a top-up while its payment is in flight (%s) is not released twice",
    async (behaviour, left) => {
      await using service = await start(kind);
      const card = await emptied(service);
      service.node.set(1, behaviour);
      await service.tap(card, 1, sat(1000));
      // 600 of 1,000 sat are settled.
      await fundCard(service.store, card.cardId, sat(600), "", service.clock.now);
      expect(await standing(service, card)).toMatchObject({ owed: sat(400), spent: sat(1000) });
      expect(await service.violations()).toEqual([]);
      service.node.finish();
      service.node.set(1, "fail");
      await expire(service);
      const entry = await showCard(service.store.db, card.cardId);
      expect(entry.owed).toBe(behaviour === "stuck" ? sat(400) : 0n);
      expect(remaining(entry)).toBe(left);
    },
  );

  it("is settled first by a top-up, and what is left is the card's", async () => {
    await using service = await start(kind);
    const card = await emptied(service);
    await service.tap(card, 1, sat(1000));
    await fundCard(service.store, card.cardId, sat(300), "", service.clock.now);
    expect(await standing(service, card)).toMatchObject({ owed: sat(700), funded: sat(1000) });
    await fundCard(service.store, card.cardId, sat(1700), "", service.clock.now);
    const entry = await showCard(service.store.db, card.cardId);
    expect([entry.owed, remaining(entry)]).toEqual([0n, sat(1000)]);
    expect(await cashOutCard(service.store, card.cardId, "", service.clock.now)).toBe(sat(1000));
  });

  it("is settled before a card is paid out", async () => {
    await using service = await start(kind);
    const card = await certified(service);
    await blockCard(service.store, card.cardId, service.clock.now);
    await service.tap(card, 1, sat(1000));
    expect(await standing(service, card)).toMatchObject({ funded: sat(21_000), owed: sat(1000) });
    expect(await cashOutCard(service.store, card.cardId, "", service.clock.now)).toBe(sat(19_000));
    expect(await standing(service, card)).toMatchObject({ funded: sat(1000), spent: sat(1000), owed: 0n });
    await service.tap(card, 2, sat(500));
    await expect(cashOutCard(service.store, card.cardId, "", service.clock.now)).rejects.toThrow(
      "has nothing left to pay out: it owes 500 sat for guaranteed payments",
    );
  });

  it("is the issuer's with its fee, also where cards bear fees", async () => {
    await using service = await start(kind);
    const card = await emptied(service, 1, { feesBorneBy: "card" });
    expect((await service.tap(card, 1, sat(1000))).outcome).toBe("accepted");
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({ fees: 1000n, feesCharged: 0n });
  });
});

describe.each(KINDS)("a payment to an offline payee on %s", (kind) => {
  it("that fails is tried again until it succeeds, and the same token is no refusal meanwhile", async () => {
    await using service = await start(kind);
    const card = await certified(service);
    service.node.set(1, "fail");
    const { token, invoice, outcome } = await service.tap(card, 1, sat(1000));
    expect(outcome).toBe("accepted");
    expect(await service.reconciler.run()).toMatchObject({ voided: 0, open: 1 });
    expect(service.node.calls).toBe(2);
    expect(await standing(service, card)).toMatchObject({ spent: sat(1000) });
    service.node.set(1, "settle");
    await service.reconciler.run();
    expect(await service.reconciler.run()).toMatchObject({ settled: 0, open: 0 });
    expect((await service.present(token, invoice)).outcome).toBe("accepted");
    expect([...service.node.sent.values()]).toEqual([1]);
  });

  it("that fails until the invoice expires is void, and one whose pack was revoked at once", async () => {
    await using service = await start(kind);
    const card = await certified(service);
    service.node.behaviour = "fail";
    await service.tap(card, 1, sat(1000));
    await expire(service);
    expect((await showCard(service.store.db, card.cardId)).voided).toBe(sat(1000));
    await service.tap(card, 2, sat(500));
    await revokePacks(service.store, TERMINAL, service.clock.now);
    expect(await service.reconciler.run()).toMatchObject({ voided: 1, open: 0 });
    expect(service.node.sent.size).toBe(0);
  });
});

describe("the operator", () => {
  it("hears of each guaranteed payment, and once when the guarantee is nearly used up", async () => {
    const lines: { readonly event?: string; readonly alert?: boolean }[] = [];
    const log = {
      info: () => {},
      warn: (fields: object) => void lines.push(fields),
      error: (fields: object) => void lines.push(fields),
    };
    const service = await startService(bench, "sqlite", { offline: { guarantee: GUARANTEE } }, { log });
    await recordPack(service.store, packRow());
    const cards = [await emptied(service, 1), await emptied(service, 2)] as const;
    const tap = async (card: SigningCard, serial: number, amount: number) =>
      await service.tap(card, serial, sat(amount));
    await tap(cards[0], 1, 2000);
    await tap(cards[0], 2, 2000);
    await tap(cards[1], 3, 2000);
    await tap(cards[1], 4, 400);
    await tap(cards[1], 5, 100);
    const events = lines.map(({ event, alert }) => `${event}${alert ? "!" : ""}`);
    expect(events).toEqual([
      ...["guarantee", "guarantee", "guarantee", "guarantee-limit!", "guarantee", "guarantee"],
    ]);
    const { registry } = serviceMetrics({
      store: service.store,
      node: service.node,
      nodeId: service.ports.nodeId,
    });
    expect(await registry.metrics()).toContain("chequecard_guarantee_owed_satoshi 6500");
    await service.close();
  });
});

describe("the policy of offline payees", () => {
  it("may leave the limits of a day aside", async () => {
    await using service = await start("sqlite", { offline: { periodLimits: false } });
    const card = await certified(service, 1, { maxPer24h: "1500sat" });
    await service.tap(card, 1, sat(1000));
    expect((await service.tap(card, 2, sat(1000))).outcome).toBe("accepted");
    expect(await loans(service)).toEqual([]);
  });

  it("allows their invoices, and no others, to live as long as the forwarding window", async () => {
    const options = { maxExpirySeconds: 86_400, offline: {} };
    await using service = await start("sqlite", options);
    const card = await certified(service);
    const present = async (serial: number, expirySeconds: number, payeeSecret?: Uint8Array) => {
      const invoice = service.invoice(serial, sat(10), {
        expirySeconds,
        ...(payeeSecret ? { payeeSecret } : {}),
      });
      return (await service.present(card.authorize(invoice, sat(10)), invoice)).reason;
    };
    expect(await present(1, 3 * DAY)).toBeUndefined();
    expect(await present(2, 4 * DAY)).toBe(REASON.INVOICE_EXPIRES_LATE);
    expect(await present(3, DAY, new Uint8Array(32).fill(0x61))).toBeUndefined();
    expect(await present(4, 3 * DAY, new Uint8Array(32).fill(0x61))).toBe(REASON.INVOICE_EXPIRES_LATE);
    await revokePacks(service.store, TERMINAL, service.clock.now);
    expect(await present(5, 3 * DAY)).toBe(REASON.INVOICE_EXPIRES_LATE);
  });
});
