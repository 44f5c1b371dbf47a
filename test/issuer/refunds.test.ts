import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import {
  beginClosing,
  cashOutCard,
  endClosing,
  fundCard,
  replaceCard,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import { creditRefund } from "../../issuer/ledger/refunds.js";
import { blockCard, retireCard, unblockCard } from "../../issuer/ledger/states.js";
import { spendingReport } from "../../issuer/reports/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REFUND_REASON as REASON, refundDescription } from "../../lightning/api/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import {
  Bench,
  NODE_ID,
  PEER,
  refundRequest,
  type Service,
  startService,
} from "../../testing/issuer/service.js";
import { preimageOf } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());
const KINDS: readonly StoreKind[] = ["sqlite", "postgres"];
const MINUTE = 60_000;

/** A card that paid 5,000 sat of its 20,000 for sale 1. */
async function sold(kind: StoreKind) {
  const service = await startService(bench, kind);
  const card = await service.card(1);
  await service.tap(card, 1, sat(5000));
  return { service, card };
}

const account = async ({ store }: Service, cardId: Uint8Array) =>
  await store.db
    .selectFrom("accounts")
    .selectAll()
    .where("card", "=", cardKey(cardId))
    .executeTakeFirstOrThrow();
const left = async (service: Service, cardId: Uint8Array) => {
  const { funded, spent } = await account(service, cardId);
  return funded - spent;
};
const states = async ({ store }: Service) =>
  (await store.db.selectFrom("refunds").select("state").orderBy("created_at").execute()).map(
    ({ state }) => state,
  );
const refused = (reason: number, refunded = sat(0)) => ({ invoice: undefined, reason, refunded });

