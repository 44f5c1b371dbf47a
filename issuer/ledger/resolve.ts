import { samePublicBytes } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { sha256 } from "../../common/sha256.js";
import { deleteMany, updateMany } from "../store/many.js";
import type { Account } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { blob } from "../store/values.js";
import { type AccountRow, lockAccounts, saveAccount } from "./accounts.js";
import { BOOK, type BookingLine, book, booking } from "./bookings.js";
import { type CountedFee, feeChanges } from "./fees.js";
import { lentFor } from "./guarantee.js";
import { type LimitsRow, queueUpdate } from "./limits.js";

/** Names an authorization. */
export interface AuthorizationKey {
  readonly card: bigint;
  readonly counter: bigint;
}

/** A payment that is proven by its preimage. */
export interface Settlement extends AuthorizationKey {
  /** That paid. */
  readonly node: bigint;
  readonly amount: Msat;
  readonly paymentHash: Uint8Array;
  readonly preimage: Uint8Array;
  readonly fee: Msat;
  /** As it was when the payment was reserved; nothing changes it after that. */
  readonly reserved: ReservedFee;
}

/** What was set aside for the fee of a payment in flight. */
export interface ReservedFee {
  /** Of the authorization, Unix milliseconds. */
  readonly decidedAt: bigint;
  readonly maxFee: bigint;
  /** Of the card's money. */
  readonly held: bigint;
}

const SETTLE = updateMany(
  "authorizations",
  { card: "int", counter: "int", node: "int", preimage: "bytes", fee: "int", at: "int" },
  ["card", "counter"],
  (p) => `state = 'settled', preimage = ${p.preimage}, fee = ${p.fee}, resolved_at = ${p.at}`,
  (p) => `authorizations.state = 'reserved' and authorizations.node = ${p.node}`,
);
const CHARGE = updateMany(
  "accounts",
  { card: "int", charged: "int", held: "int" },
  ["card"],
  (p) =>
    `version = accounts.version + 1, funded = accounts.funded - ${p.charged}, held = accounts.held - ${p.held}`,
);
const RELEASE = deleteMany("leases", { card: "int", counter: "int" });

/** Whether this preimage proves the payment. */
export const provesPayment = (paymentHash: Uint8Array, preimage: Uint8Array): boolean =>
  preimage.length === 32 && samePublicBytes(sha256(preimage), paymentHash);

/**
 * Books payments that went through: the amount from reserved to settled, the routing fee to the fee account, and from
 * the card's money where the card bears it. What is left of the highest fee is free again. An authorization that is
 * settled already stays as it is. No two of the same authorization at once; in the order of cards and counters, so that
 * two processes cannot wait for each other.
 * @returns for each, whether it was booked now; false: it was settled before, or, against all rules, it is void or another
 *   node's
 * @throws ValueError when a preimage proves nothing
 */
export async function settle(
  store: Store,
  tx: Tx,
  settlements: readonly Settlement[],
  now: bigint,
): Promise<boolean[]> {
  for (const { paymentHash, preimage } of settlements)
    if (!provesPayment(paymentHash, preimage)) throw new ValueError("preimage", "not of this payment");
  if (settlements.length === 0) return [];
  // Before their authorizations, as decisions do it.
  const bearing = new Set(settlements.filter(({ reserved }) => reserved.held > 0n).map(({ card }) => card));
  await lockAccounts(store, tx, [...bearing]);
  const changed = await store.many.change(
    tx,
    SETTLE,
    settlements.map(({ card, counter, node, preimage, fee }) => {
      return { card, counter, node, preimage: blob(preimage), fee, at: now };
    }),
  );
  const done = settlements.filter((_, i) => changed[i]);
  await store.many.changeAll(
    tx,
    // The payment went through: that is booked also where its lease is gone.
    { statement: RELEASE, rows: done.map(({ card, counter }) => ({ card, counter })), lenient: true },
    {
      statement: BOOK,
      rows: done.flatMap((settlement) => settleLines(settlement, now)),
    },
    {
      statement: CHARGE,
      rows: [...bearing].map((card) => {
        const own = done.filter((settlement) => settlement.card === card);
        return {
          card,
          charged: own.reduce((sum, one) => sum + chargedTo(one), 0n),
          held: own.reduce((sum, { reserved }) => sum + reserved.held, 0n),
        };
      }),
    },
    ...feeChanges({ resolved: done.map(freedBy) }),
  );
  return changed;
}

/** Of the highest fee, what was not paid. */
const freedBy = ({ card, node, fee, reserved }: Settlement): CountedFee => ({
  card,
  node,
  decidedAt: reserved.decidedAt,
  amount: reserved.maxFee - fee,
});

/** What the card bears of a fee: never more than was held for it, whatever the node paid. */
const chargedTo = ({ fee, reserved }: Settlement): bigint => (fee < reserved.held ? fee : reserved.held);

