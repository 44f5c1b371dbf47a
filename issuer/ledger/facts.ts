import { type Msat, msat } from "../../common/msat.js";
import type { Policy } from "../policy/schema.js";
import { findMany } from "../store/many.js";
import type { AuthorizationState } from "../store/schema.js";
import type { FindStatement, Store, Tx } from "../store/types.js";
import type { VerifiedAuthorization } from "../verify.js";
import type { AccountRow } from "./accounts.js";
import {
  cardFees,
  type FeesInPeriods,
  ISSUER_LOAD,
  type IssuerLoad,
  NO_FEES,
  NO_LOAD,
  periodsBefore,
} from "./fees.js";
import { CERTIFIED, GUARANTEE_TOTAL, OFFLINE_PAYEE, type OfflineFacts, offlineFacts } from "./guarantee.js";
import { type LimitsRow, NEWEST, newestOf } from "./limits.js";
import type { PolicyCache } from "./policies.js";

/** The row that a counter has already. */
export interface KnownAuthorization {
  readonly state: AuthorizationState;
  readonly amount: bigint;
  readonly total_after: bigint;
  readonly flags: bigint;
  readonly invoice_hash: Buffer;
  readonly reason: bigint | null;
  /** Of its lease, while it is reserved. */
  readonly owner: bigint | null;
}

/** The skipped counters among which a counter lies. */
export interface Gap {
  readonly first: bigint;
  readonly last: bigint;
  readonly total_before: bigint;
  readonly amount: bigint;
  readonly known_at: bigint;
  readonly voided_at: bigint | null;
}

/** What the ledger knows that bears on one authorization. */
export interface Facts {
  readonly account: AccountRow;
  readonly policy: Policy;
  /** Full sequence that the token acknowledges; undefined when none that was ever made ends like it. */
  readonly acknowledged: bigint | undefined;
  readonly known: KnownAuthorization | undefined;
  readonly gap: Gap | undefined;
  /** Whether limits signed up to `acknowledged` allowed this counter, amount, total and PIN flag; a Bolt Card has none. */
  readonly permitted: boolean;
  /** Whether another live authorization pays the same payment hash. */
  readonly paymentTaken: boolean;
  /** A payment that a node has made for this payment hash, and that no authorization accounts for. */
  readonly paidUnmatched: { readonly amount: Msat; readonly node: bigint } | undefined;
  /** Reserved and settled in the windows that end now. */
  readonly spent24h: Msat;
  readonly spent30d: Msat;
  /** Routing fees of the card in the same windows. */
  readonly fees: FeesInPeriods;
  /** Payments of the card that are reserved right now. */
  readonly inFlight: number;
  /** The newest limits, while the card has not acknowledged them. */
  readonly pending: LimitsRow | undefined;
  /** Of a payee whose terminals accept cards offline, and of the card; undefined for every other payee. */
  readonly offline: OfflineFacts | undefined;
}

/** What is known of some authorizations, and of everything that shares the database. */
export interface Loaded {
  readonly facts: readonly (Facts | undefined)[];
  readonly load: IssuerLoad;
  /** Payments that are reserved right now, to each payee of theirs. */
  readonly inFlightTo: ReadonlyMap<string, number>;
  /** What all cards owe to the guarantee. */
  readonly owed: bigint;
}

const HOUR = 3_600_000n;
const WINDOWS = [24n * HOUR, 720n * HOUR] as const;

/** What was reserved and settled for a card in the windows that end now. */
export interface Spent {
  readonly spent24h: Msat;
  readonly spent30d: Msat;
}

