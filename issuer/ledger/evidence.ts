import type { Tx } from "../store/types.js";

/** Kept for each card: enough to show what happened, bounded when a clone goes on and on. */
const KEPT = 16;
/** Type, key set id and body without the signature, at the head of a message: equal ones are the same statement. */
const STATEMENT_LENGTH = 69;

/**
 * What a message states, without its signature. A signature is no part of it: anybody makes another valid one of a
 * signature, by negating s.
 */
export const statementOf = (message: Buffer): Buffer => message.subarray(0, STATEMENT_LENGTH);

/** SQL for the same of a column. */
export const STATEMENT = `substr(message, 1, ${STATEMENT_LENGTH})`;

/** A signed message that cannot be true together with others. */
export interface Evidence {
  readonly card: bigint;
  /** Unix milliseconds. */
  readonly at: bigint;
  readonly contradiction: string;
  /** Type, key set id and clear body, 133 bytes. */
  readonly message: Buffer;
}

/** `new`: kept now. `repeat`: kept before, counted. `full`: enough of this card is kept. */
export type Kept = "new" | "repeat" | "full";

/** Keeps what a cloned card signed, once for each different statement. The card's account is held. */
export async function keepEvidence(tx: Tx, item: Evidence): Promise<Kept> {
  const rows = await tx
    .selectFrom("evidence")
    .select(["id", "message"])
    .where("card", "=", item.card)
    .orderBy("id")
    .execute();
  const statement = statementOf(item.message);
  const known = rows.find(({ message }) => statementOf(message).equals(statement));
  if (known) {
    await tx
      .updateTable("evidence")
      .set((eb) => ({ times: eb("times", "+", 1n) }))
      .where("id", "=", known.id)
      .execute();
    return "repeat";
  }
  if (rows.length >= KEPT) return "full";
  await tx.insertInto("evidence").values(item).execute();
  return "new";
}
