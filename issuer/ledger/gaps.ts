import type { ExpressionBuilder } from "kysely";
import type { Tables } from "../store/schema.js";
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

/** Counters of a card that were found passed over at one moment: when the clock was ahead, one that is yet to come. */
export interface GapMoment {
  readonly card: bigint;
  readonly known_at: bigint;
}

/** Which counters are old enough to be given up, and by which clock. */
export interface GapsDue {
  /** Presentation age in milliseconds. */
  readonly ageMs: number;
  /** Unix milliseconds. */
  readonly now: number;
  /** Gaps that are this old though the clock, which was set back since, does not say so. */
  readonly aged?: readonly GapMoment[];
}

/** Cards in one round. */
const AT_A_TIME = 1000;

/**
 * The moments of open gaps that are yet to come by the clock: it was ahead when they were found, or is behind now. At
 * most 1,000.
 * @throws StoreError
 */
export async function gapsAhead(store: Store, now: number): Promise<GapMoment[]> {
  return await store.read((tx) =>
    tx
      .selectFrom("gaps")
      .innerJoin("accounts", "accounts.card", "gaps.card")
      .select(["gaps.card", "known_at"])
      .distinct()
      .where("voided_at", "is", null)
      .where("known_at", ">", BigInt(now))
      .where("accounts.state", "!=", "retired")
      .orderBy("known_at")
      .limit(AT_A_TIME)
      .execute(),
  );
}

/**
 * Gives up the counters that were passed over and not presented for the presentation age: in one transaction for
 * each card they become void for ever and the update that gives their amount back to the card is queued
 * (specs/03 §4). About 1,000 cards at a time.
 * @throws StoreError
 */
export async function voidDueGaps(
  store: Store,
  { ageMs, now, aged = [] }: GapsDue,
  beforeCommit: () => void = () => {},
): Promise<VoidedGap[]> {
  const knownBefore = BigInt(now - ageMs);
  const due = await store.read((tx) =>
    tx
      .selectFrom("gaps")
      .innerJoin("accounts", "accounts.card", "gaps.card")
      .select("gaps.card")
      .distinct()
      .where("voided_at", "is", null)
      .where("known_at", "<=", knownBefore)
      .where("accounts.state", "!=", "retired")
      .limit(AT_A_TIME)
      .execute(),
  );
  const voided: VoidedGap[] = [];
  for (const card of new Set([...due, ...aged].map((row) => row.card))) {
    const known = aged.filter((moment) => moment.card === card).map(({ known_at }) => known_at);
    voided.push(...(await voidGapsOf(store, card, { knownBefore, known }, BigInt(now), beforeCommit)));
  }
  return voided;
}

async function voidGapsOf(
  store: Store,
  card: bigint,
  when: { readonly knownBefore: bigint; readonly known: readonly bigint[] },
  now: bigint,
  beforeCommit: () => void,
): Promise<VoidedGap[]> {
  const isDue = (eb: ExpressionBuilder<Tables, "gaps">) =>
    eb.and([
      eb("card", "=", card),
      eb("voided_at", "is", null),
      eb.or([
        eb("known_at", "<=", when.knownBefore),
        ...(when.known.length > 0 ? [eb("known_at", "in", when.known)] : []),
      ]),
    ]);
  return await store.write(async (tx) => {
    const account = await lockAccount(store, tx, card);
    const gaps = await tx
      .selectFrom("gaps")
      .select(["card", "first", "last", "amount"])
      .where(isDue)
      .execute();
    if (gaps.length === 0 || account.state === "retired") return [];
    await tx.updateTable("gaps").set({ voided_at: now }).where(isDue).execute();
    for (const { amount } of gaps) account.voided += amount;
    await queueUpdate(store, tx, account, "gap", now);
    await saveAccount(tx, account);
    beforeCommit();
    return gaps;
  });
}