const KNOWN: FindStatement<"card" | "counter", KnownAuthorization> = findMany(
  { card: "int", counter: "int" },
  {
    state: "text",
    amount: "int",
    total_after: "int",
    flags: "int",
    invoice_hash: "bytes",
    reason: "int",
    owner: "int",
  },
  (p) => `select a.state, a.amount, a.total_after, a.flags, a.invoice_hash, a.reason, l.owner
    from authorizations a left join leases l on l.card = a.card and l.counter = a.counter
    where a.card = ${p.card} and a.counter = ${p.counter}`,
);
const GAP: FindStatement<"card" | "counter", Gap> = findMany(
  { card: "int", counter: "int" },
  { first: "int", last: "int", total_before: "int", amount: "int", known_at: "int", voided_at: "int" },
  (p) => `select first, last, total_before, amount, known_at, voided_at from gaps
    where card = ${p.card} and first <= ${p.counter} order by first desc limit 1`,
);
/** What one row can tell of a card: an answer of its own for each would cost as much again. */
interface OfCard extends FeesInPeriods {
  /** 1: limits that were signed allow the claim; 0: none do. */
  readonly permitted: bigint;
  readonly in_flight: bigint;
}
const OF_CARD: FindStatement<
  "card" | "sequence" | "amount" | "counter" | "total" | "pin" | "day" | "month",
  OfCard
> = findMany(
  {
    card: "int",
    sequence: "int",
    amount: "int",
    counter: "int",
    total: "int",
    pin: "int",
    day: "int",
    month: "int",
  },
  { permitted: "int", in_flight: "int", fees24h: "int", fees30d: "int" },
  (p) => `select coalesce((select cast(1 as bigint) from limits
        where card = ${p.card} and sequence <= ${p.sequence} and max_per_transaction >= ${p.amount}
          and max_transactions >= ${p.counter} and credit >= ${p.total}
          and (${p.pin} = 1 or (pin_threshold >= ${p.amount} and no_pin_budget >= ${p.amount}))
        order by sequence desc limit 1), 0) as permitted,
      (select count(*) from leases where card = ${p.card}) as in_flight, f.fees24h, f.fees30d
    from (${cardFees(p)}) f`,
);
const PAYMENT: FindStatement<"paymentHash", PaymentRow> = findMany(
  { paymentHash: "bytes" },
  { card: "int", counter: "int", paid: "int", node: "int" },
  (p) => `select card, counter, -1 as paid, node from authorizations
      where payment_hash = ${p.paymentHash} and live = 1
    union all select 0, 0, amount, node from unmatched where payment_hash = ${p.paymentHash} and state <> 'matched'
      and not exists (select 1 from authorizations where payment_hash = ${p.paymentHash} and live = 1)`,
);
interface Count {
  readonly count: bigint;
}
const IN_FLIGHT_TO: FindStatement<"payee", Count> = findMany(
  { payee: "bytes" },
  { count: "int" },
  (p) => `select count(*) as count from leases where payee = ${p.payee}`,
);
const SPENT: FindStatement<"card" | "since", { readonly spent_after: bigint }> = findMany(
  { card: "int", since: "int" },
  { spent_after: "int" },
  (p) => `select spent_after from authorizations where card = ${p.card} and decided_at <= ${p.since}
    order by decided_at desc, spent_after desc limit 1`,
);

/** The time at which something is decided for a card: the clock, but never before the time of its last decision. */
export const decisionTime = (account: Pick<AccountRow, "decided_at">, now: bigint): bigint =>
  account.decided_at > now ? account.decided_at : now;

/** The sequence that ends in these 24 bits and is not above `newest` (specs/02 §3.1); undefined below 0. */
export function fullSequence(newest: bigint, low24: bigint): bigint | undefined {
  const candidate = (newest & ~0xffffffn) | low24;
  if (candidate <= newest) return candidate;
  return candidate < 0x1000000n ? undefined : candidate - 0x1000000n;
}

/**
 * Reads what bears on each authorization. No two may be of the same card.
 * @param accounts of their cards, held by this transaction
 * @param node of which the payments in flight are counted
 * @param isOffline whether the issuer has a policy for payees that accept cards offline
 * @returns facts in their order, undefined for a card without an account; and those of all cards
 */
