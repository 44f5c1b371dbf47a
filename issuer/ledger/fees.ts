import type { Policy } from "../policy/schema.js";
import { addMany, findMany, updateMany } from "../store/many.js";
import type { LoadSide } from "../store/schema.js";
import type { Change, FindStatement } from "../store/types.js";
import { NO_LIMIT_STORED } from "../store/values.js";

/** Routing fees are summed by whole hours, so that a sum over 30 days reads at most 721 rows. */
const HOUR = 3_600_000n;
const DAY = 24n * HOUR;
const MONTH = 30n * DAY;

const hourOf = (at: bigint): bigint => at / HOUR;

/**
 * Routing fees reserved and not corrected, or paid, in the periods that end now. The hour in which a period begins
 * counts whole: never less than 24 hours and 30 days.
 */
export interface FeesInPeriods {
  readonly fees24h: bigint;
  readonly fees30d: bigint;
}

/**
 * The same of the whole issuer, of all processes that share the database, with what its limits are compared with: fees
 * of all nodes, and the payments of one.
 */
export interface IssuerLoad extends FeesInPeriods {
  /** Fees reserved since the ledger began. */
  readonly reserved_fees: bigint;
  /** Payments that were reserved for the node since it was added; null: it is not in use. */
  readonly reserved_payments: bigint | null;
  /** Payments settled or voided after they were reserved. */
  readonly resolved_payments: bigint | null;
}

/** What all fees, and all payments of this process's node, that were ever reserved may come to, as {@link IssuerLoad} has them. */
export interface Ceiling {
  readonly node: bigint;
  readonly payments: bigint;
  readonly fees: bigint;
}

/** A fee counted for a card at the hour in which its payment was decided. */
export interface CountedFee {
  readonly card: bigint;
  /** That pays. */
  readonly node: bigint;
  /** Of the authorization, Unix milliseconds. */
  readonly decidedAt: bigint;
  readonly amount: bigint;
}

export const NO_FEES: FeesInPeriods = { fees24h: 0n, fees30d: 0n };
export const NO_LOAD: IssuerLoad = {
  ...NO_FEES,
  reserved_fees: 0n,
  reserved_payments: null,
  resolved_payments: null,
};

/** The fees of a card, as a query for one row of {@link FeesInPeriods}. */
export const cardFees = (p: Readonly<Record<"card" | "day" | "month", string>>): string =>
  `select cast(coalesce(sum(case when hour >= ${p.day} then amount end), 0) as bigint) as fees24h,
      cast(coalesce(sum(amount), 0) as bigint) as fees30d
    from card_fees where card = ${p.card} and hour >= ${p.month}`;

/** The fees of the issuer and the payments of a node: the same work however many cards and payments there are. */
export const ISSUER_LOAD: FindStatement<"day" | "month" | "node", IssuerLoad> = findMany(
  { day: "int", month: "int", node: "int" },
  {
    fees24h: "int",
    fees30d: "int",
    reserved_fees: "int",
    reserved_payments: "int",
    resolved_payments: "int",
  },
  (p) => {
    const net = "case when side = 'reserved' then amount else -amount end";
    const since = (hour: string) =>
      `cast(coalesce((select sum(${net}) from issuer_fees where hour >= ${hour}), 0) as bigint)`;
    return `select ${since(p.day)} as fees24h, ${since(p.month)} as fees30d,
      t.fees as reserved_fees,
      (select payments from node_totals where node = ${p.node} and side = 'reserved') as reserved_payments,
      (select payments from node_totals where node = ${p.node} and side = 'resolved') as resolved_payments
      from totals t where t.side = 'reserved'`;
  },
);

/** Parameters of both for the periods that end at a time. @param now Unix milliseconds */
export const periodsBefore = (now: bigint) => ({ day: hourOf(now - DAY), month: hourOf(now - MONTH) });

const ADD_CARD_FEE = addMany("card_fees", { card: "int", hour: "int", amount: "int" }, ["card", "hour"]);
const ADD_ISSUER_FEE = addMany("issuer_fees", { hour: "int", side: "text", amount: "int" }, ["hour", "side"]);
const ADD_FEES = updateMany(
  "totals",
  { side: "text", fees: "int", max: "int" },
  ["side"],
  (p) => `fees = totals.fees + ${p.fees}`,
  (p) => `totals.fees + ${p.fees} <= ${p.max}`,
);
const ADD_PAYMENTS = updateMany(
  "node_totals",
  { node: "int", side: "text", payments: "int", max: "int" },
  ["node", "side"],
  (p) => `payments = node_totals.payments + ${p.payments}`,
  (p) => `node_totals.payments + ${p.payments} <= ${p.max}`,
);

