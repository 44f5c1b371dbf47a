import { sha256 } from "@noble/hashes/sha2.js";
import { sql } from "kysely";
import { equalBytes } from "../../common/bytes.js";
import type { Store, Tx } from "../store/types.js";
import { cardName } from "./accounts.js";
import { INVARIANTS } from "./invariants/index.js";
import { type NodeStanding, nodeStandings } from "./nodes.js";
import { provesPayment } from "./resolve.js";
import { listUnmatched } from "./unmatched.js";

/** An invariant that does not hold, with some of the places. */
export interface Violation {
  readonly invariant: string;
  /** What was found, at most ten of them. */
  readonly found: readonly string[];
}

/** What was checked, and what was wrong. */
export interface LedgerReport {
  readonly cards: bigint;
  readonly authorizations: bigint;
  readonly bookings: bigint;
  readonly invariants: number;
  readonly violations: readonly Violation[];
  /** Payments of the node that no authorization accounts for, and that are still open: no fault of the book. */
  readonly unmatched: { readonly payments: number; readonly amount: bigint };
  /** The same, and what is in flight and settled, by the node that pays. */
  readonly nodes: readonly NodeStanding[];
}

const SHOWN = 10;

/**
 * Proves every invariant of the ledger (specs/03 §6) on one unchanging snapshot, while payments go on.
 * @throws StoreError
 */
export async function verifyLedger(store: Store): Promise<LedgerReport> {
  return await store.read((tx) => prove(tx), { long: true });
}

async function prove(tx: Tx): Promise<LedgerReport> {
  const violations: Violation[] = [];
  for (const [invariant, query] of INVARIANTS) {
    const { rows } = await sql<Record<string, unknown>>`select * from (${query}) v limit ${SHOWN}`.execute(
      tx,
    );
    if (rows.length > 0) violations.push({ invariant, found: rows.map(describe) });
  }
  const unproven = await unprovenPayments(tx);
  if (unproven.length > 0)
    violations.push({ invariant: "every settled payment has its preimage", found: unproven });
  const unmatched = await listUnmatched(tx, { open: true });
  return {
    cards: await count(tx, "accounts"),
    authorizations: await count(tx, "authorizations"),
    bookings: await count(tx, "bookings"),
    invariants: INVARIANTS.length + 1,
    violations,
    unmatched: {
      payments: unmatched.length,
      amount: unmatched.reduce((sum, { amount, fee }) => sum + amount + fee, 0n),
    },
    nodes: await nodeStandings(tx),
  };
}

function describe(row: Record<string, unknown>): string {
  return Object.entries(row)
    .map(
      ([name, value]) => `${name} ${name === "card" && typeof value === "bigint" ? cardName(value) : value}`,
    )
    .join(", ");
}

async function count(tx: Tx, table: "accounts" | "authorizations" | "bookings"): Promise<bigint> {
  const row = await tx
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<bigint>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Settled rows and unmatched payments whose preimage is not of their payment hash; read in pages, so that memory stays bounded. */
async function unprovenPayments(tx: Tx): Promise<string[]> {
  const found: string[] = [];
  for (const { number, payment_hash, preimage } of await listUnmatched(tx))
    if (!equalBytes(sha256(preimage), payment_hash) && found.length < SHOWN)
      found.push(`unmatched payment ${number}`);
  const refunds = await tx
    .selectFrom("refunds")
    .select(["refund_hash", "preimage"])
    .where("state", "=", "settled")
    .execute();
  for (const { refund_hash, preimage } of refunds)
    if (!provesPayment(refund_hash, preimage ?? new Uint8Array(0)) && found.length < SHOWN)
      found.push(`refund ${refund_hash.toString("hex")}`);
  let last: { card: bigint; counter: bigint } | undefined;
  for (;;) {
    let query = tx
      .selectFrom("authorizations")
      .select(["card", "counter", "payment_hash", "preimage"])
      .where("state", "=", "settled")
      .orderBy("card")
      .orderBy("counter")
      .limit(5000);
    if (last) {
      const { card, counter } = last;
      query = query.where(sql<boolean>`(card, counter) > (${card}, ${counter})`);
    }
    const rows = await query.execute();
    for (const row of rows)
      if (!row.preimage || !equalBytes(sha256(row.preimage), row.payment_hash))
        if (found.length < SHOWN) found.push(`card ${cardName(row.card)}, counter ${row.counter}`);
    last = rows.at(-1);
    if (rows.length < 5000) return found;
  }
}
