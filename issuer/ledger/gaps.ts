import type { Store } from "../store/types.js";
import { lockAccount, saveAccount } from "./accounts.js";
import { queueUpdate } from "./limits.js";

/** Counters that were given up. */
export interface VoidedGap {
  readonly card: bigint;
  readonly first: bigint;
  readonly last: bigint;
  readonly amount: bigint;
}

/** Cards in one round. */
const AT_A_TIME = 1000;

/**
 * Gives up the counters that were passed over and not presented for `ageMs`: in one transaction for each card
 * they become void for ever and the update that gives their amount back to the card is queued (specs/03 §4).
 * @param ageMs presentation age in milliseconds; @param now Unix milliseconds; at most 1,000 cards at a time
 */
export async function voidDueGaps(
  store: Store,
  ageMs: number,
  now: number,
  beforeCommit: () => void = () => {},
): Promise<VoidedGap[]> {
  const knownBefore = BigInt(now - ageMs);
  const due = await store.db
    .selectFrom("gaps")
    .innerJoin("accounts", "accounts.card", "gaps.card")
    .select("gaps.card")
    .distinct()
    .where("voided_at", "is", null)
    .where("known_at", "<=", knownBefore)
    .where("accounts.state", "!=", "retired")
    .limit(AT_A_TIME)
    .execute();
  const voided: VoidedGap[] = [];
  for (const { card } of due)
    voided.push(...(await voidGapsOf(store, card, knownBefore, BigInt(now), beforeCommit)));
  return voided;
}

async function voidGapsOf(
  store: Store,
  card: bigint,
  knownBefore: bigint,
  now: bigint,
  beforeCommit: () => void,
): Promise<VoidedGap[]> {
  return await store.write(async (tx) => {
    const account = await lockAccount(store, tx, card);
    const gaps = await tx
      .selectFrom("gaps")
      .select(["card", "first", "last", "amount"])
      .where("card", "=", card)
      .where("voided_at", "is", null)
      .where("known_at", "<=", knownBefore)
      .execute();
    if (gaps.length === 0 || account.state === "retired") return [];
    await tx
      .updateTable("gaps")
      .set({ voided_at: now })
      .where("card", "=", card)
      .where("voided_at", "is", null)
      .where("known_at", "<=", knownBefore)
      .execute();
    for (const { amount } of gaps) account.voided += amount;
    await queueUpdate(store, tx, account, "gap", now);
    await saveAccount(tx, account);
    beforeCommit();
    return gaps;
  });
}