export async function loadFacts(
  store: Store,
  tx: Tx,
  policies: PolicyCache,
  accounts: ReadonlyMap<bigint, AccountRow>,
  authorizations: readonly VerifiedAuthorization[],
  node: bigint,
  now: bigint,
  isOffline = false,
): Promise<Loaded> {
  const there = authorizations.filter(({ card }) => accounts.has(card));
  const account = (one: VerifiedAuthorization) => accounts.get(one.card) as AccountRow;

  const policy: Policy[] = [];
  for (const one of there) policy.push(await policies.get(tx, account(one).policy));
  const acknowledged = there.map((one) => fullSequence(account(one).sequence, one.sequence));
  // No gap ends, and no authorization stands, above the highest counter that was seen.
  const passed = there.filter((one) => one.counter <= account(one).top_counter);
  const asking = there.filter((_, i) => hasWindows(policy[i]));
  const waiting = there.map(account).filter(({ acknowledged, sequence }) => acknowledged < sequence);
  // One statement: one way to a database server and back, and one snapshot.
  const payees = new Map(there.map(({ payee, payeeId }) => [payee, payeeId]));
  const ofPayees = [...payees.values()].map((payee) => ({ payee }));
  const [known, gaps, payments, ofCard, spent, newest, inFlightTo, load, offline, certified, total] =
    await store.many.findAll(
      tx,
      { statement: KNOWN, rows: passed.map(({ card, counter }) => ({ card, counter })) },
      { statement: GAP, rows: passed.map(({ card, counter }) => ({ card, counter })) },
      { statement: PAYMENT, rows: there.map(({ paymentHash }) => ({ paymentHash })) },
      {
        statement: OF_CARD,
        rows: there.map((one, i) => {
          const { card, amount, counter, total } = one;
          const sequence = acknowledged[i] ?? -1n;
          const periods = periodsBefore(decisionTime(account(one), now));
          return { card, amount, counter, total, pin: one.pinVerified ? 1n : 0n, sequence, ...periods };
        }),
      },
      {
        statement: SPENT,
        rows: asking.flatMap((one) =>
          WINDOWS.map((length) => ({ card: one.card, since: decisionTime(account(one), now) - length })),
        ),
      },
      { statement: NEWEST, rows: waiting.map(({ card, sequence }) => ({ card, sequence })) },
      { statement: IN_FLIGHT_TO, rows: ofPayees },
      { statement: ISSUER_LOAD, rows: [{ ...periodsBefore(now), node }] },
      { statement: OFFLINE_PAYEE, rows: isOffline ? ofPayees.map((row) => ({ ...row, now })) : [] },
      { statement: CERTIFIED, rows: isOffline ? there.map(({ card }) => ({ card })) : [] },
      { statement: GUARANTEE_TOTAL, rows: isOffline ? [{ id: 1n }] : [] },
    );
  const offlineTo = new Map([...payees.keys()].map((payee, i) => [payee, offline[i]]));
  const windows = spentInWindows(asking.map(account), spent);
  const pending = new Map(waiting.map(({ card }, i) => [card, newest[i]]));

  const knownOf = new Map(passed.map((one, i) => [one.card, known[i]]));
  const gapOf = new Map(passed.map((one, i) => [one.card, containing(gaps[i], one.counter)]));
  const facts = new Map(
    there.map((one, i) => [
      one.card,
      {
        account: account(one),
        policy: policy[i] as Policy,
        acknowledged: acknowledged[i],
        known: knownOf.get(one.card),
        gap: gapOf.get(one.card),
        // No limits were signed for a Bolt Card: its policy alone is what limits it.
        permitted: account(one).kind === "sun" || ofCard[i]?.permitted === 1n,
        paymentTaken: isOther(payments[i], one),
        paidUnmatched: paidOf(payments[i]),
        spent24h: windows.get(one.card)?.[0] ?? msat(0n),
        spent30d: windows.get(one.card)?.[1] ?? msat(0n),
        fees: ofCard[i] ?? NO_FEES,
        inFlight: Number.parseInt((ofCard[i]?.in_flight ?? 0n).toString(), 10),
        pending: pending.get(one.card),
        offline: offlineFacts(offlineTo.get(one.payee), certified[i]),
      } satisfies Facts,
    ]),
  );
  return {
    facts: authorizations.map(({ card }) => facts.get(card)),
    load: load[0] ?? NO_LOAD,
    inFlightTo: new Map([...payees.keys()].map((payee, i) => [payee, counted(inFlightTo[i])])),
    owed: total[0]?.owed ?? 0n,
  };
}

