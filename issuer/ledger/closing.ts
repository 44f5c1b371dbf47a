import { type Msat, msat } from "../../common/index.js";
import type { Db, Store } from "../store/types.js";

/** Name of the setting that says after which booking the closing began that is not at its end yet. */
const CLOSING = "closing";

/** What was paid out for a card when an event was closed. */
export interface Payout {
  readonly card: bigint;
  readonly label: string;
  readonly amount: Msat;
  /** Unix milliseconds. */
  readonly at: bigint;
}

/**
 * Begins to pay out all cards, or goes on with what an interrupted run began: whoever hands the money out needs one
 * list, however many runs booked it.
 * @returns the number of the last booking before it, for {@link closingPayouts}
 */
export async function beginClosing(store: Store): Promise<bigint> {
  return await store.write(async (tx) => {
    const last = await tx
      .selectFrom("bookings")
      .select("id")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    await tx
      .insertInto("settings")
      .values({ name: CLOSING, value: String(last?.id ?? 0n) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { value } = await tx
      .selectFrom("settings")
      .select("value")
      .where("name", "=", CLOSING)
      .executeTakeFirstOrThrow();
    return BigInt(value);
  });
}

/** Everything is booked: the next closing begins a new list. */
export async function endClosing(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await tx.deleteFrom("settings").where("name", "=", CLOSING).execute();
  });
}

/**
 * What was paid out since a closing began, in the order of the bookings.
 * @param note of the closing: what the desk paid out meanwhile has another one
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
    .select(["cards.card", "cards.label", "operations.amount", "operations.at"])
    .where("bookings.id", ">", since)
    .where("bookings.kind", "=", "cash-out")
    .where("bookings.account", "=", "cash-out")
    .where("operations.note", "=", note)
    .orderBy("bookings.id")
    .execute();
  return rows.map(({ amount, ...row }) => ({ ...row, amount: msat(amount) }));
}
