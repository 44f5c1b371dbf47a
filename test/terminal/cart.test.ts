import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParseError, sat } from "../../common/index.js";
import { type Cart, type CartItem, describeCart, quoteCart, soldCart } from "../../host/terminal/cart.js";
import { renderReceipt } from "../../host/terminal/index.js";

const EUR = { rate: "50000eur", currency: "eur" };
const item = (price: string, quantity = 1, name?: string): CartItem => ({ name, price, quantity });
const quote = (items: readonly CartItem[], more: Omit<Cart, "items"> = {}, rate = EUR) =>
  quoteCart({ items, ...more }, rate);

describe("a cart", () => {
  it("adds in the currency and converts once, rounded up to a whole satoshi", () => {
    // 0.01 EUR are 20 sat at 50,000; at 61,500 they are 16.26, so each alone would be 17.
    const cents = quote([item("0.01", 3), item("0.01")], {}, { rate: "61500eur", currency: "eur" });
    expect(cents).toMatchObject({ fiat: "0.04 EUR", amount: sat(66) });
    expect(cents.lines.map(({ total, amount }) => [total, amount])).toEqual([
      ["0.03 EUR", sat(49)],
      ["0.01 EUR", sat(17)],
    ]);
  });

  it("is counted in satoshi as soon as one of its lines is", () => {
    const mixed = quote([item("3.50eur", 2, "Beer"), item("2000sat", 1, "Deposit")], {
      tip: { percent: 10 },
    });
    expect(mixed).toMatchObject({
      fiat: undefined,
      goods: { amount: sat(16_000), fiat: undefined },
      tip: { percent: 10, total: "1,600 sat", amount: sat(1600) },
      amount: sat(17_600),
      isConverted: true,
    });
    expect(quote([item("2000sat")]).isConverted).toBe(false);
  });

  it.each([
    ["3.50", 10, "0.35 EUR", "3.85 EUR"],
    // Half a cent is rounded up, less is rounded down.
    ["0.50", 15, "0.08 EUR", "0.58 EUR"],
    ["0.49", 15, "0.07 EUR", "0.56 EUR"],
    ["0.10", 1, "0.00 EUR", "0.10 EUR"],
  ])("of %s with a tip of %s percent has a tip of %s", (price, percent, tip, fiat) =>
    expect(quote([item(price)], { tip: { percent } })).toMatchObject({ tip: { total: tip }, fiat }),
  );

  it("takes a tip that is a sum, in the currency or in satoshi", () => {
    expect(quote([item("3.50")], { tip: { amount: "1.50" } })).toMatchObject({
      fiat: "5.00 EUR",
      amount: sat(10_000),
      tip: { percent: undefined, total: "1.50 EUR", amount: sat(3000) },
    });
    expect(quote([item("3.50")], { tip: { amount: "100sat" } })).toMatchObject({
      amount: sat(7100),
      fiat: undefined,
    });
  });

  it("comes to its goods and its tip, whatever is in it", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            units: fc.integer({ min: 1, max: 100_000 }),
            quantity: fc.integer({ min: 1, max: 999 }),
            isSat: fc.boolean(),
          }),
          { minLength: 1, maxLength: 50 },
        ),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 900_000 }),
        (lines, percent, rate) => {
          const items = lines.map(({ units, quantity, isSat }) =>
            item(
              isSat ? `${units}sat` : `${Math.floor(units / 100)}.${String(units % 100).padStart(2, "0")}`,
              quantity,
            ),
          );
          const done = quote(items, { tip: { percent } }, { rate: `${rate}eur`, currency: "eur" });
          expect(done.goods.amount + (done.tip?.amount ?? 0n)).toBe(done.amount);
          expect(done.amount % 1000n).toBe(0n);
          // Lines are rounded up by themselves, the whole once: never more, and less than a satoshi less for each.
          const rounded = done.lines.reduce((sum, { amount }) => sum + amount, 0n);
          expect(done.goods.amount <= rounded).toBe(true);
          expect(rounded - done.goods.amount < BigInt(lines.length) * 1000n).toBe(true);
        },
      ),
      { seed: 3, numRuns: 200 },
    ));

  it.each([
    [[], {}, "items: need 1 to 50 lines, have 0"],
    [Array.from({ length: 51 }, () => item("1")), {}, "items: need 1 to 50 lines, have 51"],
    [[item("1"), item("1", 0)], {}, "items/1/quantity: need a whole number from 1 to 999, have 0"],
    [[item("1", 1.5)], {}, "items/0/quantity: need a whole number from 1 to 999, have 1.5"],
    [[item("0")], {}, "items/0/amount: need more than 0"],
    [[item("1.234")], {}, 'items/0/amount: "1.234" can be read in two ways'],
    [[item("3.5.0", 1, "Beer")], {}, "items/0/product: need a number with a unit"],
    [[item("1usd")], {}, "items/0/amount: need EUR"],
    [[item("1")], { tip: { percent: 0 } }, "tip/percent: need a whole number from 1 to 100, have 0"],
    [[item("1")], { tip: { amount: "0" } }, "tip/amount: need more than 0"],
  ] as const)("is refused with the field that is wrong (%#)", (items, more, message) => {
    expect(() => quote(items as readonly CartItem[], more)).toThrow(ParseError);
    expect(() => quote(items as readonly CartItem[], more)).toThrow(message);
  });

  it("is refused above all the bitcoin that there is, also in one line", () => {
    expect(() => quote([item("20000000btc", 999)])).toThrow("21 million bitcoin");
    expect(() => quote([item("999999999", 999)], {}, { rate: "1eur", currency: "eur" })).toThrow(
      "21 million bitcoin",
    );
  });
});

