import { type Msat, msat } from "../../common/msat.js";
import { deleteMany, insertMany, updateMany } from "../store/many.js";
import type { Store, Tx } from "../store/types.js";
import type { VerifiedAuthorization } from "../verify.js";
import { type AccountRow, remaining } from "./accounts.js";
import { BOOK, type BookingLine, booking } from "./bookings.js";
import type { Decision, Recorded } from "./decision.js";
import { type Kept, keepEvidence } from "./evidence.js";
import { decisionTime, type Facts, type Gap } from "./facts.js";
import { type Ceiling, type CountedFee, feeChanges } from "./fees.js";
import { type Lent, lentLines, owedChanges } from "./guarantee.js";
import { type LimitsRow, type NewestLimits, newestToFollow, nextLimits, writeLimits } from "./limits.js";
import { openedGap, splitGap } from "./place.js";

/** An authorization, what was known, and what was decided. */
export interface Decided {
  readonly authorization: VerifiedAuthorization;
  readonly facts: Facts;
  readonly decision: Decision;
}

/** Who decides, and pays what is reserved now. */
interface LeaseTerms {
  readonly node: bigint;
  readonly owner: bigint;
  /** Unix milliseconds. */
  readonly until: bigint;
}

export interface ApplyTerms {
  readonly lease: LeaseTerms;
  /** Of all payments and fees, as it was when they were decided. */
  readonly ceiling: Ceiling;
  /** Fees of payments that were voided in the same transaction. */
  readonly freed: readonly CountedFee[];
  /** Of what cards owe, what the same payments settled. */
  readonly settledDebt: bigint;
  /** Most that all cards together may owe. */
  readonly maxOwed: bigint;
}

const int = "int" as const;
const bytes = "bytes" as const;

const INSERT_AUTHORIZATION = insertMany(
  "authorizations",
  {
    card: int,
    counter: int,
    state: "text",
    live: int,
    amount: int,
    total_after: int,
    flags: int,
    sequence: int,
    invoice_hash: bytes,
    payment_hash: bytes,
    payee: bytes,
    signature: bytes,
    spent_after: int,
    decided_at: int,
    resolved_at: int,
    reason: int,
    node: int,
  },
  "payment_hash",
);
const INSERT_LEASE = insertMany(
  "leases",
  {
    card: int,
    counter: int,
    payee: bytes,
    owner: int,
    until: int,
    takeovers: int,
    invoice: "text",
    amount: int,
    max_fee: int,
    held: int,
    max_cltv: int,
    expires_at: int,
    node: int,
  },
  "card",
);
const DELETE_GAP = deleteMany("gaps", { card: int, first: int });
const SHORTEN_GAP = updateMany(
  "gaps",
  { card: int, first: int, last: int, amount: int },
  ["card", "first"],
  (p) => `last = ${p.last}, amount = ${p.amount}`,
);
const INSERT_GAP = insertMany(
  "gaps",
  { card: int, first: int, last: int, total_before: int, amount: int, known_at: int },
  "card",
);
const CHANGING = [
  "state",
  "funded",
  "owed",
  "voided",
  "spent",
  "decided_at",
  "top_counter",
  "top_total",
  "sequence",
  "acknowledged",
  "held",
] as const;
/** Only over the version that was read. */
const UPDATE_ACCOUNT = updateMany(
  "accounts",
  {
    card: int,
    version: int,
    state: "text",
    funded: int,
    owed: int,
    voided: int,
    spent: int,
    decided_at: int,
    top_counter: int,
    top_total: int,
    sequence: int,
    acknowledged: int,
    held: int,
  },
  ["card", "version"],
  (p) => [`version = ${p.version} + 1`, ...CHANGING.map((name) => `${name} = ${p[name]}`)].join(", "),
);

/**
 * Records what was decided, all in the transaction in which the facts were read. No two may be of the
 * same card or, where they reserve, of the same payment hash.
 * @returns one for each, in their order
 * @throws StoreError `locked` when another process reserved a payment hash meanwhile, or what the issuer's limits left:
 *   all is to be decided again
 */
