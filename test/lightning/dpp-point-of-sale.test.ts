import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, sat, ValueError } from "../../common/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import {
  DeputyError,
  deputyPreimage,
  MAX_OPEN_SALES,
  makeDeputyInvoice,
  PointOfSale,
  SaleFile,
} from "../../lightning/dpp/index.js";
import { newFolder } from "../../testing/hooks.js";
import { PROFILE, TIME } from "./dpp-terminal.js";

let folder = "";
let store: SaleFile;
let now = TIME;
let shop: PointOfSale;

const open = (graceSeconds?: number): PointOfSale =>
  new PointOfSale({
    store,
    makeInvoice: (request) => makeDeputyInvoice(PROFILE, request, { now: () => now }),
    now: () => now,
    ...(graceSeconds === undefined ? {} : { graceSeconds }),
  });

beforeEach(() => {
  folder = newFolder();
  store = new SaleFile(join(folder, "sales.sqlite"));
  now = TIME;
  shop = open();
});
afterEach(() => {
  store.end();
});

const beer = { amount: sat(2500), description: "beer" };

/** What the payer gets for paying: the recipient's computation. */
function pay(invoice: string): Uint8Array {
  const { metadata } = decodeInvoice(invoice);
  if (!metadata) throw new Error("no metadata");
  return deputyPreimage(PROFILE.terminalKey, metadata);
}
const flipped = (preimage: Uint8Array, at = 0) => preimage.with(at, (preimage[at] ?? 0) ^ 1);

