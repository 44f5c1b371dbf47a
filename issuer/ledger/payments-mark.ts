import type { Store } from "../store/types.js";
import { milliseconds } from "../store/values.js";

/** Settings: since when the node's payments are this ledger's, and up to when they were held against it. */
const BEGIN = "payments-since";
const MARK = "payments-checked";

/**
 * Since when the node pays for this ledger, Unix milliseconds: what it paid before is not compared. Kept at the first
 * call; a ledger of an earlier release begins with its first card.
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function beginOfPayments(store: Store, now: number): Promise<number> {
  const kept = await setting(store, BEGIN);
  if (kept !== undefined) return kept;
  return await store.write(async (tx) => {
    const first = await tx
      .selectFrom("cards")
      .select((eb) => eb.fn.min("registered_at").as("at"))
      .executeTakeFirst();
    const at = first?.at == null ? now : Math.min(now, milliseconds(BigInt(first.at)));
    await tx
      .insertInto("settings")
      .values({ name: BEGIN, value: String(at) })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    return at;
  });
}

/** Up to when the node's payments were held against the ledger, Unix milliseconds; undefined before the first round. */
export const readMark = (store: Store): Promise<number | undefined> => setting(store, MARK);

/** Keeps how far a round came. @throws StoreError */
export async function writeMark(store: Store, at: number): Promise<void> {
  const value = String(at);
  await store.write(async (tx) => {
    await tx
      .insertInto("settings")
      .values({ name: MARK, value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
      .execute();
  });
}

async function setting(store: Store, name: string): Promise<number | undefined> {
  const row = await store.read((tx) =>
    tx.selectFrom("settings").select("value").where("name", "=", name).executeTakeFirst(),
  );
  return row && Number.parseInt(row.value, 10);
}