export async function record(
  store: Store,
  tx: Tx,
  decided: readonly Decided[],
  { lease, ceiling, freed, settledDebt, maxOwed }: ApplyTerms,
  now: bigint,
): Promise<Recorded[]> {
  const kept = new Map<Decided, Kept>();
  for (const one of decided) {
    const { authorization, decision } = one;
    if (decision.kind !== "contradiction") continue;
    const { card, message } = authorization;
    kept.set(one, await keepEvidence(tx, { card, at: now, contradiction: decision.words, message }));
  }
  const accounts = new Map(decided.map((one) => [one, accountAfter(one, kept.get(one), now)]));
  const after = (one: Decided) => accounts.get(one) as AccountRow;
  const updated = await queueUpdates(store, tx, decided, after, now);

  const recorded = decided.filter(({ decision }) => decision.kind === "reserve" || decision.kind === "void");
  const reserved = recorded.filter(({ decision }) => decision.kind === "reserve");
  const lent = reserved.flatMap((one) => lentTo(one, now));
  const gaps = recorded.map((one) => gapChange(one, now));
  // One statement: all of it or nothing. No two of its parts touch the same row.
  await store.many.changeAll(
    tx,
    { statement: INSERT_AUTHORIZATION, rows: recorded.map((one) => authorizationRow(one, lease, now)) },
    { statement: INSERT_LEASE, rows: reserved.map((one) => leaseRow(one, lease)) },
    {
      statement: BOOK,
      rows: [...lent.flatMap(lentLines), ...reserved.flatMap((one) => reserveLines(one, now))],
    },
    { statement: DELETE_GAP, rows: gaps.flatMap(({ deleted }) => deleted) },
    { statement: SHORTEN_GAP, rows: gaps.flatMap(({ shortened }) => shortened) },
    { statement: INSERT_GAP, rows: gaps.flatMap(({ opened }) => opened) },
    {
      statement: UPDATE_ACCOUNT,
      rows: decided.filter((one) => differs(after(one), one.facts.account)).map(after),
    },
    ...feeChanges({
      reserved: reserved.map((one) => reservedFee(one, now)),
      resolved: freed,
      ceiling,
    }),
    ...owedChanges(lent, settledDebt, maxOwed),
  );
  return decided.map((one) => {
    const account = after(one);
    const waiting = account.acknowledged < account.sequence;
    return {
      decision: one.decision,
      decidedAt: account.decided_at,
      pending: waiting ? (updated.get(one) ?? one.facts.pending) : undefined,
      left: toldBalance(one, account),
      isNews: kept.get(one) === "new" || account.state !== one.facts.account.state,
    };
  });
}

/** After the payment, for the receipt. */
function toldBalance({ decision, facts }: Decided, account: AccountRow): Msat | undefined {
  const isPaid =
    decision.kind === "reserve" || (decision.kind === "known" && decision.known.state !== "void");
  return isPaid && facts.policy.tellsBalance && account.state === "active" ? remaining(account) : undefined;
}

function authorizationRow({ authorization, facts, decision }: Decided, lease: LeaseTerms, now: bigint) {
  const reserve = decision.kind === "reserve";
  const at = decisionTime(facts.account, now);
  return {
    card: authorization.card,
    counter: authorization.counter,
    state: reserve ? "reserved" : "void",
    live: reserve ? 1n : 0n,
    amount: authorization.amount,
    total_after: authorization.total,
    flags: authorization.flags,
    sequence: authorization.sequence,
    invoice_hash: authorization.invoiceHash,
    payment_hash: authorization.paymentHash,
    payee: authorization.payeeId,
    signature: authorization.signature,
    spent_after: reserve ? facts.account.spent + authorization.amount : facts.account.spent,
    decided_at: at,
    resolved_at: reserve ? null : at,
    reason: decision.kind === "void" ? BigInt(decision.reason) : null,
    node: decision.kind === "reserve" ? decision.node : lease.node,
  };
}

function accountAfter(
  { authorization, facts, decision }: Decided,
  kept: Kept | undefined,
  now: bigint,
): AccountRow {
  const account = { ...facts.account };
  if (decision.kind === "contradiction") {
    // Who unblocked the card has seen what is kept: a repeat of it, by anybody, must not undo that.
    if (account.state === "active" && kept !== "repeat") account.state = "blocked";
    return account;
  }
  const acknowledged = facts.acknowledged ?? 0n;
  if (acknowledged > account.acknowledged) account.acknowledged = acknowledged;
  if (decision.kind !== "reserve" && decision.kind !== "void") return account;
  account.decided_at = decisionTime(account, now);
  if (authorization.counter > account.top_counter) {
    account.top_counter = authorization.counter;
    account.top_total = authorization.total;
  }
  if (decision.kind === "reserve") {
    if (decision.guaranteed) {
      account.funded = msat(account.funded + authorization.amount, "funded");
      account.owed += authorization.amount;
    }
    account.spent += authorization.amount;
    account.held += decision.held;
  } else account.voided = msat(account.voided + authorization.amount, "voided");
  return account;
}

