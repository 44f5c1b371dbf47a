import { type Msat, msat } from "../../common/msat.js";
import type { Db, Store, Tx } from "../store/types.js";
import { cardIdOf } from "../store/values.js";
import { storedCardName } from "./accounts.js";
import { placeOrder } from "./orders.js";
import type { CardEntry } from "./registry.js";

/** Settings: the last booking before the closing began, and the last one when it was at its end. */
const BEGUN = "closing-begun";
const ENDED = "closing-ended";

/** What was paid out for a card when an event was closed. */
export interface Payout {
  readonly card: bigint;
  readonly label: string;
  readonly amount: Msat;
  /** Unix milliseconds. */
  readonly at: bigint;
}

/**
 * Begins to pay out all cards, or goes on with what earlier runs booked: the desk that hands the money out needs one list,
 * however many runs it took, also when the last one died before it could show it. A new closing begins only when money
 * came in after the end of the last one.
 * @returns the number of the last booking before it, for {@link closingPayouts}
 */
export async function beginClosing(store: Store): Promise<bigint> {
  return await store.write(async (tx) => {
    if ((await closingSince(tx)) === undefined)
      await tx.deleteFrom("settings").where("name", "in", [BEGUN, ENDED]).execute();
    const begun = await setting(tx, BEGUN);
    if (begun !== undefined) return begun;
    const last = await lastBooking(tx);
    await tx
      .insertInto("settings")
      .values({ name: BEGUN, value: String(last) })
      .execute();
    return last;
  });
}

/** Everything is booked. */
export async function endClosing(store: Store): Promise<void> {
  await store.write(async (tx) => {
    const value = String(await lastBooking(tx));
    await tx
      .insertInto("settings")
      .values({ name: ENDED, value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
      .execute();
  });
}

/**
 * The number of the last booking before the closing that {@link beginClosing} would go on with; undefined: it would
 * begin a new one.
 */
export async function closingSince(db: Db | Tx): Promise<bigint | undefined> {
  const ended = await setting(db, ENDED);
  return ended !== undefined && (await isPaidInSince(db, ended)) ? undefined : await setting(db, BEGUN);
}

async function setting(tx: Db | Tx, name: string): Promise<bigint | undefined> {
  const row = await tx.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst();
  return row && BigInt(row.value);
}

async function lastBooking(tx: Tx): Promise<bigint> {
  const row = await tx.selectFrom("bookings").select("id").orderBy("id", "desc").limit(1).executeTakeFirst();
  return row?.id ?? 0n;
}

async function isPaidInSince(tx: Db | Tx, booking: bigint): Promise<boolean> {
  const found = await tx
    .selectFrom("bookings")
    .select("id")
    .where("id", ">", booking)
    .where("kind", "in", ["fund", "refund"])
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

const referencesOf = (since: bigint): string => `closing-${since}-`;

/**
 * Pays a card out for a closing. Two runs that find the same due pay it once: the reference has the number of the
 * operation that it shall be.
 * @param since from {@link beginClosing}
 * @throws LedgerError `not-enough` when nothing is left; StoreError
 */
export async function payOutInClosing(
  store: Store,
  since: bigint,
  { card, operation }: Pick<CardEntry, "card" | "operation">,
  note: string,
  now: number,
): Promise<void> {
  const reference = `${referencesOf(since)}${storedCardName(card)}-${operation + 1n}`;
  await placeOrder(store, reference, { kind: "cash-out", cardId: cardIdOf(card), note }, now);
}

/**
 * What was paid out since a closing began, in the order of the bookings.
 * @param note of the closing: what earlier releases and other runs booked under it counts too, what the desk paid out
 *   meanwhile has another one
 */
export async function closingPayouts(db: Db, since: bigint, note: string): Promise<Payout[]> {
  const rows = await db
    .selectFrom("bookings")
    .innerJoin("operations", (join) =>
      join
        .onRef("operations.card", "=", "bookings.card")
        .onRef("operations.operation", "=", "bookings.reference"),
    )
    .innerJoin("cards", "cards.card", "bookings.card")
    .leftJoin("orders", (join) =>
      join
        .onRef("orders.card", "=", "operations.card")
        .onRef("orders.operation", "=", "operations.operation"),
    )
    .select(["cards.card", "cards.label", "operations.amount", "operations.at"])
    .where("bookings.id", ">", since)
    .where("bookings.kind", "=", "cash-out")
    .where("bookings.account", "=", "cash-out")
    .where((eb) =>
      eb.or([eb("operations.note", "=", note), eb("orders.reference", "like", `${referencesOf(since)}%`)]),
    )
    .orderBy("bookings.id")
    .execute();
  return rows.map(({ amount, ...row }) => ({ ...row, amount: msat(amount) }));
}
