import { type Msat, sumMsat } from "../../common/index.js";
import { shownMsat, shownSum } from "../../common/languages/shown.js";
import { RECEIPT } from "../../common/languages/spoken.js";
import type { Sale } from "./sale.js";

/** What a currency took in, as customers saw it. */
export interface CurrencyTotal {
  /** ISO 4217. */
  readonly currency: string;
  /** `1234.50` */
  readonly amount: string;
  readonly sales: number;
}

/** Totals of the sales and refunds between two closings. */
export interface DayTotals {
  /** Number of paid sales. */
  readonly paid: number;
  readonly received: Msat;
  /** Of sales that showed a price in another currency, by its code. */
  readonly currencies: readonly CurrencyTotal[];
  readonly refunds: number;
  readonly refunded: Msat;
  readonly cancelled: number;
  /** Accepted without a connection and not paid in the end: the merchant's loss, in number and amount. */
  readonly refused: number;
  readonly refusedAmount: Msat;
  /** Numbers of the first and the last sale; undefined without any. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** A day that was closed: its number and totals never change. */
export interface ClosedDay extends DayTotals {
  /** From 1, without gaps. */
  readonly z: number;
  /** Unix seconds. */
  readonly closedAt: number;
}

/** @param sales final ones; @param refunds sales whose refund was paid */
export function dayTotals(sales: readonly Sale[], refunds: readonly Sale[]): DayTotals {
  const paid = sales.filter(({ state }) => state === "paid");
  const refused = sales.filter(({ state }) => state === "refused");
  return {
    paid: paid.length,
    received: sumMsat(paid.flatMap(({ received }) => received ?? [])),
    currencies: currencyTotals(paid),
    refunds: refunds.length,
    refunded: sumMsat(refunds.flatMap(({ refund }) => refund?.amount ?? [])),
    cancelled: sales.length - paid.length - refused.length,
    refused: refused.length,
    refusedAmount: sumMsat(refused.map(({ amount }) => amount)),
    first: sales[0]?.number,
    last: sales.at(-1)?.number,
  };
}

function currencyTotals(paid: readonly Sale[]): CurrencyTotal[] {
  const found = new Map<string, { units: bigint; digits: number; sales: number }>();
  for (const { fiat = "" } of paid) {
    const [, whole, fraction = "", currency] = /^(\d+)(?:\.(\d+))? ([A-Z]{3})$/.exec(fiat) ?? [];
    if (whole === undefined || currency === undefined) continue;
    const { units, digits, sales } = found.get(currency) ?? { units: 0n, digits: 0, sales: 0 };
    const most = Math.max(digits, fraction.length);
    const own = BigInt(whole + fraction) * 10n ** BigInt(most - fraction.length);
    found.set(currency, {
      units: units * 10n ** BigInt(most - digits) + own,
      digits: most,
      sales: sales + 1,
    });
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, { units, digits, sales }]) => ({ currency, amount: decimal(units, digits), sales }));
}

function decimal(units: bigint, digits: number): string {
  if (digits === 0) return units.toString();
  const text = units.toString().padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Totals as lines of a receipt: name and value. */
export const dayRows = (day: DayTotals): readonly (readonly [string, string | undefined])[] => [
  [
    RECEIPT.day.sales,
    day.first === undefined ? undefined : RECEIPT.day.numbers(day.first, day.last ?? day.first),
  ],
  [RECEIPT.day.paid, RECEIPT.count(day.paid)],
  [RECEIPT.day.received, shownMsat(day.received)],
  ...day.currencies.map(
    ({ currency, amount, sales }) => [RECEIPT.day.inSales(sales), shownSum(`${amount} ${currency}`)] as const,
  ),
  [RECEIPT.day.refunds, day.refunds === 0 ? undefined : String(day.refunds)],
  [RECEIPT.day.refunded, day.refunds === 0 ? undefined : shownMsat(day.refunded)],
  [RECEIPT.day.refused, day.refused === 0 ? undefined : shownMsat(day.refusedAmount)],
  [RECEIPT.day.cancelled, day.cancelled === 0 ? undefined : RECEIPT.count(day.cancelled)],
];
