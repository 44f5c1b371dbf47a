import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Msat, msat, sat } from "../../common/index.js";
import { refundSale, type Sale, SaleError, SaleStore } from "../../host/terminal/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { testCardInvoice } from "../../testing/cards/test-card.js";

let network: LittleNetwork;
let store: SaleStore;
let total: bigint;
beforeAll(async () => {
  network = await startLittleNetwork();
  const { outbound, inbound } = await network.merchant.info();
  total = outbound + inbound;
});
afterAll(() => network.close());
beforeEach(() => {
  store = new SaleStore(":memory:");
});
afterEach(() => store.close());

/** A sale over 2,500 sat that is paid. */
async function paidSale(): Promise<Sale> {
  const request = { amount: sat(2500), description: "beer", expirySeconds: 600 };
  const created = await network.merchant.createInvoice(request);
  const { number } = store.create({ ...request, ...created, fiat: undefined, createdAt: 1 });
  await network.payer.pay({ invoice: created.invoice, maxFee: sat(10) });
  return store.paid(number, sat(2500), 2);
}
const customersInvoice = async (amount: Msat | undefined = sat(2500), expirySeconds = 600) =>
  (
    await network.payer.createInvoice({
      ...(amount === undefined ? {} : { amount }),
      description: "back",
      expirySeconds,
    })
  ).invoice;
/** The merchant's node, with one method in other hands. */
const merchantWith = (pay: LightningNode["pay"]): LightningNode =>
  new Proxy(network.merchant as LightningNode, {
    get: (node, name) => {
      const value = Reflect.get(node, name);
      return name === "pay" ? pay : typeof value === "function" ? value.bind(node) : value;
    },
  });
const refund = (sale: Sale, invoice: string, node: LightningNode = network.merchant) =>
  refundSale({ node, store }, sale.number, invoice);
/** What the merchant's node can send when no payment is in flight: both ends add up to what they were then. */
const outbound = async (): Promise<bigint> => {
  for (;;) {
    const { outbound, inbound } = await network.merchant.info();
    if (outbound + inbound === total) return outbound;
    await sleep(10);
  }
};

describe("a refund", () => {
  it("is paid, once, however often it is asked for", async () => {
    const sale = await paidSale();
    const invoice = await customersInvoice();
    const before = await outbound();
    const done = await refund(sale, invoice);
    expect(done.refund).toEqual({ invoice, amount: sat(2500), state: "paid", to: "invoice" });
    expect(await refund(sale, invoice)).toEqual(done);
    await expect(refund(sale, await customersInvoice())).rejects.toThrow(/a refund of it was started before/);
    expect(await outbound()).toBe(before - sat(2500));
  });

  it("may be a part", async () => {
    const sale = await paidSale();
    expect((await refund(sale, await customersInvoice(msat(1n)))).refund?.amount).toBe(1n);
  });

  it("is durable before the money leaves, and goes on after a crash with the same payment", async () => {
    const sale = await paidSale();
    const invoice = await customersInvoice();
    const before = await outbound();
    const dying = merchantWith(async (request) => {
      expect(store.get(sale.number).refund?.state).toBe("pending");
      await network.merchant.pay(request);
      throw new NodeError("closed", "the node was killed");
    });
    await expect(refund(sale, invoice, dying)).rejects.toThrow("the node was killed");
    expect(store.pendingRefunds()).toHaveLength(1);
    expect((await refund(sale, invoice)).refund?.state).toBe("paid");
    expect(await outbound()).toBe(before - sat(2500));
  });

  it("goes on after a crash also when its invoice has expired meanwhile: it fails, and another may be given", async () => {
    const sale = await paidSale();
    const invoice = await customersInvoice(sat(2500), 1);
    store.refunding(sale.number, invoice, sat(2500));
    const { expiresAt } = decodeInvoice(invoice);
    await expect.poll(() => Date.now() / 1000 > expiresAt).toBe(true);
    await expect(refund(sale, invoice)).rejects.toThrow(/could not be paid/);
    expect(store.get(sale.number).refund).toBeUndefined();
    expect((await refund(sale, await customersInvoice())).refund?.state).toBe("paid");
  });

  it("whose outcome is not known stays pending", async () => {
    const sale = await paidSale();
    const invoice = await customersInvoice();
    const slow = merchantWith(async () => ({ state: "unknown" }));
    expect((await refund(sale, invoice, slow)).refund?.state).toBe("pending");
    expect((await refund(sale, invoice)).refund?.state).toBe("paid");
  });

  it("that cannot be paid is forgotten and says so", async () => {
    const sale = await paidSale();
    // Nobody knows the way to that payee.
    const { invoice } = testCardInvoice(sat(100), { timestamp: Math.floor(Date.now() / 1000) });
    await expect(refund(sale, invoice)).rejects.toMatchObject({
      code: "bad-refund",
      hint: /another invoice/,
    });
    expect(store.get(sale.number).refund).toBeUndefined();
    expect((await refund(sale, await customersInvoice())).refund?.state).toBe("paid");
  });

  it.each<NodeErrorCode>(["bad-invoice", "bad-request", "network"])(
    "to an invoice that the node cannot use (%s) does not stand in the way of another",
    async (code) => {
      const sale = await paidSale();
      const unable = merchantWith(async () => {
        throw new NodeError(code, "cannot use this invoice");
      });
      await expect(refund(sale, await customersInvoice(), unable)).rejects.toThrow(SaleError);
      expect(store.get(sale.number).refund).toBeUndefined();
    },
  );

  it("is refused before anything is sent", async () => {
    const sale = await paidSale();
    const other =
      "lnbc25m1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5vdhkven9v5sxyetpdeessp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygs9q5sqqqqqqqqqqqqqqqqsgq2a25dxl5hrntdtn6zvydt7d66hyzsyhqs4wdynavys42xgl6sgx9c4g7me86a27t07mdtfry458rtjr0v92cnmswpsjscgt2vcse3sgpz3uapa";
    const never = merchantWith(async () => {
      throw new Error("nothing must be sent");
    });
    await expect(refund(sale, other, never)).rejects.toThrow(/network|bc/);
    await expect(refund(sale, await customersInvoice(msat(2_500_001n)), never)).rejects.toThrow(
      /at most 2,500 sat/,
    );
    const amountless = await network.payer.createInvoice({ description: "back", expirySeconds: 600 });
    await expect(refund(sale, amountless.invoice, never)).rejects.toThrow(/amount/);
    await expect(refund(sale, "lnbcrt1", never)).rejects.toThrow();
    await expect(refundSale({ node: never, store }, 99, await customersInvoice())).rejects.toThrow(
      /there is none/,
    );
    const open = store.create({
      amount: sat(1),
      description: "",
      fiat: undefined,
      invoice: "open",
      paymentHash: new Uint8Array(32),
      createdAt: 1,
      expiresAt: 2,
    });
    await expect(refund(open, await customersInvoice(), never)).rejects.toThrow(/only a paid sale/);
    expect(store.get(sale.number).refund).toBeUndefined();
  });

  it("to an invoice that was paid before is no refund: the node would not pay it twice", async () => {
    const [first, second] = [await paidSale(), await paidSale()];
    const invoice = await customersInvoice();
    await refund(first, invoice);
    await expect(refund(second, invoice)).rejects.toThrow(/paid before/);
    expect(store.get(second.number).refund).toBeUndefined();
  });
});
