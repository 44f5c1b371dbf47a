import type { Tx } from "../store/types.js";

/** Kept for each card: enough to show what happened, bounded when a clone goes on and on. */
const KEPT = 16;

/** A signed message that cannot be true together with others. */
export interface Evidence {
  readonly card: bigint;
  /** Unix milliseconds. */
  readonly at: bigint;
  readonly contradiction: string;
  /** Type, key set id and clear body, 133 bytes. */
  readonly message: Buffer;
}

/** Keeps what a cloned card signed. The rows never change. */
export async function keepEvidence(tx: Tx, items: readonly Evidence[]): Promise<void> {
  for (const item of items) {
    const { count } = await tx
      .selectFrom("evidence")
      .select((eb) => eb.fn.countAll<bigint>().as("count"))
      .where("card", "=", item.card)
      .executeTakeFirstOrThrow();
    if (count < KEPT) await tx.insertInto("evidence").values(item).execute();
  }
}
