import type { Selectable } from "kysely";
import { findMany } from "../store/many.js";
import type { UnmatchedState, UnmatchedTable } from "../store/schema.js";
import type { Db, FindStatement, Store, Tx } from "../store/types.js";
import { blob } from "../store/values.js";
import { HASH, NO_CARD, type PaidByNode, withoutAuthorization } from "./book-unmatched.js";
import { book, booking } from "./bookings.js";
import { LedgerError } from "./errors.js";

/** A row of the account of payments that no authorization accounts for (specs/03 §4). */
export type UnmatchedPayment = Selectable<UnmatchedTable>;

const ANY: FindStatement<"paymentHash" | "node", { readonly counter: bigint }> = findMany(
  { ...HASH, node: "int" },
  { counter: "int" },
  (p) =>
    `select counter from authorizations where payment_hash = ${p.paymentHash} and node = ${p.node} limit 1`,
);

/**
 * Those of whose payment hash their node has no authorization, not even a void one, with what the account has of them.
 */
export async function withoutAnyAuthorization<T extends Pick<PaidByNode, "paymentHash" | "node">>(
  many: Store["many"],
  db: Db,
  payments: readonly T[],
): Promise<{ readonly payment: T; readonly booked: UnmatchedState | undefined }[]> {
  // The index has the live ones alone: the others are looked for only where there is none.
  const without = await withoutAuthorization({ many }, db, payments);
  const rows = without.map(({ paymentHash, node }) => ({ paymentHash: blob(paymentHash), node }));
  const any = await many.find(db, ANY, rows);
  const found: { payment: T; booked: UnmatchedState | undefined }[] = [];
  for (const payment of without.filter((_, i) => !any[i]))
    found.push({ payment, booked: await unmatchedState(db, payment) });
  return found;
}

/** What the account has of a node's payment; undefined: nothing. */
export async function unmatchedState(
  db: Db,
  { paymentHash, node }: Pick<PaidByNode, "paymentHash" | "node">,
): Promise<UnmatchedState | undefined> {
  const row = await db
    .selectFrom("unmatched")
    .select("state")
    .where("payment_hash", "=", blob(paymentHash))
    .where("node", "=", node)
    .executeTakeFirst();
  return row?.state;
}

/**
 * Takes those out of the account `unmatched` whose authorization has been settled since: its token came after all.
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function matchSettled(store: Store, now: number): Promise<UnmatchedPayment[]> {
  const due = await store.read((tx) => settledSince(tx));
  if (due.length === 0) return [];
  return await store.write(async (tx) => {
    const matched: UnmatchedPayment[] = [];
    for (const row of await settledSince(tx)) {
      const { numUpdatedRows } = await tx
        .updateTable("unmatched")
        .set({ state: "matched", resolved_at: BigInt(now) })
        .where("number", "=", row.number)
        .where("state", "<>", "matched")
        .executeTakeFirstOrThrow();
      if (numUpdatedRows !== 1n) continue;
      const amount = row.amount + row.fee;
      await book(store, tx, booking(NO_CARD, "match", row.number, "unmatched", "node", amount, BigInt(now)));
      matched.push(row);
    }
    return matched;
  });
}

const settledSince = (tx: Tx): Promise<UnmatchedPayment[]> =>
  tx
    .selectFrom("unmatched as u")
    .innerJoin("authorizations as a", (join) =>
      join.onRef("a.payment_hash", "=", "u.payment_hash").onRef("a.node", "=", "u.node"),
    )
    .selectAll("u")
    .where("a.live", "=", 1n)
    .where("a.state", "=", "settled")
    .where("u.state", "<>", "matched")
    .orderBy("u.number")
    .execute();

/** The payments of the account, the oldest first. @param open only those that are not written off or matched */
export async function listUnmatched(db: Db | Tx, { open = false } = {}): Promise<UnmatchedPayment[]> {
  let query = db.selectFrom("unmatched").selectAll().orderBy("number");
  if (open) query = query.where("state", "=", "open");
  return await query.execute();
}

/**
 * Closes an unmatched payment: the issuer bears it, and it keeps no gap from being released any more. It stays in the
 * account.
 * @param now Unix milliseconds
 * @throws LedgerError `unknown-payment`, `wrong-state` when its authorization came after all
 */
export async function writeOff(
  store: Store,
  paymentHash: Uint8Array,
  note: string,
  now: number,
): Promise<UnmatchedPayment> {
  return await store.write(async (tx) => {
    const row = await tx
      .selectFrom("unmatched")
      .selectAll()
      .where("payment_hash", "=", blob(paymentHash))
      // Where two nodes paid one invoice, the one that is still open.
      .orderBy((eb) => eb.case().when("state", "=", "open").then(0).else(1).end())
      .orderBy("number")
      .executeTakeFirst();
    if (!row)
      throw new LedgerError("unknown-payment", "no unmatched payment has this payment hash", {
        hint: 'List them with "chequecard ledger unmatched".',
      });
    if (row.state === "matched")
      throw new LedgerError(
        "wrong-state",
        "the payment was matched to its authorization: nothing is left to do",
      );
    if (row.state === "written-off") return row;
    const change = { state: "written-off", resolved_at: BigInt(now), note } as const;
    await tx.updateTable("unmatched").set(change).where("number", "=", row.number).execute();
    return { ...row, ...change };
  });
}

/** What a payment of the node may be: one counter, or any counter whose amount it could have. */
export type GapClaim = Pick<UnmatchedPayment, "card" | "counter" | "amount">;

/** Counters of a card that were skipped, and what was authorized under them together. */
interface SkippedCounters {
  readonly card: bigint;
  readonly first: bigint;
  readonly last: bigint;
  readonly amount: bigint;
}

/**
 * Whether a payment could have been made for one of these counters (specs/03 §4). Where only its amount is known: it
 * fits when each of the other counters is left with 1 msat at least, and a lone counter must have just its amount.
 */
export function couldBelong(payment: GapClaim, { card, first, last, amount }: SkippedCounters): boolean {
  if (payment.card !== null && payment.counter !== null)
    return payment.card === card && first <= payment.counter && payment.counter <= last;
  const others = last - first;
  return others === 0n ? payment.amount === amount : payment.amount + others <= amount;
}
