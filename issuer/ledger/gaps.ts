import type { ExpressionBuilder } from "kysely";
import { ValueError } from "../../common/errors.js";
import type { Tables } from "../store/schema.js";
import type { Store } from "../store/types.js";
import { lockAccount, saveAccount } from "./accounts.js";
import { queueUpdate } from "./limits.js";
import { couldBelong, type GapClaim, listUnmatched } from "./unmatched.js";

/** Counters that were given up. */
export interface VoidedGap {
  readonly card: bigint;
  readonly first: bigint;
  readonly last: bigint;
  readonly amount: bigint;
}

/** Counters of a card that were found skipped at one moment: when the clock was ahead, one that is yet to come. */
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
  /** Payments in flight that no authorization accounts for: what could belong to one is not released. */
  readonly inFlight?: readonly GapClaim[];
  /** Called with a card for which no update can be made any more: its sequences or its credit are used up. */
  readonly onFault?: (card: bigint, error: ValueError) => void;
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
 * Gives up the counters that were skipped and not presented for the presentation age: in one transaction for
 * each card they become void for ever and the update that gives their amount back to the card is queued
 * (specs/03 §4). About 1,000 cards at a time. A gap to which an unmatched payment could belong stays. A card for which
 * no update can be made any more keeps its gaps, and no other card's.
 * @throws StoreError
 */
export async function voidDueGaps(
  store: Store,
  { ageMs, now, aged = [], inFlight = [], onFault = () => {} }: GapsDue,
  beforeCommit: () => void = () => {},
): Promise<VoidedGap[]> {
  const knownBefore = BigInt(now - ageMs);
  const voided: VoidedGap[] = [];
  const release = async (card: bigint): Promise<void> => {
    const known = aged.filter((moment) => moment.card === card).map(({ known_at }) => known_at);
    const when = { knownBefore, known, now: BigInt(now) };
    try {
      voided.push(...(await voidGapsOf(store, card, when, inFlight, beforeCommit)));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      onFault(card, error);
    }
  };
  const early = new Set(aged.map(({ card }) => card));
  for (const card of early) await release(card);
  // Cards whose gaps stay are passed by, so that they do not keep the others from their turn.
  for (let after: bigint | undefined, turns = 0; turns < AT_A_TIME; ) {
    const due = await dueCards(store, knownBefore, after);
    for (const { card } of due) {
      const before = voided.length;
      if (!early.has(card)) await release(card);
      if (voided.length > before) turns++;
    }
    after = due.at(-1)?.card;
    if (due.length < AT_A_TIME) break;
  }
  return voided;
}

const dueCards = (
  store: Store,
  knownBefore: bigint,
  after: bigint | undefined,
): Promise<{ readonly card: bigint }[]> =>
  store.read((tx) => {
    const query = tx
      .selectFrom("gaps")
      .innerJoin("accounts", "accounts.card", "gaps.card")
      .select("gaps.card")
      .distinct()
      .where("voided_at", "is", null)
      .where("known_at", "<=", knownBefore)
      .where("accounts.state", "!=", "retired")
      .orderBy("gaps.card")
      .limit(AT_A_TIME);
    return (after === undefined ? query : query.where("gaps.card", ">", after)).execute();
  });

async function voidGapsOf(
  store: Store,
  card: bigint,
  when: { readonly knownBefore: bigint; readonly known: readonly bigint[]; readonly now: bigint },
  inFlight: readonly GapClaim[],
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
    const found = await tx
      .selectFrom("gaps")
      .select(["card", "first", "last", "amount"])
      .where(isDue)
      .execute();
    if (found.length === 0 || account.state === "retired") return [];
    const claims = [...inFlight, ...(await listUnmatched(tx, { open: true }))];
    const gaps = found.filter((gap) => !claims.some((payment) => couldBelong(payment, gap)));
    if (gaps.length === 0) return [];
    await tx
      .updateTable("gaps")
      .set({ voided_at: when.now })
      .where("card", "=", card)
      .where(
        "first",
        "in",
        gaps.map(({ first }) => first),
      )
      .execute();
    for (const { amount } of gaps) account.voided += amount;
    await queueUpdate(store, tx, account, "gap", when.now);
    await saveAccount(tx, account);
    beforeCommit();
    return gaps;
  });
}