/** What a card's own budgets of fees have left. Never below 0. */
export const cardFeesLeft = (policy: Policy, { fees24h, fees30d }: FeesInPeriods): bigint =>
  least(policy.maxFeesPer24h - fees24h, policy.maxFeesPer30d - fees30d);

/** What the issuer's budgets of fees have left. Never below 0. */
export const issuerFeesLeft = (
  budget: { readonly maxFeesPer24h: bigint; readonly maxFeesPer30d: bigint },
  { fees24h, fees30d }: FeesInPeriods,
): bigint => least(budget.maxFeesPer24h - fees24h, budget.maxFeesPer30d - fees30d);

/** The least of some amounts, 0 where one is below it. */
export const least = (first: bigint, ...others: readonly bigint[]): bigint => {
  const found = others.reduce((a, b) => (b < a ? b : a), first);
  return found < 0n ? 0n : found;
};

/**
 * Changes that count payments which are reserved now with their highest fees, and free what is left of the fees of
 * those that are resolved now. What was reserved was decided on an {@link IssuerLoad} that another service may have
 * raised meanwhile: where the ceiling would be passed, or the node was retired, the change of the totals finds no row, and
 * nothing is kept.
 * @param resolved `amount` is the fee reserved less the fee paid
 */
export function feeChanges({
  reserved = [],
  resolved,
  ceiling,
}: {
  readonly reserved?: readonly CountedFee[];
  readonly resolved: readonly CountedFee[];
  readonly ceiling?: Ceiling;
}): Change<never>[] {
  const changes: Change<never>[] = [
    {
      statement: ADD_CARD_FEE,
      rows: byCardAndHour([...reserved, ...resolved.map((fee) => ({ ...fee, amount: -fee.amount }))]),
    },
    { statement: ADD_ISSUER_FEE, rows: [...byHour("reserved", reserved), ...byHour("resolved", resolved)] },
  ];
  for (const [side, fees] of [
    ["reserved", reserved],
    ["resolved", resolved],
  ] as const) {
    if (fees.length === 0) continue;
    const sum = fees.reduce((total, { amount }) => total + amount, 0n);
    const max = side === "reserved" && ceiling ? ceiling.fees : NO_LIMIT_STORED;
    changes.push({ statement: ADD_FEES, rows: [{ side, fees: sum, max }] });
    changes.push({ statement: ADD_PAYMENTS, rows: byNode(side, fees, ceiling) });
  }
  return changes;
}

/** In the order of the nodes, so that two processes cannot wait for each other in a circle. */
function byNode(side: LoadSide, fees: readonly CountedFee[], ceiling: Ceiling | undefined) {
  const counts = new Map<bigint, bigint>();
  for (const { node } of fees) counts.set(node, (counts.get(node) ?? 0n) + 1n);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, payments]) => {
      const isBounded = side === "reserved" && node === ceiling?.node;
      return { node, side, payments, max: isBounded ? ceiling.payments : NO_LIMIT_STORED };
    });
}

function byCardAndHour(fees: readonly CountedFee[]) {
  const sums = new Map<string, { card: bigint; hour: bigint; amount: bigint }>();
  for (const { card, decidedAt, amount } of fees) {
    const hour = hourOf(decidedAt);
    const name = `${card}:${hour}`;
    sums.set(name, { card, hour, amount: (sums.get(name)?.amount ?? 0n) + amount });
  }
  return [...sums.values()].filter(({ amount }) => amount !== 0n);
}

function byHour(side: LoadSide, fees: readonly CountedFee[]) {
  const sums = new Map<bigint, bigint>();
  for (const { decidedAt, amount } of fees)
    sums.set(hourOf(decidedAt), (sums.get(hourOf(decidedAt)) ?? 0n) + amount);
  return [...sums].filter(([, amount]) => amount !== 0n).map(([hour, amount]) => ({ hour, side, amount }));
}