/**
 * What becomes of the gap that a counter lies in, or that it opens. A part that begins where the gap did is the gap.
 * Counters that a Bolt Card skips are readings that nobody was paid for.
 */
function gapChange({ authorization, facts: { account, gap } }: Decided, now: bigint) {
  const { card } = authorization;
  if (account.kind === "sun") return { deleted: [], shortened: [], opened: [] };
  const opened = openedGap(
    account,
    authorization.counter - 1n,
    authorization.total - authorization.amount,
    now,
  );
  const parts: Gap[] = gap ? splitGap(gap, authorization) : opened ? [opened] : [];
  const shortened = parts.filter(({ first }) => first === gap?.first);
  return {
    deleted: gap && shortened.length === 0 ? [{ card, first: gap.first }] : [],
    shortened: shortened.map((part) => ({ ...part, card })),
    opened: parts.filter((part) => !shortened.includes(part)).map((part) => ({ ...part, card })),
  };
}

/** What another node is to settle is nobody's, and left from the first: a service of that node takes it over. */
const LEFT = { owner: 0n, until: 0n };

function leaseRow({ authorization, decision }: Decided, lease: LeaseTerms) {
  if (decision.kind !== "reserve") throw new Error("only a reserved authorization has a lease");
  const { owner, until } = decision.node === lease.node ? lease : LEFT;
  return {
    card: authorization.card,
    counter: authorization.counter,
    payee: authorization.payeeId,
    owner,
    until,
    takeovers: 0n,
    invoice: authorization.invoice,
    amount: authorization.amountless ? authorization.amount : null,
    max_fee: decision.maxFee,
    held: decision.held,
    max_cltv: BigInt(decision.maxCltv),
    expires_at: BigInt(authorization.expiresAt),
    node: decision.node,
  };
}

function reserveLines({ authorization, facts, decision }: Decided, now: bigint): BookingLine[] {
  const { card, counter, amount } = authorization;
  const at = decisionTime(facts.account, now);
  const held = decision.kind === "reserve" ? decision.held : 0n;
  return [
    ...booking(card, "reserve", counter, "funded", "reserved", amount, at),
    ...(held > 0n ? booking(card, "reserve", counter, "funded", "held", held, at) : []),
  ];
}

/** What the issuer lends to the card for the payment. */
function lentTo({ authorization, facts, decision }: Decided, now: bigint): Lent[] {
  if (decision.kind !== "reserve" || !decision.guaranteed) return [];
  const { card, counter, amount, payeeId } = authorization;
  const at = decisionTime(facts.account, now);
  return [{ card, counter, amount, cause: decision.guaranteed, payee: payeeId, at }];
}

function reservedFee({ authorization, facts, decision }: Decided, now: bigint): CountedFee {
  if (decision.kind !== "reserve") throw new Error("only a reserved authorization has a fee");
  const { node, maxFee: amount } = decision;
  return { card: authorization.card, node, decidedAt: decisionTime(facts.account, now), amount };
}

/** A void authorization raises the credit, a contradiction blocks the card: either way the card needs an update. */
async function queueUpdates(
  store: Store,
  tx: Tx,
  decided: readonly Decided[],
  after: (one: Decided) => AccountRow,
  now: bigint,
): Promise<Map<Decided, LimitsRow>> {
  const telling = decided.filter(
    (one) =>
      one.facts.account.kind === "token" &&
      (one.decision.kind === "void" ||
        (one.decision.kind === "contradiction" && after(one).state !== one.facts.account.state)),
  );
  const newest = await newestToFollow(store, tx, telling.map(after));
  const rows = telling.map((one, i) => {
    const cause = one.decision.kind === "void" ? "void" : "clone";
    return nextLimits(after(one), newest[i] as NewestLimits, {}, cause, now);
  });
  await writeLimits(store, tx, rows);
  telling.forEach((one, i) => {
    after(one).sequence = (rows[i] as LimitsRow).sequence;
  });
  return new Map(telling.map((one, i) => [one, rows[i] as LimitsRow]));
}

function differs(a: AccountRow, b: AccountRow): boolean {
  return (Object.keys(a) as (keyof AccountRow)[]).some((name) => a[name] !== b[name]);
}
