import { ValueError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { findMany } from "../store/many.js";
import type { Db, FindStatement, Store, Tx } from "../store/types.js";
import { blob } from "../store/values.js";
import { book, booking } from "./bookings.js";
import { type AuthorizationKey, provesPayment } from "./resolve.js";

/** The card of bookings that are no card's. */
export const NO_CARD = 0n;

/** A payment that the node has made. */
export interface PaidByNode {
  /** That paid. */
  readonly node: bigint;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  readonly preimage: Uint8Array;
  readonly amount: Msat;
  readonly fee: Msat;
  /** Unix milliseconds by the node's clock. */
  readonly sentAt: number;
  /** What this process paid it for, where it was this process. */
  readonly key?: AuthorizationKey;
}

export const HASH = { paymentHash: "bytes" } as const;
const LIVE: FindStatement<"paymentHash", { readonly node: bigint }> = findMany(
  HASH,
  { node: "int" },
  (p) => `select node from authorizations where payment_hash = ${p.paymentHash} and live = 1`,
);
const KNOWN: FindStatement<"paymentHash" | "node", { readonly number: bigint }> = findMany(
  { ...HASH, node: "int" },
  { number: "int" },
  (p) => `select number from unmatched where payment_hash = ${p.paymentHash} and node = ${p.node}`,
);

/** Whether an authorization of this payment hash is reserved or settled, or a payment of it is known, of any node. */
export async function isAccountedFor({ many, db }: Store, paymentHash: Uint8Array): Promise<boolean> {
  const rows = [{ paymentHash: blob(paymentHash) }];
  const [live] = await many.find(db, LIVE, rows);
  if (live) return true;
  const found = await db
    .selectFrom("unmatched")
    .select("number")
    .where("payment_hash", "=", blob(paymentHash))
    .executeTakeFirst();
  return found !== undefined;
}

/** Those for which the ledger has no authorization of that node which is reserved or settled. */
export async function withoutAuthorization<T extends Pick<PaidByNode, "paymentHash" | "node">>(
  { many }: Pick<Store, "many">,
  db: Db | Tx,
  payments: readonly T[],
): Promise<T[]> {
  const rows = payments.map(({ paymentHash }) => ({ paymentHash: blob(paymentHash) }));
  const live = await many.find(db, LIVE, rows);
  return payments.filter(({ node }, i) => live[i]?.node !== node);
}

/**
 * Books payments that no authorization accounts for: from the channels to the account `unmatched`, with their fees.
 * Those that are accounted for, or are booked already, are left alone.
 * @param now Unix milliseconds
 * @returns those that were booked now
 * @throws ValueError when a preimage proves nothing; StoreError
 */
export async function bookUnmatched<T extends PaidByNode>(
  store: Store,
  payments: readonly T[],
  now: number,
): Promise<T[]> {
  for (const { paymentHash, preimage } of payments)
    if (!provesPayment(paymentHash, preimage)) throw new ValueError("preimage", "not of this payment");
  return await store.write(async (tx) => {
    const booked: T[] = [];
    for (const payment of await unknownPayments(store, tx, payments)) {
      const { paymentHash, preimage, amount, fee, sentAt, key, node } = payment;
      const row = await tx
        .insertInto("unmatched")
        .values({
          payment_hash: blob(paymentHash),
          state: "open",
          amount,
          fee,
          preimage: blob(preimage),
          sent_at: BigInt(sentAt),
          found_at: BigInt(now),
          card: key?.card ?? null,
          counter: key?.counter ?? null,
          resolved_at: null,
          note: "",
          node,
        })
        .onConflict((conflict) => conflict.columns(["payment_hash", "node"]).doNothing())
        .returning("number")
        .executeTakeFirst();
      // Another process was first.
      if (!row) continue;
      await book(
        store,
        tx,
        booking(NO_CARD, "unmatched", row.number, "node", "unmatched", amount + fee, BigInt(now)),
      );
      booked.push(payment);
    }
    return booked;
  });
}

/** Those of which the ledger knows nothing: neither an authorization nor an earlier booking. */
async function unknownPayments<T extends Pick<PaidByNode, "paymentHash" | "node">>(
  store: Pick<Store, "many">,
  db: Db | Tx,
  payments: readonly T[],
): Promise<T[]> {
  const without = await withoutAuthorization(store, db, payments);
  const rows = without.map(({ paymentHash, node }) => ({ paymentHash: blob(paymentHash), node }));
  const known = await store.many.find(db, KNOWN, rows);
  return without.filter((_, i) => !known[i]);
}