describe("what a payer sees of a cart", () => {
  const described = (items: readonly CartItem[], more: Omit<Cart, "items"> = {}) =>
    describeCart(quote(items, more), "Festival bar");

  it("is its lines, its tip and its note", () => {
    expect(
      described([item("3.50", 2, "Beer"), item("2", 1, "Water")], { tip: { percent: 10 }, note: "Table 4" }),
    ).toBe("2 x Beer, Water + 0.90 EUR (Table 4)");
    expect(described([item("3.50")])).toBe("Festival bar");
    expect(described([item("3.50")], { note: "Table 4" })).toBe("Table 4");
    expect(described([item("3.50", 2)])).toBe("2 x 3.50 EUR");
  });

  it("fits an invoice, and counts the lines that do not", () => {
    const long = described(
      Array.from({ length: 50 }, (_, at) => item("1", 2, `Größe ${at} ${"é".repeat(40)}`)),
      { note: "ü".repeat(200) },
    );
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(639);
    expect(long).toMatch(/^2 x Größe 0 .*, .* \+4\d \(ü{200}\)$/);
    const wide = described([item("1", 1, "🍺".repeat(16))], { note: "🍺".repeat(100) });
    expect(Buffer.byteLength(wide)).toBeLessThanOrEqual(639);
    expect(wide).not.toContain("�");
  });
});

it("a receipt shows the lines of a cart, its tip and its note", () => {
  const sold = quote([item("3.50", 2, "Beer"), item("4", 1, "A very long name that needs two lines")], {
    tip: { percent: 10 },
    note: "Table 4",
  });
  const lines = renderReceipt(
    {
      ...{ number: 1, amount: sold.amount, description: "not shown", fiat: sold.fiat, state: "paid" },
      ...{ paymentHash: new Uint8Array(32), createdAt: 1_800_000_000, cart: soldCart(sold) },
      ...{ cancelReason: undefined, reasonCode: undefined, paidAt: 1_800_000_060, received: sold.amount },
      ...{ acceptedAt: undefined, refund: undefined },
    },
    "Festival bar",
  ).split("\n");
  expect(lines.slice(4, 11)).toEqual([
    "2 x Beer                7.00 EUR",
    "1 x A very long name that needs",
    "two lines               4.00 EUR",
    "Tip 10 %                1.10 EUR",
    "Table 4",
    "Total                 24,200 sat",
    "                       12.10 EUR",
  ]);
});