describe("an offline point of sale", () => {
  it("opens a sale once for the right preimage", () => {
    const sale = shop.sell(beer);
    const preimage = pay(sale.invoice);
    now += 30;
    expect(shop.openSales()).toHaveLength(1);
    expect(shop.accept(flipped(preimage))).toEqual({ result: "unknown" });
    expect(shop.accept(flipped(preimage, 31))).toEqual({ result: "unknown" });
    const paid = { ...sale, state: "paid", closedAt: now };
    expect(shop.accept(preimage)).toEqual({ result: "accepted", sale: paid });
    expect(shop.accept(preimage)).toEqual({ result: "already-used", sale: paid });
    expect(shop.openSales()).toEqual([]);
    expect(shop.closedSales()).toEqual([paid]);
  });

  it("opens nothing a second time after a restart", () => {
    const preimage = pay(shop.sell(beer).invoice);
    const other = shop.sell({ ...beer, description: "wine" });
    expect(shop.accept(preimage).result).toBe("accepted");
    store.end();
    store = new SaleFile(join(folder, "sales.sqlite"));
    shop = open();
    expect(shop.accept(preimage).result).toBe("already-used");
    expect(shop.accept(pay(other.invoice))).toMatchObject({
      result: "accepted",
      sale: { description: "wine", amount: sat(2500) },
    });
  });

  it("keeps open sales apart", () => {
    const sales = Array.from({ length: 5 }, (_, i) => shop.sell({ ...beer, description: `beer ${i}` }));
    for (const sale of [...sales].reverse())
      expect(shop.accept(pay(sale.invoice))).toMatchObject({
        result: "accepted",
        sale: { description: sale.description },
      });
  });

  it("takes a preimage until the grace is over, not longer", () => {
    const late = pay(shop.sell({ ...beer, expirySeconds: 60 }).invoice);
    now = TIME + 60 + 119;
    expect(shop.openSales()).toHaveLength(1);
    now = TIME + 60 + 120;
    expect(shop.openSales()).toEqual([]);
    expect(shop.accept(late).result).toBe("expired");
    now = TIME + 60 + 119;
    expect(shop.accept(late).result).toBe("accepted");
  });

  it("without grace ends with the invoice", () => {
    shop = open(0);
    const preimage = pay(shop.sell({ ...beer, expirySeconds: 60 }).invoice);
    now = TIME + 60;
    expect(shop.accept(preimage).result).toBe("expired");
  });

  it("opens nothing for a cancelled sale", () => {
    const sale = shop.sell(beer);
    expect(shop.cancel(sale.paymentHash)).toBe(true);
    expect(shop.cancel(sale.paymentHash)).toBe(false);
    expect(shop.accept(pay(sale.invoice)).result).toBe("cancelled");
    expect(shop.openSales()).toEqual([]);
  });

  it("has room for a bounded number of sales, and finds it again when they expire", () => {
    for (let i = 0; i < MAX_OPEN_SALES; i++) shop.sell({ ...beer, expirySeconds: 60 });
    expect(() => shop.sell(beer)).toThrow(DeputyError);
    expect(() => shop.sell(beer)).toThrow("256 sales are open");
    now += 60 + 120 + 1;
    const preimage = pay(shop.sell(beer).invoice);
    expect(shop.openSales()).toHaveLength(1);
    expect(shop.accept(preimage).result).toBe("accepted");
  });

  it("does not let the payer choose the amount unless asked", () => {
    expect(() => shop.sell({ description: "tip" })).toThrow("the sale has no amount");
    expect(() => shop.sell({ description: "tip", amount: sat(0) })).toThrow(ValueError);
    const sale = shop.sell({ description: "tip", allowAmountless: true });
    expect(decodeInvoice(sale.invoice).amount).toBeUndefined();
    expect(shop.accept(pay(sale.invoice)).result).toBe("accepted");
  });

  it.each([0, -1, 1.5, 86_401, Number.NaN])("refuses to sell for %d seconds", (expirySeconds) => {
    expect(() => shop.sell({ ...beer, expirySeconds })).toThrow(ValueError);
    expect(shop.openSales()).toEqual([]);
  });

  it("refuses descriptions that do not fit, and keeps nothing of such a sale", () => {
    expect(() => shop.sell({ ...beer, description: "x".repeat(640) })).toThrow("639 bytes");
    expect(shop.openSales()).toEqual([]);
  });

  it.each([0, 31, 33, 65_536])("refuses a preimage of %d bytes", (length) => {
    expect(() => shop.accept(new Uint8Array(length))).toThrow(ValueError);
  });

  it("never writes a preimage or a key to its file", () => {
    const preimage = pay(shop.sell(beer).invoice);
    shop.accept(preimage);
    const file = bytesToHex(readFileSync(join(folder, "sales.sqlite")));
    for (const secret of [preimage, PROFILE.terminalKey, PROFILE.payeeKey])
      expect(file).not.toContain(bytesToHex(secret));
  });

  it("makes a different invoice every time", () => {
    const made = Array.from({ length: 20 }, () => shop.sell(beer));
    expect(new Set(made.map(({ paymentHash }) => bytesToHex(paymentHash))).size).toBe(20);
  });

  it("agrees with a model, whatever is done in which order", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("sell" as const), seconds: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ do: fc.constantFrom("accept" as const, "cancel" as const), pick: fc.nat({ max: 9 }) }),
      fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: -50, max: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const model: { invoice: string; hash: Uint8Array; ends: number; state: string }[] = [];
        for (const action of steps) {
          if (action.do === "wait") now += action.seconds;
          else if (action.do === "sell") {
            const sale = shop.sell({ ...beer, expirySeconds: action.seconds });
            model.push({
              invoice: sale.invoice,
              hash: sale.paymentHash,
              ends: now + action.seconds + 120,
              state: "open",
            });
          } else {
            const sale = model[action.pick % Math.max(1, model.length)];
            if (!sale) continue;
            if (action.do === "cancel") {
              expect(shop.cancel(sale.hash)).toBe(sale.state === "open");
              if (sale.state === "open") sale.state = "cancelled";
              continue;
            }
            const over = now >= sale.ends;
            const wanted = {
              open: over ? "expired" : "accepted",
              paid: "already-used",
              cancelled: "cancelled",
            }[sale.state];
            expect(shop.accept(pay(sale.invoice)).result).toBe(wanted);
            if (wanted === "accepted") sale.state = "paid";
          }
        }
        for (const { hash } of model) shop.cancel(hash);
      }),
      { seed: 61, numRuns: 25 },
    );
  });
});
