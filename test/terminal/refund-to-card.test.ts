import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import {
  type CardRefund,
  type CardRefundNode,
  receiptOf,
  refundNode,
  refundSale,
  refundToCard,
  totalsOf,
} from "../../host/terminal/index.js";
import { cashOutCard } from "../../issuer/ledger/index.js";
import { retireCard } from "../../issuer/ledger/states.js";
import { REFUND_REASON } from "../../lightning/api/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";

let network: LittleNetwork;
beforeAll(async () => {
  network = await startLittleNetwork();
});
afterAll(() => network.close());

let cards = 0x40;
const FOR_EVER_MS = 3_600_000;
/** Where nobody answers. */
const SOON_MS = 300;

/** A merchant whose customer has paid 2,500 of 20,000 sat with a card of the issuer at the payer's node. */
async function sold() {
  const card = testCard({
    nodeUri: await uriOf(network.payer),
    cardId: Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 1, ++cards),
  });
  const issuer = await testIssuer(network.payer, [{ card }]);
  const merchant = await testMerchant(network.merchant, card.reader, { retryPauseMs: 20 });
  const { store, terminal } = merchant;
  const sale = await terminal.charge({ amount: sat(2500), description: "beer" });
  expect(sale.state).toBe("paid");
  let isSilent = false;
  const node = refundNode(network.merchant, { answerTimeoutMs: FOR_EVER_MS });
  const left = async () => {
    const { funded, spent } = await issuer.account(card);
    return funded - spent;
  };
  return {
    card,
    issuer,
    store,
    terminal,
    sale,
    node,
    left,
    /** Waits until the issuer's node has heard of the settled invoice, and books it. */
    async credited(amount: bigint) {
      while ((await left()) !== amount) {
        await issuer.refunds.resolve();
        await sleep(10);
      }
    },
    refund: (amount?: bigint, by: CardRefundNode = node) =>
      refundToCard({ node: by, store }, sale.number, amount === undefined ? undefined : msat(amount)),
    /** The issuer's node runs on, and does not answer. */
    async silence() {
      expect(issuer.faults).toEqual([]);
      expect(await issuer.violations()).toEqual([]);
      await issuer.close();
      isSilent = true;
    },
    async [Symbol.asyncDispose]() {
      merchant.close();
      if (!isSilent) await this.silence();
    },
  };
}

const saleOf = (done: CardRefund) => {
  if ("refused" in done) throw new Error(done.refused.name);
  return done.sale;
};
const refusedOf = (done: CardRefund) => {
  if ("sale" in done) throw new Error("was not refused");
  return done.refused;
};

