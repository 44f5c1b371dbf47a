import { insertMany } from "../store/many.js";
import type { Account, BookingKind } from "../store/schema.js";
import type { ManyRow, Store, Tx } from "../store/types.js";

/** Writes {@link BookingLine}s. */
export const BOOK = insertMany(
  "bookings",
  { card: "int", kind: "text", reference: "int", account: "text", amount: "int", at: "int" },
  "card",
);

/** One line of the double-entry book. */
export type BookingLine = ManyRow<"card" | "kind" | "reference" | "account" | "amount" | "at">;

/**
 * `amount` msat from one account to another: two lines that sum to zero (specs/03 §6).
 * @param reference counter of the authorization, or number of the operation
 */
export function booking(
  card: bigint,
  kind: BookingKind,
  reference: bigint,
  from: Account,
  to: Account,
  amount: bigint,
  at: bigint,
): BookingLine[] {
  return [
    { card, kind, reference, account: from, amount: -amount, at },
    { card, kind, reference, account: to, amount, at },
  ];
}

/** Writes lines into the book. */
export async function book(store: Store, tx: Tx, lines: readonly BookingLine[]): Promise<void> {
  await store.many.changeAll(tx, { statement: BOOK, rows: lines });
}
