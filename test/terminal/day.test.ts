import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import { dayTotals, SaleStore } from "../../host/terminal/index.js";
import { newFolder } from "../../testing/hooks.js";

let made = 0;
function opened(path = join(newFolder("memory"), "sales.db")) {
  const store = new SaleStore(path);
  const sell = (fiat?: string) => {
    const serial = ++made;
    return store.create({
      amount: sat(1000),
      description: "beer",
      fiat,
      invoice: `lnbcrt${serial}`,
      paymentHash: Uint8Array.from(Buffer.from(serial.toString(16).padStart(64, "0"), "hex")),
      createdAt: 1_800_000_000 + serial,
      expiresAt: 1_800_000_600 + serial,
    }).number;
  };
  const paid = (fiat?: string) => store.paid(sell(fiat), sat(1000), 1_800_000_100).number;
  const cancelled = () => {
    const number = sell();
    store.cancelling(number, "merchant");
    return store.cancelled(number).number;
  };
  return { path, store, sell, paid, cancelled };
}

describe("a day that is closed", () => {
  it("has what is final and in no day yet, under the next number; an open sale is in a later one", () => {
    const { store, sell, paid, cancelled } = opened();
    const [first, second] = [paid("3.50 EUR"), paid("10 EUR")];
    const open = sell();
    cancelled();
    expect(store.openDay()).toMatchObject({ paid: 2, cancelled: 1 });
    expect(store.closeDay(1_800_001_000)).toEqual({
      ...{ z: 1, closedAt: 1_800_001_000, paid: 2, received: sat(2000), cancelled: 1 },
      ...{ refused: 0, refusedAmount: 0n, refunds: 0, refunded: 0n, first, last: second + 2 },
      currencies: [{ currency: "EUR", amount: "13.50", sales: 2 }],
    });
    expect(store.closeDay(1_800_002_000)).toBeUndefined();
    store.paid(open, sat(900), 1_800_002_500);
    store.refunding(first, "lnbc1", sat(300));
    expect(store.closeDay(1_800_003_000)).toMatchObject({ z: 2, paid: 1, refunds: 0 });
    store.refunded(first);
    expect(store.closeDay(1_800_004_000)).toMatchObject({
      ...{ z: 3, paid: 0, received: 0n, refunds: 1, refunded: sat(300), first: undefined },
    });
    expect(store.day(1)).toMatchObject({ paid: 2, refunds: 0 });
    expect(store.day()).toMatchObject({ z: 3 });
    expect(() => store.day(9)).toThrow(/day 9: there is none/);
    store.close();
  });

  it("is there whole or not at all when a statement of it fails, and uses no number then", () => {
    const { path, store, paid } = opened();
    const refunded = paid();
    expect(store.closeDay(1)).toMatchObject({ z: 1 });
    store.refunding(refunded, "lnbc1", sat(300));
    store.refunded(refunded);
    paid();
    store.close();
    const inFile = (sql: string) => {
      const db = new Database(path);
      db.exec(sql);
      db.close();
    };
    // The last statement of the closing fails, as on a full disk.
    inFile("create trigger full before update of refund_z on sale begin select raise(abort, 'full'); end");
    const failing = opened(path);
    expect(() => failing.store.closeDay(2)).toThrow();
    expect(failing.store.openDay()).toMatchObject({ paid: 1, refunds: 1 });
    expect(() => failing.store.day(2)).toThrow(/none of that number/);
    failing.store.close();
    inFile("drop trigger full");
    const again = opened(path);
    expect(again.store.closeDay(3)).toMatchObject({ z: 2, paid: 1, refunds: 1 });
    again.store.close();
  });

  it("adds prices of each currency without rounding", () => {
    const { store, paid } = opened();
    for (const fiat of ["0.10 EUR", "0.20 EUR", "1.234 KWD", "500 JPY", "not a price"]) paid(fiat);
    const { currencies } = store.openDay();
    expect(currencies).toEqual([
      { currency: "EUR", amount: "0.30", sales: 2 },
      { currency: "JPY", amount: "500", sales: 1 },
      { currency: "KWD", amount: "1.234", sales: 1 },
    ]);
    expect(dayTotals([], [])).toMatchObject({ paid: 0, received: msat(0n), currencies: [] });
    store.close();
  });
});
