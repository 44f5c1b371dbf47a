import { equalBytes } from "../../common/bytes.js";
import { type Msat, msat } from "../../common/msat.js";
import type { Policy } from "../policy/schema.js";
import { findMany, updateMany } from "../store/many.js";
import type { FindStatement, Store, Tx } from "../store/types.js";
import { type AccountRow, lockAccounts, remaining, saveAccount } from "./accounts.js";
import { keepEvidence } from "./evidence.js";
import { loadSpent } from "./facts.js";
import type { PolicyCache } from "./policies.js";

/** A genuine reading of a Bolt Card. */
export interface Reading {
  readonly card: bigint;
  /** 1..2^24-1. */
  readonly counter: bigint;
  /** `p` and `c` as received, 24 bytes. */
  readonly bytes: Buffer;
}

/** What becomes of a reading. */
export type TakenReading =
  /** First of its counter, durable: it may be paid for. */
  | {
      readonly kind: "taken";
      readonly account: AccountRow;
      readonly policy: Policy;
      readonly hasPin: boolean;
      /** What may be paid now, by money and policy. */
      readonly left: Msat;
    }
  /** This very reading was taken before. */
  | { readonly kind: "repeat" }
  /** A reading with a later counter was taken before. */
  | { readonly kind: "older"; readonly isNews: boolean; readonly isBlocked: boolean }
  /** Another reading had the same counter: two chips have these keys. */
  | { readonly kind: "clone"; readonly isNews: boolean; readonly isBlocked: boolean }
  /** The chip is no card any more. */
  | { readonly kind: "gone" };

/** Which evidence blocks a card at once. */
export interface BlockRules {
  readonly clone: boolean;
  readonly older: boolean;
}

const TAKE = updateMany(
  "sun_cards",
  { card: "int", counter: "int", bytes: "bytes" },
  ["card"],
  (p) => `counter = ${p.counter}, reading = ${p.bytes}`,
  (p) => `sun_cards.counter < ${p.counter} and sun_cards.live = 1`,
);

interface ReadRow {
  readonly counter: bigint;
  readonly reading: Buffer | null;
  readonly live: bigint;
  readonly has_pin: bigint;
}

const READ: FindStatement<"card", ReadRow> = findMany(
  { card: "int" },
  { counter: "int", reading: "bytes", live: "int", has_pin: "int" },
  (p) =>
    `select counter, reading, live, cast(case when pin_check is null then 0 else 1 end as bigint) as has_pin
      from sun_cards where card = ${p.card}`,
);

/**
 * Takes readings, each counter of a card once (specs/10 §7.2): durable before anybody gets something for it. A first
 * reading shows that the chip has its keys, and puts a pending card into use. No two may be of the same card.
 * @returns one for each, in their order
 */
export async function takeReadings(
  store: Store,
  tx: Tx,
  policies: PolicyCache,
  readings: readonly Reading[],
  rules: BlockRules,
  now: bigint,
): Promise<TakenReading[]> {
  // First of all, as decisions do it.
  const accounts = await lockAccounts(
    store,
    tx,
    readings.map(({ card }) => card),
  );
  const sorted = [...readings].sort((a, b) => (a.card < b.card ? -1 : 1));
  const changed = await store.many.change(
    tx,
    TAKE,
    sorted.map(({ card, counter, bytes }) => ({ card, counter, bytes })),
  );
  const taken = new Set(sorted.filter((_, i) => changed[i]).map(({ card }) => card));
  const rows = await store.many.find(
    tx,
    READ,
    readings.map(({ card }) => ({ card })),
  );
  const found = new Map<bigint, { readonly account: AccountRow; readonly policy: Policy }>();
  for (const { card } of readings) {
    const account = accounts.get(card);
    if (account && taken.has(card))
      found.set(card, { account, policy: await policies.get(tx, account.policy) });
  }
  const spent = await loadSpent(store, tx, [...found.values()], now);
  const results: TakenReading[] = [];
  for (const [i, reading] of readings.entries()) {
    const account = accounts.get(reading.card);
    const row = rows[i];
    const known = found.get(reading.card);
    if (!account || !row || row.live !== 1n) {
      results.push({ kind: "gone" });
      continue;
    }
    if (!known) {
      results.push(await refused(tx, account, reading, row, rules, now));
      continue;
    }
    if (account.state === "pending") {
      account.state = "active";
      account.activated = 1n;
      await saveAccount(tx, account);
    }
    const hasPin = row.has_pin === 1n;
    const windows = spent.get(reading.card) ?? { spent24h: msat(0n), spent30d: msat(0n) };
    const { policy } = known;
    const left = payable(account, policy, windows, hasPin);
    results.push({ kind: "taken", account, policy, hasPin, left });
  }
  return results;
}

/** A reading whose counter is not above the highest one: each is kept as evidence, but for the very same again. */
async function refused(
  tx: Tx,
  account: AccountRow,
  { counter, bytes }: Reading,
  row: ReadRow,
  rules: BlockRules,
  now: bigint,
): Promise<TakenReading> {
  const isSame = counter === row.counter;
  if (isSame && row.reading && equalBytes(row.reading, bytes)) return { kind: "repeat" };
  const kind = isSame ? "clone" : "older";
  const contradiction = isSame
    ? `two different readings under counter ${counter}`
    : `a reading of counter ${counter} after one of ${row.counter}`;
  const kept = await keepEvidence(tx, { card: account.card, at: now, contradiction, message: bytes });
  const isBlocked = rules[kind] && account.state === "active" && kept !== "repeat";
  if (isBlocked) {
    account.state = "blocked";
    await saveAccount(tx, account);
  }
  return { kind, isNews: kept === "new" || isBlocked, isBlocked };
}

/** The most that one payment may have now. */
function payable(
  account: AccountRow,
  policy: Policy,
  { spent24h, spent30d }: { readonly spent24h: bigint; readonly spent30d: bigint },
  hasPin: boolean,
): Msat {
  const limits = [
    remaining(account),
    policy.maxPerTransaction,
    policy.maxPer24h === undefined ? undefined : policy.maxPer24h - spent24h,
    policy.maxPer30d === undefined ? undefined : policy.maxPer30d - spent30d,
    // Above it nothing is paid without a PIN, and the card has none.
    hasPin ? undefined : policy.pinRequiredAbove,
  ].filter((limit) => limit !== undefined);
  const least = limits.reduce<bigint>((low, limit) => (limit < low ? limit : low), remaining(account));
  return msat(least > 0n ? least : 0n, "left");
}
