import { sql } from "kysely";
import type { Store } from "../store/types.js";

/** Payments of one hour, or of one stall. */
export interface HourSum {
  readonly payments: bigint;
  /** Millisatoshi. */
  readonly amount: bigint;
}

/** What was paid within one hour of the clock on the wall. */
export interface HourRow extends HourSum {
  /** When it began, Unix milliseconds. */
  readonly at: number;
  /** Amounts by payee (node id, lower-case hex), millisatoshi; what the smaller ones got together stands under "". */
  readonly byPayee: ReadonlyMap<string, bigint>;
}

/** Spending by hour and payee. */
export interface HourReport {
  /** Every hour of the time asked for, those without payments too. */
  readonly hours: readonly HourRow[];
  /** The payees that got most, greatest first; "" stands for all others. */
  readonly payees: ReadonlyMap<string, HourSum>;
}

/** Time zones differ from UTC by whole quarters of an hour. */
const QUARTER_MS = 900_000;
/** Payees that stand alone. */
const MAX_PAYEES = 8;

/**
 * What was settled by hour and payee. The database sums up quarters of an hour, so that the answer does not grow with
 * the number of payments.
 * @param span Unix milliseconds, `to` excluded; both at a full hour of the time zone
 * @throws StoreError
 */
export async function spendingByHour(
  store: Store,
  { from, to, timeZone }: { readonly from: number; readonly to: number; readonly timeZone: string },
): Promise<HourReport> {
  const rows = await store.read(
    (tx) =>
      tx
        .selectFrom("authorizations")
        .select([sql<bigint>`resolved_at / ${sql.lit(QUARTER_MS)}`.as("quarter"), "payee"])
        .select((eb) => eb.fn.countAll<bigint>().as("payments"))
        .select((eb) => eb.fn.sum<bigint | string>("amount").as("amount"))
        .where("state", "=", "settled")
        .where("resolved_at", ">=", BigInt(from))
        .where("resolved_at", "<", BigInt(to))
        .groupBy([sql`resolved_at / ${sql.lit(QUARTER_MS)}`, "payee"])
        .execute(),
    { long: true },
  );
  const all = new Map<string, HourSum>();
  for (const { payee, payments, amount } of rows) {
    const name = payee.toString("hex");
    all.set(name, add(all.get(name), { payments: BigInt(payments), amount: BigInt(amount) }));
  }
  const greatest = [...all].sort(([, a], [, b]) => (a.amount > b.amount ? -1 : a.amount < b.amount ? 1 : 0));
  const apart = new Set(greatest.slice(0, MAX_PAYEES).map(([name]) => name));
  const payees = new Map<string, HourSum>();
  for (const [name, sum] of greatest) {
    const under = apart.has(name) ? name : "";
    payees.set(under, add(payees.get(under), sum));
  }
  return { hours: hoursOf(rows, { from, to, timeZone }, apart), payees };
}

interface QuarterRow {
  readonly quarter: bigint;
  readonly payee: Buffer;
  readonly payments: bigint;
  readonly amount: bigint | string;
}

function hoursOf(
  rows: readonly QuarterRow[],
  { from, to, timeZone }: { readonly from: number; readonly to: number; readonly timeZone: string },
  apart: ReadonlySet<string>,
): HourRow[] {
  const minuteOf = new Intl.DateTimeFormat("en-US", { timeZone, minute: "numeric" });
  const startOf = (time: number): number =>
    time - 60_000 * Number.parseInt(minuteOf.format(time).replace(/\D/g, ""), 10);
  const hours = new Map<number, HourSum & { byPayee: Map<string, bigint> }>();
  for (let at = startOf(from); at < to; at += 4 * QUARTER_MS)
    hours.set(at, { payments: 0n, amount: 0n, byPayee: new Map() });
  for (const { quarter, payee, payments, amount } of rows) {
    const at = startOf(QUARTER_MS * Number.parseInt(quarter.toString(), 10));
    const name = payee.toString("hex");
    const under = apart.has(name) ? name : "";
    const { byPayee, ...before } = hours.get(at) ?? { payments: 0n, amount: 0n, byPayee: new Map() };
    byPayee.set(under, (byPayee.get(under) ?? 0n) + BigInt(amount));
    hours.set(at, { ...add(before, { payments: BigInt(payments), amount: BigInt(amount) }), byPayee });
  }
  return [...hours].sort(([a], [b]) => a - b).map(([at, row]) => ({ at, ...row }));
}

const add = (a: HourSum | undefined, b: HourSum): HourSum => ({
  payments: (a?.payments ?? 0n) + b.payments,
  amount: (a?.amount ?? 0n) + b.amount,
});