const containing = (gap: Gap | undefined, counter: bigint): Gap | undefined =>
  gap && counter <= gap.last ? gap : undefined;

/** A live authorization of a payment hash, or the payment of the node that none accounts for. */
interface PaymentRow {
  readonly card: bigint;
  readonly counter: bigint;
  /** What the node paid where there is no authorization; -1 where there is one. */
  readonly paid: bigint;
  readonly node: bigint;
}

const isOther = (row: PaymentRow | undefined, one: VerifiedAuthorization): boolean =>
  row !== undefined && row.paid < 0n && (row.card !== one.card || row.counter !== one.counter);

const paidOf = (row: PaymentRow | undefined): Facts["paidUnmatched"] =>
  row && row.paid >= 0n ? { amount: msat(row.paid), node: row.node } : undefined;

const hasWindows = (policy: Policy | undefined): boolean =>
  policy?.maxPer24h !== undefined || policy?.maxPer30d !== undefined;

/**
 * What was reserved and settled in the last 24 hours and 30 days. Every authorization keeps the card's sum up to
 * it, so that a window is a difference of two sums, however much was paid in between. Read only where the policy
 * asks.
 */
function spentInWindows(
  accounts: readonly AccountRow[],
  found: readonly ({ readonly spent_after: bigint } | undefined)[],
): ReadonlyMap<bigint, readonly Msat[]> {
  return new Map(
    accounts.map(({ card, spent }, i) => [
      card,
      WINDOWS.map((_, window) =>
        msat(spent - (found[i * WINDOWS.length + window]?.spent_after ?? 0n), "spent"),
      ),
    ]),
  );
}

/** What cards have spent in the windows of their policies; 0 where a policy has none. */
export async function loadSpent(
  store: Store,
  tx: Tx,
  cards: readonly { readonly account: AccountRow; readonly policy: Policy }[],
  now: bigint,
): Promise<ReadonlyMap<bigint, Spent>> {
  const asking = cards.filter(({ policy }) => hasWindows(policy)).map(({ account }) => account);
  const since = asking.flatMap((account) =>
    WINDOWS.map((length) => ({ card: account.card, since: decisionTime(account, now) - length })),
  );
  const windows = spentInWindows(asking, await store.many.find(tx, SPENT, since));
  const spent = (card: bigint, window: number) => windows.get(card)?.[window] ?? msat(0n);
  return new Map(
    cards.map(({ account: { card } }) => [card, { spent24h: spent(card, 0), spent30d: spent(card, 1) }]),
  );
}

/** The update each card still has to get; undefined where the card has the newest. */
export async function loadPending(
  store: Store,
  tx: Tx,
  accounts: readonly AccountRow[],
): Promise<(LimitsRow | undefined)[]> {
  const waiting = accounts.filter(({ acknowledged, sequence }) => acknowledged < sequence);
  const found = await newestOf(store, tx, waiting);
  const byCard = new Map(waiting.map(({ card }, i) => [card, found[i]]));
  return accounts.map(({ card }) => byCard.get(card));
}

const counted = (row: Count | undefined): number => Number.parseInt((row?.count ?? 0n).toString(), 10);