describe("a refund to the card that paid, over two nodes", () => {
  it("is paid once, shown with the sale, and the card spends it after its next tap", async () => {
    await using shop = await sold();
    const { card, store, sale, terminal } = shop;
    const refunded = saleOf(await shop.refund());
    expect(refunded.refund).toMatchObject({ to: "card", amount: sat(2500), state: "paid" });
    expect(saleOf(await shop.refund())).toEqual(refunded);
    await shop.credited(sat(20_000));
    expect(receiptOf(store.get(sale.number)).refunded).toBe(sat(2500));
    expect(totalsOf([store.get(sale.number)])).toMatchObject({ received: sat(2500), refunded: sat(2500) });

    const next = await terminal.charge({ amount: sat(1000), description: "another" });
    expect(next.state).toBe("paid");
    expect(await shop.left()).toBe(sat(19_000));
    expect(await shop.issuer.account(card)).toMatchObject({ sequence: 1n });
    await terminal.charge({ amount: sat(1), description: "acknowledges" });
    expect(await shop.issuer.account(card)).toMatchObject({ acknowledged: 1n });
  });

  it("may be a part, and only one: another needs the customer's invoice no less", async () => {
    await using shop = await sold();
    expect(saleOf(await shop.refund(sat(700))).refund).toMatchObject({ amount: sat(700), state: "paid" });
    expect(saleOf(await shop.refund(sat(700))).refund?.state).toBe("paid");
    await expect(shop.refund(sat(701))).rejects.toMatchObject({ code: "wrong-state" });
    const { invoice } = await network.payer.createInvoice({
      amount: sat(100),
      description: "back",
      expirySeconds: 600,
    });
    const { node, store, sale } = shop;
    await expect(refundSale({ node, store }, sale.number, invoice)).rejects.toThrow(/was started before/);
    await shop.credited(sat(18_200));
  });

  it.each([
    ["before the issuer was asked", "ask"],
    ["after the issuer has answered", "answer"],
    ["after it was paid", "pay"],
  ] as const)("whose process dies %s is paid once by the next", async (_, at) => {
    await using shop = await sold();
    const killed = new NodeError("closed", "killed");
    const dying: CardRefundNode = {
      ...shop.node,
      async requestRefund(ask) {
        if (at === "ask") throw killed;
        const offer = await shop.node.requestRefund(ask);
        if (at === "answer") throw killed;
        return offer;
      },
      async pay(request) {
        expect(shop.store.get(shop.sale.number).refund).toMatchObject({ state: "pending", to: "card" });
        await shop.node.pay(request);
        throw killed;
      },
    };
    await expect(shop.refund(undefined, dying)).rejects.toMatchObject({ code: "closed" });
    const { refundId } = shop.store.get(shop.sale.number);
    expect(refundId).toHaveLength(16);
    const done = saleOf(await shop.refund());
    expect(done.refund?.state).toBe("paid");
    expect(done.refundId).toEqual(refundId);
    await shop.credited(sat(20_000));
    const rows = await shop.issuer.store.db.selectFrom("refunds").select("state").execute();
    expect(rows).toEqual([{ state: "settled" }]);
  });

  it("is asked for under another id when the first one's invoice has expired", async () => {
    await using shop = await sold();
    const dying: CardRefundNode = {
      ...shop.node,
      async requestRefund(ask) {
        await shop.node.requestRefund(ask);
        throw new NodeError("closed", "killed");
      },
    };
    await expect(shop.refund(undefined, dying)).rejects.toMatchObject({ code: "closed" });
    const { store } = shop.issuer;
    const [row] = await store.db.selectFrom("refunds").select("refund_hash").execute();
    await network.payer.cancelInvoice(Uint8Array.from(row?.refund_hash ?? []));
    await shop.issuer.refunds.resolve();
    expect(await store.db.selectFrom("refunds").select("state").execute()).toEqual([{ state: "closed" }]);
    const before = shop.store.get(shop.sale.number).refundId;
    const done = saleOf(await shop.refund());
    expect(done.refund?.state).toBe("paid");
    expect(done.refundId).not.toEqual(before);
    await shop.credited(sat(20_000));
  });

  it("whose outcome is unknown stays pending, and the same command goes on with the same invoice", async () => {
    await using shop = await sold();
    const slow: CardRefundNode = { ...shop.node, pay: async () => ({ state: "unknown" }) };
    const pending = saleOf(await shop.refund(undefined, slow));
    expect(pending.refund).toMatchObject({ state: "pending", to: "card" });
    const done = saleOf(await shop.refund());
    expect(done.refund).toEqual({ ...pending.refund, state: "paid" });
    await shop.credited(sat(20_000));
  });

  it("that failed for certain is forgotten, says so, and may be tried again", async () => {
    await using shop = await sold();
    const failing: CardRefundNode = {
      ...shop.node,
      pay: async () => ({ state: "failed", reason: "no route" }),
    };
    await expect(shop.refund(undefined, failing)).rejects.toMatchObject({
      code: "bad-refund",
      hint: /Try again in a moment/,
    });
    expect(shop.store.get(shop.sale.number).refund).toBeUndefined();
    expect(saleOf(await shop.refund()).refund?.state).toBe("paid");
    await shop.credited(sat(20_000));
  });

  it("is refused in words, before anything is paid, for a card that was cashed out or retired", async () => {
    await using shop = await sold();
    const never: CardRefundNode = {
      ...shop.node,
      pay: async () => Promise.reject(new Error("nothing must be paid")),
    };
    const { store } = shop.issuer;
    const { cardId } = shop.card.record;
    await cashOutCard(store, cardId, "", Date.now());
    const { name, sentence, refunded } = refusedOf(await shop.refund(undefined, never));
    expect([name, refunded]).toEqual(["card-cashed-out", 0n]);
    expect(sentence).toMatch(/cashed out, so nothing was paid; ask the customer for an invoice/);
    await retireCard(store, cardId, Date.now());
    const retired = refusedOf(await shop.refund(undefined, never));
    expect(retired.code).toBe(REFUND_REASON.CARD_RETIRED);
    for (const text of [sentence, retired.sentence]) expect(text).not.toContain(bytesToHex(cardId));
    expect(shop.store.get(shop.sale.number).refund).toBeUndefined();
  });

  it("says how much was refunded already, to a merchant that has lost its record", async () => {
    await using shop = await sold();
    await shop.refund(sat(2000));
    await shop.credited(sat(19_500));
    // As from a copy of the file that was made before.
    shop.store.refundFailed(shop.sale.number);
    shop.store.newRefundId(
      shop.sale.number,
      shop.store.get(shop.sale.number).refundId,
      new Uint8Array(16).fill(9),
    );
    expect(refusedOf(await shop.refund())).toMatchObject({
      name: "above-sale",
      refunded: sat(2000),
      sentence: "Of 2,500 sat, 2,000 sat were refunded already and 500 sat are left; try a smaller --amount.",
    });
    expect(saleOf(await shop.refund(sat(500))).refund?.state).toBe("paid");
    await shop.credited(sat(20_000));
  });

  it("needs a card, an amount of at most the sale, and a node that answers", async () => {
    await using shop = await sold();
    const { store, sale } = shop;
    await expect(shop.refund(0n)).rejects.toThrow(/need more than 0 and at most 2,500 sat, have 0 sat/);
    await expect(shop.refund(2_500_001n)).rejects.toThrow(/at most 2,500 sat, have 2,500.001 sat/);
    const { invoice, paymentHash } = await network.merchant.createInvoice({
      amount: sat(10),
      description: "scanned",
      expirySeconds: 600,
    });
    const scanned = store.create({
      ...{ amount: sat(10), description: "scanned", fiat: undefined, invoice, paymentHash },
      ...{ createdAt: 1, expiresAt: 2 },
    });
    const { node } = shop;
    await expect(refundToCard({ node, store }, scanned.number)).rejects.toThrow(/only a paid sale/);
    store.paid(scanned.number, sat(10), 3);
    await expect(refundToCard({ node, store }, scanned.number)).rejects.toMatchObject({
      message: expect.stringContaining("no card paid it that money can go back to"),
      hint: expect.stringContaining("--invoice"),
    });
    await shop.silence();
    const silent = refundNode(network.merchant, { answerTimeoutMs: SOON_MS });
    await expect(shop.refund(undefined, silent)).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringContaining("does not answer; nothing was paid"),
    });
    const gone: CardRefundNode = {
      ...node,
      requestRefund: async () => Promise.reject(new NodeError("unreachable", "connection refused")),
    };
    await expect(shop.refund(undefined, gone)).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("cannot be asked (connection refused); nothing was paid"),
      hint: expect.stringContaining("Try again later"),
    });
    expect(store.get(sale.number).refund).toBeUndefined();
  });
});
