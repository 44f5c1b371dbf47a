import { bytesToHex, type CsvForm, csvText } from "../../common/index.js";
import { type NodeStanding, nodeStandings } from "../ledger/nodes.js";
import type { Account, BookingKind } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { cardIdOf, milliseconds } from "../store/values.js";
import { eachAuthorization } from "./authorizations.js";

/** Payments to one payee with one card on one day. The sums are of any size: money goes round. */
export interface SpendingRow {
  /** `2026-11-22`, of the report's time zone. */
  readonly day: string;
  /** Node id, lower-case hex. */
  readonly payee: string;
  readonly card: bigint;
  readonly payments: number;
  readonly amount: bigint;
  /** Routing fees, borne by card or issuer. */
  readonly fees: bigint;
}

/** Payments of one day, payee or card. */
export interface SpendingSum {
  readonly payments: number;
  readonly amount: bigint;
  readonly fees: bigint;
}

/** What all cards together have in the books, at the time of the report: sums over time, of any size. */
export interface Books {
  /** Paid in by people, all time, less what was reversed. */
  readonly paidIn: bigint;
  /** Credited to cards for sales that merchants refunded. */
  readonly refunded: bigint;
  readonly paidOut: bigint;
  readonly settled: bigint;
  /** Routing fees of all settled payments. */
  readonly fees: bigint;
  /** What of them cards bore; the rest is the issuer's. */
  readonly feesCharged: bigint;
  /** Set aside on cards for the fees of payments in flight. */
  readonly heldForFees: bigint;
  /** Payments in flight. */
  readonly reserved: bigint;
  /** On the cards: paid in, not spent, not paid out. */
  readonly left: bigint;
  /** Paid by the node without an authorization, fees included. */
  readonly unmatched: bigint;
  /** Paid from the guarantee, all time, payments that failed included. */
  readonly guaranteed: bigint;
  /** What cards owe of it. */
  readonly owed: bigint;
}

/** Settled payments within the time asked for, and the books. */
export interface SpendingReport {
  readonly rows: readonly SpendingRow[];
  readonly total: SpendingSum;
  readonly days: ReadonlyMap<string, SpendingSum>;
  readonly payees: ReadonlyMap<string, SpendingSum>;
  readonly cards: ReadonlyMap<bigint, SpendingSum>;
  /** Of each node of the ledger: what it paid within the time asked for, and how it stands now. */
  readonly nodes: readonly (NodeStanding & { readonly spent: SpendingSum })[];
  readonly books: Books;
}

export interface SpendingQuestion {
  /** Settled at or after, and before; Unix milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** IANA name. */
  readonly timeZone: string;
}

/** The day of a time in a time zone, as `2026-11-22`. */
export function dayIn(timeZone: string): (time: number) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (time) => format.format(time);
}

/**
 * What was paid by day, payee and card, on one unchanging snapshot of the ledger.
 * @throws StoreError
 */
export async function spendingReport(
  store: Store,
  { from = 0, to = Number.MAX_SAFE_INTEGER, timeZone }: SpendingQuestion,
): Promise<SpendingReport> {
  const dayOf = dayIn(timeZone);
  const report = async (tx: Tx): Promise<SpendingReport> => {
    const rows = new Map<string, SpendingRow>();
    const byNode = new Map<bigint, SpendingSum>();
    for await (const found of eachAuthorization(tx, { state: "settled" })) {
      const at = milliseconds(found.resolved_at ?? found.decided_at);
      if (at < from || at >= to) continue;
      const paid = { payments: 1, amount: found.amount, fees: found.fee ?? 0n };
      byNode.set(found.node, add(byNode.get(found.node) ?? NOTHING, paid));
      const day = dayOf(at);
      const payee = found.payee.toString("hex");
      const key = `${day} ${payee} ${bytesToHex(cardIdOf(found.card))}`;
      rows.set(key, { day, payee, card: found.card, ...add(rows.get(key) ?? NOTHING, paid) });
    }
    const all = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return {
      rows: all,
      total: all.reduce<SpendingSum>(add, NOTHING),
      days: sums(all, (row) => row.day),
      payees: sums(all, (row) => row.payee),
      cards: sums(all, (row) => row.card),
      nodes: (await nodeStandings(tx)).map((one) => ({ ...one, spent: byNode.get(one.node) ?? NOTHING })),
      books: await readBooks(tx),
    };
  };
  return await store.read(report, { long: true });
}

const NOTHING: SpendingSum = { payments: 0, amount: 0n, fees: 0n };

const add = (a: SpendingSum, b: SpendingSum): SpendingSum => ({
  payments: a.payments + b.payments,
  amount: a.amount + b.amount,
  fees: a.fees + b.fees,
});

function sums<K>(rows: readonly SpendingRow[], key: (row: SpendingRow) => K): Map<K, SpendingSum> {
  const found = new Map<K, SpendingSum>();
  for (const row of rows) found.set(key(row), add(found.get(key(row)) ?? NOTHING, row));
  return found;
}

/** What the books say now. @throws StoreError */
export async function readBooks(tx: Tx): Promise<Books> {
  const lines = await tx
    .selectFrom("bookings")
    .select((eb) => ["kind", "account", eb.fn.sum<bigint>("amount").as("amount")])
    .groupBy(["kind", "account"])
    .execute();
  const sum = (account: Account, kind?: BookingKind): bigint =>
    lines
      .filter((line) => line.account === account && (kind === undefined || line.kind === kind))
      .reduce((total, line) => total + BigInt(line.amount), 0n);
  return {
    paidIn: -sum("external"),
    refunded: -sum("refunds"),
    paidOut: sum("cash-out"),
    settled: sum("settled"),
    fees: sum("fees"),
    feesCharged: sum("charged"),
    heldForFees: sum("held"),
    reserved: sum("reserved"),
    left: sum("funded"),
    unmatched: sum("unmatched"),
    guaranteed: -sum("guarantee", "guarantee"),
    owed: -sum("guarantee"),
  };
}

/**
 * The rows of a report as CSV.
 * @param cardName how a card is written; @param names what payees and cards are called
 */
export function spendingCsv(
  { rows }: SpendingReport,
  cardName: (card: bigint) => string,
  names: {
    readonly payees: Readonly<Record<string, string>>;
    readonly labels: ReadonlyMap<bigint, string>;
  },
  form?: CsvForm,
): string {
  return csvText(
    ["day", "payee", "payee_name", "card", "label", "payments", "amount_msat", "fees_msat"],
    rows.map(({ day, payee, card, payments, amount, fees }) => [
      day,
      payee,
      names.payees[payee] ?? "",
      cardName(card),
      names.labels.get(card) ?? "",
      String(payments),
      amount,
      fees,
    ]),
    form,
  );
}