describe.each(KINDS)("a refund to the card that paid, on %s", (kind) => {
  it("is an invoice of the issuer, bound to the sale; settled it is credited, and the next tap brings it", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const before = card.credit;
    const { invoice, reason, refunded } = (await service.refund(1, sat(2000))) ?? {};
    expect([reason, refunded]).toEqual([undefined, 0n]);
    const decoded = decodeInvoice(invoice ?? "");
    expect(bytesToHex(decoded.payee)).toBe(bytesToHex(NODE_ID));
    expect(decoded.amount).toBe(sat(2000));
    expect(decoded.description).toBe(refundDescription(refundRequest(1, sat(2000))));
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(15_000));

    expect(service.pay(invoice)).toBe(true);
    await service.refunds.close();
    expect(await left(service, card.cardId)).toBe(sat(17_000));
    expect(card.credit).toBe(before);
    await service.identify(card);
    expect(card.credit).toBe(before + sat(2000));
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({ paidIn: sat(20_000), refunded: sat(2000), left: sat(17_000) });
    const { limits } = { limits: await service.store.db.selectFrom("limits").select("cause").execute() };
    expect(limits.map(({ cause }) => cause)).toContain("refund");
  });

  it("is credited once, however often it is asked for, settled and read again", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const first = await service.refund(1, sat(2000));
    expect(await service.refund(1, sat(2000))).toEqual(first);
    service.pay(first?.invoice);
    await Promise.all([service.refunds.resolve(), service.refunds.resolve()]);
    const { paymentHash } = decodeInvoice(first?.invoice ?? "");
    const found = await service.node.lookupInvoice(paymentHash);
    if (found.state !== "settled") throw new Error("not settled");
    await service.refunds.resolve();
    expect(await creditRefund(service.store, { paymentHash, ...found }, service.clock.now)).toBeUndefined();
    expect(await service.refund(1, sat(2000))).toEqual({ ...first, refunded: sat(2000) });
    expect(await left(service, card.cardId)).toBe(sat(17_000));
    expect(await states(service)).toEqual(["settled"]);
  });

  it("is not credited for a preimage of something else, or for less than its amount", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    await service.refund(1, sat(2000));
    const [{ preimage } = { preimage: preimageOf(1) }] = service.node.invoices.values();
    const lies = [
      { preimage: preimageOf(1), received: sat(2000) },
      { preimage, received: msat(1_999_999n) },
    ];
    const { lookupInvoice } = service.node;
    for (const lie of lies) {
      service.node.lookupInvoice = async () => ({ state: "settled", settledAt: 0, ...lie });
      await service.refunds.resolve();
      expect(await states(service)).toEqual(["open"]);
    }
    service.node.lookupInvoice = lookupInvoice;
    expect(await left(service, card.cardId)).toBe(sat(15_000));
  });

  it("that settles while no service runs is credited by the next one", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const asked = await service.refund(1, sat(5000));
    expect(service.pay(asked?.invoice, true)).toBe(true);
    expect(await left(service, card.cardId)).toBe(sat(15_000));
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(20_000));
  });

  it("comes in parts, in all at most the sale, also when they are asked for at once", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const parts = await Promise.all([1, 2, 3, 4].map((id) => service.refund(1, sat(1500), id)));
    const invoices = parts.flatMap((part) => part?.invoice ?? []);
    expect(new Set(invoices).size).toBe(3);
    expect(parts.filter((part) => part?.reason !== undefined)).toEqual([refused(REASON.REFUNDS_OPEN)]);
    for (const invoice of invoices) service.pay(invoice);
    await service.refunds.resolve();
    await service.refunds.close();
    expect(await left(service, card.cardId)).toBe(sat(19_500));
    expect(await service.refund(1, msat(500_001n), 5)).toEqual(refused(REASON.ABOVE_SALE, sat(4500)));
    const rest = await service.refund(1, sat(500), 6);
    service.pay(rest?.invoice, true);
    await service.refunds.resolve();
    expect(await service.refund(1, msat(1n), 7)).toEqual(refused(REASON.ABOVE_SALE, sat(5000)));
    expect(await left(service, card.cardId)).toBe(sat(20_000));
  });

  it("that is credited after an event was closed begins another closing", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const asked = await service.refund(1, sat(1000));
    const first = await beginClosing(service.store);
    await endClosing(service.store);
    expect(await beginClosing(service.store)).toBe(first);
    service.pay(asked?.invoice, true);
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(16_000));
    expect(await beginClosing(service.store)).toBeGreaterThan(first);
  });

  it("is refused to every peer that is not the payee, with one answer for all", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const unknown = refused(REASON.UNKNOWN_SALE);
    expect(await service.refund(1, sat(1), 1, { peer: PEER })).toEqual(unknown);
    expect(await service.refund(1, sat(1), 1, { preimage: preimageOf(2) })).toEqual(unknown);
    expect(await service.refund(7, sat(1))).toEqual(unknown);
    await service.tap(card, 2, sat(5000));
    service.node.set(3, "fail");
    await service.tap(card, 3, sat(100));
    expect(await service.refund(3, sat(1))).toEqual(unknown);
    service.node.set(4, "stuck");
    await service.tap(card, 4, sat(100));
    expect(await service.refund(4, sat(1))).toEqual(refused(REASON.SALE_IN_FLIGHT));
    expect(service.node.invoices.size).toBe(0);
    service.node.finish();
  });

  it("above the sale is refused, whatever the amount, and the same refund has one amount", async () => {
    const { service } = await sold(kind);
    await using _ = service;
    for (const amount of [msat(5_000_001n), msat(2_100_000_000_000_000_000n)])
      expect(await service.refund(1, amount)).toEqual(refused(REASON.ABOVE_SALE));
    await service.refund(1, sat(100));
    expect(await service.refund(1, sat(101))).toEqual(refused(REASON.REFUND_DIFFERS));
    expect(service.node.invoices.size).toBe(1);
  });

  it("to a card that is retired or cashed out is refused before anything is paid", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const open = await service.refund(1, sat(1000), 9);
    await blockCard(service.store, card.cardId, service.clock.now);
    expect((await service.refund(1, sat(1000), 9))?.invoice).toBe(open?.invoice);
    await cashOutCard(service.store, card.cardId, "", service.clock.now);
    expect(await service.refund(1, sat(1000))).toEqual(refused(REASON.CARD_CASHED_OUT));
    expect(await service.refund(1, sat(1000), 9)).toEqual(refused(REASON.CARD_CASHED_OUT));
    await service.refunds.resolve();
    expect(service.pay(open?.invoice)).toBe(false);
    expect(await states(service)).toEqual(["closed"]);

    await fundCard(service.store, card.cardId, sat(10), "", service.clock.now);
    await unblockCard(service.store, card.cardId, service.clock.now);
    const again = await service.refund(1, sat(1000), 2);
    expect(again?.invoice).toBeDefined();
    await cashOutCard(service.store, card.cardId, "", service.clock.now);
    await retireCard(service.store, card.cardId, service.clock.now);
    expect(await service.refund(1, sat(1000), 3)).toEqual(refused(REASON.CARD_RETIRED));
    // Paid in the moment before its invoice was cancelled: the money is the card's all the same, and a person hands it out.
    expect(service.pay(again?.invoice, true)).toBe(true);
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(1000));
    expect(await cashOutCard(service.store, card.cardId, "", service.clock.now)).toBe(sat(1000));
  });

  it("of a replaced card goes to the card that has its balance, and to that one's successor", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const open = await service.refund(1, sat(1000), 1);
    const [second, third] = [await service.card(2, sat(10)), await service.card(3, sat(10))];
    await replaceCard(service.store, card.cardId, second.cardId, service.clock.now);
    service.pay(open?.invoice, true);
    await service.refunds.resolve();
    expect(await left(service, second.cardId)).toBe(sat(16_010));
    await replaceCard(service.store, second.cardId, third.cardId, service.clock.now);
    const later = await service.refund(1, sat(500), 2);
    expect(later).toMatchObject({ reason: undefined, refunded: sat(1000) });
    service.pay(later?.invoice, true);
    await service.refunds.resolve();
    await service.identify(third);
    expect(await left(service, third.cardId)).toBe(sat(16_520));
    expect(third.credit).toBe(sat(16_520));
    expect(await left(service, card.cardId)).toBe(0n);
  });

  it("whose invoice expires is given up, and leaves room for another", async () => {
    const { service } = await sold(kind);
    await using _ = service;
    const lost = await service.refund(1, sat(5000), 1);
    expect(await service.refund(1, sat(5000), 2)).toEqual(refused(REASON.REFUNDS_OPEN));
    service.clock.pass(11 * MINUTE);
    expect(await service.refund(1, sat(5000), 1)).toEqual(refused(REASON.REFUND_OVER));
    expect(service.pay(lost?.invoice)).toBe(false);
    await service.refunds.resolve();
    expect(await states(service)).toEqual(["closed"]);
    expect(await service.refund(1, sat(5000), 1)).toEqual(refused(REASON.REFUND_OVER));
    expect((await service.refund(1, sat(5000), 2))?.invoice).toBeDefined();
  });

  it("is not given up while its payment is being taken in, however late", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const asked = await service.refund(1, sat(5000));
    service.pay(asked?.invoice, true);
    service.clock.pass(60 * MINUTE);
    const { lookupInvoice } = service.node;
    // The node has decided to take it, and does not say so yet: it cannot be cancelled any more.
    service.node.lookupInvoice = async () => ({ state: "open" });
    await service.refunds.resolve();
    expect(await states(service)).toEqual(["open"]);
    service.node.lookupInvoice = lookupInvoice;
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(20_000));
  });

  it("makes at most 32 invoices for one sale, however many are asked for", async () => {
    const { service } = await sold(kind);
    await using _ = service;
    for (let id = 0; id < 32; id++) expect((await service.refund(1, sat(1), id))?.invoice).toBeDefined();
    expect(await service.refund(1, sat(1), 99)).toEqual(refused(REASON.TOO_MANY_REFUNDS));
    expect((await service.refund(1, sat(1), 31))?.invoice).toBeDefined();
    expect(service.node.invoices.size).toBe(32);
  });

  it("says nothing of the card", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    await service.tap(card, 2, sat(100));
    const answers = [await service.refund(1, sat(100)), await service.refund(2, sat(100))];
    await cashOutCard(service.store, card.cardId, "", service.clock.now);
    answers.push(await service.refund(1, sat(100), 2));
    const told = JSON.stringify(answers, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    const descriptions = answers.flatMap((one) =>
      one?.invoice ? [decodeInvoice(one.invoice).description] : [],
    );
    for (const secret of [bytesToHex(card.cardId), bytesToHex(card.registration().publicKey)])
      for (const text of [told, ...descriptions]) expect(text).not.toContain(secret);
    expect(descriptions).toEqual([1, 2].map((serial) => refundDescription(refundRequest(serial, sat(1)))));
  });

  it("of one sale waits for no other: two services on one ledger credit it once", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const asked = await service.refund(1, sat(3000));
    service.pay(asked?.invoice, true);
    const { RefundDesk } = await import("../../issuer/authorizer/index.js");
    const { store, node, clock, ports } = service;
    const desks = [1, 2, 3].map(
      () => new RefundDesk({ store, node, nodeId: NODE_ID, clock: clock.read, log: ports.log }),
    );
    await Promise.all(desks.map((desk) => desk.resolve()));
    await Promise.all(desks.map((desk) => desk.close()));
    expect(await left(service, card.cardId)).toBe(sat(18_000));
  });

  it("is looked after by the service whose node made its invoice, and by no other", async () => {
    const { service, card } = await sold(kind);
    await using _ = service;
    const asked = await service.refund(1, sat(3000));
    const { RefundDesk } = await import("../../issuer/authorizer/index.js");
    const { store, node, clock, ports } = service;
    const other = new RefundDesk({ store, node, nodeId: PEER, clock: clock.read, log: ports.log });
    service.pay(asked?.invoice, true);
    await other.resolve();
    expect(await left(service, card.cardId)).toBe(sat(15_000));
    await other.close();
    await service.refunds.resolve();
    expect(await left(service, card.cardId)).toBe(sat(18_000));
  });
});