function settleLines(settlement: Settlement, at: bigint): BookingLine[] {
  const { card, counter, amount, fee, reserved } = settlement;
  const line = (from: Account, to: Account, moved: bigint) =>
    moved > 0n ? booking(card, "settle", counter, from, to, moved, at) : [];
  const charged = chargedTo(settlement);
  return [
    ...line("reserved", "settled", amount),
    ...line("node", "fees", fee),
    ...line("held", "charged", charged),
    ...line("held", "funded", reserved.held - charged),
  ];
}

/** Who may declare a payment failed: a service of the node that reserved it, which owns the lease. */
export interface VoidRight {
  readonly node: bigint;
  readonly owner: bigint;
  /** Unix milliseconds. An invoice that expired before can no longer be paid; absent: the owner's word counts. */
  readonly expiredBefore?: bigint;
}

/** An order to void. */
export interface VoidOrder {
  readonly key: AuthorizationKey;
  readonly right: VoidRight;
  /** Reason code, kept with the row. */
  readonly reason: number;
}

/** What became of an order to void. */
export interface Voided {
  /** False: it was resolved before, or the right was another's meanwhile. */
  readonly voided: boolean;
  readonly pending: LimitsRow | undefined;
  readonly account: AccountRow;
  /** The fee that was reserved, for {@link feeChanges} in the same transaction. */
  readonly freed: CountedFee | undefined;
  /** What the card owes less by it, for {@link owedChanges} in the same transaction. */
  readonly settledDebt: bigint;
}

/**
 * Gives up an authorization whose payment failed for certain: its money is free again, its counter void for
 * ever, and the update that releases the amount to the card is queued, all at once (specs/03 §4).
 * @param account of its card, held by this transaction; it is changed
 */
export async function voidReserved(
  store: Store,
  tx: Tx,
  account: AccountRow,
  { key, right, reason }: VoidOrder,
  now: bigint,
): Promise<Voided> {
  const named = tx
    .selectFrom("authorizations as a")
    .innerJoin("leases as l", (join) =>
      join.onRef("l.card", "=", "a.card").onRef("l.counter", "=", "a.counter"),
    )
    .select(["a.amount", "a.spent_after", "a.decided_at", "l.owner", "l.takeovers", "l.expires_at"])
    .select(["l.max_fee", "l.held", "l.node"])
    .where("a.card", "=", key.card)
    .where("a.counter", "=", key.counter)
    .where("a.state", "=", "reserved");
  const row = await (store.kind === "postgres" ? named.forUpdate() : named).executeTakeFirst();
  if (!row || !mayVoid(row, right))
    return { voided: false, pending: undefined, account, freed: undefined, settledDebt: 0n };

  await store.many.changeAll(tx, { statement: RELEASE, rows: [{ card: key.card, counter: key.counter }] });
  await tx
    .updateTable("authorizations")
    .set({ state: "void", live: 0n, reason: BigInt(reason), resolved_at: now })
    .where("card", "=", key.card)
    .where("counter", "=", key.counter)
    .execute();
  // What was spent up to every later authorization was less by this amount.
  await tx
    .updateTable("authorizations")
    .set((eb) => ({ spent_after: eb("spent_after", "-", row.amount) }))
    .where("card", "=", key.card)
    .where("decided_at", ">=", row.decided_at)
    .where("spent_after", ">=", row.spent_after)
    .execute();
  // What the card has settled of the loan meanwhile is its own money by now.
  const lent = account.owed > 0n ? await lentFor(tx, key.card, key.counter) : 0n;
  const settledDebt = lent < account.owed ? lent : account.owed;
  await book(store, tx, [
    ...booking(key.card, "void", key.counter, "reserved", "funded", row.amount, now),
    ...(settledDebt > 0n
      ? booking(key.card, "void", key.counter, "funded", "guarantee", settledDebt, now)
      : []),
    ...(row.held > 0n ? booking(key.card, "void", key.counter, "held", "funded", row.held, now) : []),
  ]);
  account.spent -= row.amount;
  account.held -= row.held;
  account.voided += row.amount;
  account.funded -= settledDebt;
  account.owed -= settledDebt;
  const pending = await queueUpdate(store, tx, account, "void", now);
  await saveAccount(tx, account);
  const freed = { card: key.card, node: row.node, decidedAt: row.decided_at, amount: row.max_fee };
  return { voided: true, pending, account, freed, settledDebt };
}

/**
 * A process that lost its lease, or got it from another, cannot know whether the other still sends. Only the
 * one that alone ever held it may take a failure for final; for the rest the invoice must have expired. Another node
 * knows nothing of the payment.
 */
function mayVoid(
  lease: Readonly<Record<"node" | "owner" | "takeovers" | "expires_at", bigint>>,
  { node, owner, expiredBefore }: VoidRight,
): boolean {
  if (lease.node !== node) return false;
  if (lease.owner !== owner) return false;
  return lease.takeovers === 0n || (expiredBefore !== undefined && lease.expires_at < expiredBefore);
}
