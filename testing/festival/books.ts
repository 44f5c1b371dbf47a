import type { Grounds } from "./grounds.js";

/** What all shops together have in their own books. Amounts in msat. */
export interface Takings {
  readonly paid: number;
  readonly received: bigint;
  readonly unfinished: number;
  readonly refunded: bigint;
  /** Sales that an issuer refused, by reason. */
  readonly declined: Readonly<Record<string, number>>;
  /** Sales that were cancelled and never asked for. */
  readonly givenUp: number;
}

interface ShopReport {
  readonly totals: {
    readonly paid: number;
    readonly received: string;
    readonly unfinished: number;
    readonly refunded: string;
  };
  readonly sales: readonly {
    readonly number: number;
    readonly amount: string;
    readonly state: string;
    readonly reason?: string;
    readonly refunded?: string;
  }[];
}

interface ReportData {
  readonly total: { readonly payments: number; readonly amount: string };
  readonly books: Readonly<
    Record<"paidIn" | "paidOut" | "settled" | "fees" | "reserved" | "left" | "refunded", string>
  >;
  readonly payees: readonly { readonly payee: string; readonly amount: string }[];
  readonly node?: {
    readonly compared: number;
    readonly settled: { readonly amount: string };
    readonly differences: readonly object[];
  };
}

/** What `chequecard report` says. */
export const report = async (grounds: Grounds, ...options: string[]): Promise<ReportData> =>
  (await grounds.ask("report", ...options)) as unknown as ReportData;

/** What a shop's own report says of a local day. */
export const shopReport = async (grounds: Grounds, shop: number, day: string): Promise<ShopReport> =>
  (await grounds.run([
    ...["terminal", "report", "--node", grounds.shop(shop), "--day", day],
  ])) as unknown as ShopReport;

/** Sums the shops' own reports. @param days on which they sold */
export async function takingsOf(grounds: Grounds, shop: number, days: readonly string[]): Promise<Takings> {
  let found: Omit<Takings, "declined"> = { paid: 0, received: 0n, unfinished: 0, refunded: 0n, givenUp: 0 };
  const declined: Record<string, number> = {};
  for (const day of days) {
    const { totals, sales } = await shopReport(grounds, shop, day);
    const cancelled = sales.filter(({ state }) => state === "cancelled");
    const givenUp = cancelled.filter(({ reason }) => reason === "merchant");
    for (const { reason = "unknown" } of cancelled.filter((sale) => !givenUp.includes(sale)))
      declined[reason] = (declined[reason] ?? 0) + 1;
    found = {
      paid: found.paid + totals.paid,
      received: found.received + BigInt(totals.received),
      unfinished: found.unfinished + totals.unfinished,
      refunded: found.refunded + BigInt(totals.refunded),
      givenUp: found.givenUp + givenUp.length,
    };
  }
  return { ...found, declined };
}

/** The local days since a time. */
export function daysSince(started: Date): string[] {
  const days = new Set<string>();
  for (let time = started.getTime(); ; time += 3_600_000) {
    const day = new Date(Math.min(time, Date.now()));
    const two = (value: number) => String(value).padStart(2, "0");
    days.add(`${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`);
    if (time >= Date.now()) return [...days];
  }
}

/**
 * Holds the issuer's books against those of the shops, once everything is resolved and the event is closed.
 * @param paidIn what went in for all cards
 * @returns what does not fit, in sentences; empty when everything is right to the msat
 */
export async function checkBooks(
  grounds: Grounds,
  shops: readonly Takings[],
  paidIn: bigint,
): Promise<string[]> {
  const { total, books, payees, node } = await report(grounds, "--reconcile");
  const received = shops.reduce((sum, shop) => sum + shop.received, 0n);
  const refunded = shops.reduce((sum, shop) => sum + shop.refunded, 0n);
  const paid = shops.reduce((sum, shop) => sum + shop.paid, 0);
  const problems: string[] = [];
  const equal = (what: string, found: unknown, expected: unknown): void => {
    if (found !== expected) problems.push(`${what}: ${found}, expected ${expected}`);
  };
  equal(
    "unfinished sales",
    shops.reduce((sum, shop) => sum + shop.unfinished, 0),
    0,
  );
  equal("payments", total.payments, paid);
  equal("settled", BigInt(books.settled), received);
  equal("settled by the report", BigInt(total.amount), received);
  equal("reserved", BigInt(books.reserved), 0n);
  equal("paid in", BigInt(books.paidIn), paidIn);
  equal("refunded", BigInt(books.refunded), refunded);
  equal("paid out + settled", BigInt(books.paidOut) + BigInt(books.settled), paidIn + refunded);
  equal("left", BigInt(books.left), 0n);
  const byShop = shops.map((shop) => shop.received).filter((amount) => amount > 0n);
  equal(
    "takings by payee",
    payees
      .map(({ amount }) => BigInt(amount))
      .sort()
      .join(" "),
    byShop.sort().join(" "),
  );
  equal("settled at the node", BigInt(node?.settled.amount ?? 0), received);
  equal("differences between ledger and node", node?.differences.length, 0);
  return problems;
}
