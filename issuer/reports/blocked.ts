import type { LimitsCause } from "../store/schema.js";
import type { Db } from "../store/types.js";

/** A card that is blocked, by the update that says so. */
export interface BlockedCard {
  readonly card: bigint;
  /** Of the update. */
  readonly sequence: bigint;
  readonly cause: LimitsCause;
  /** Unix milliseconds. */
  readonly at: number;
}

const CAUSES = ["block", "holder-block", "clone", "cash-out"] as const;

/**
 * Cards that are blocked, and have been since a time.
 * @param since Unix milliseconds
 * @throws StoreError
 */
export async function blockedCards(db: Db, since: number): Promise<BlockedCard[]> {
  const rows = await db
    .selectFrom("accounts")
    .innerJoin("limits", "limits.card", "accounts.card")
    .select(["limits.card", "limits.sequence", "limits.cause", "limits.created_at"])
    .where("accounts.state", "=", "blocked")
    .where("limits.cause", "in", [...CAUSES])
    .where("limits.created_at", ">=", BigInt(since))
    .orderBy("limits.created_at")
    .execute();
  return rows.map(({ card, sequence, cause, created_at }) => ({
    card,
    sequence,
    cause,
    at: Number.parseInt(created_at.toString(), 10),
  }));
}