describe("the proof of a ledger", () => {
  const credited = async () => {
    const { service } = await sold("sqlite");
    const asked = await service.refund(1, sat(3000));
    service.pay(asked?.invoice, true);
    await service.refunds.resolve();
    return service;
  };
  const findings = async ({ store }: Service) =>
    (await verifyLedger(store)).violations.map(({ invariant }) => invariant).join("\n");

  it("finds refunds above their sale", async () => {
    const service = await credited();
    await service.store.db.updateTable("authorizations").set({ amount: 2_999_999n }).execute();
    expect(await findings(service)).toContain("all open and settled ones together at most its amount");
    await service.close();
  });

  it("finds a credit without a settled invoice, and a settled invoice without its credit", async () => {
    for (const break_ of [
      (service: Service) => service.store.db.deleteFrom("refunds").execute(),
      (service: Service) => service.store.db.deleteFrom("operations").where("kind", "=", "refund").execute(),
      (service: Service) => service.store.db.updateTable("refunds").set({ amount: 1n }).execute(),
    ]) {
      const service = await credited();
      await break_(service);
      expect(await findings(service)).toContain("every credit of a refund has a settled invoice of its own");
      await service.close();
    }
  });

  it("finds a preimage that is not of the refund's invoice", async () => {
    const service = await credited();
    await service.store.db
      .updateTable("refunds")
      .set({ preimage: Buffer.alloc(32) })
      .execute();
    expect(await findings(service)).toContain("every settled payment has its preimage");
    await service.close();
  });

  it("finds a refund of a payment that is not settled", async () => {
    const service = await credited();
    await service.store.db.updateTable("refunds").set({ counter: 9n }).execute();
    expect(await findings(service)).toContain("every refund is of a settled payment of its card");
    await service.close();
  });
});
