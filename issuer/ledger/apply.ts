import { msat } from "../../common/index.js";
import { deleteMany, insertMany, updateMany } from "../store/many.js";
import type { Store, Tx } from "../store/types.js";
import type { AccountRow } from "./accounts.js";
import { BOOK, type BookingLine, booking } from "./bookings.js";
import type { Decision } from "./decision.js";
import { type Kept, keepEvidence } from "./evidence.js";
import { type Claim, decisionTime, type Facts, type Gap } from "./facts.js";
import { type Ceiling, type CountedFee, feeChanges } from "./fees.js";
import { type LimitsRow, type NewestLimits, newestToFollow, nextLimits, writeLimits } from "./limits.js";
import { openedGap, splitGap } from "./place.js";

/** A claim with all that is recorded of it. */
export interface Presented extends Claim {
  /** 64 bytes. */
  readonly signature: Buffer;
  /** Type, key set id and clear body, 133 bytes: evidence if it contradicts. */
  readonly message: Buffer;
  /** Canonical. */
  readonly invoice: string;
  readonly amountless: boolean;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A claim, what was known, and what was decided. */
export interface Verdict {
  readonly claim: Presented;
  readonly facts: Facts;
  readonly decision: Decision;
}

/** Who pays what is reserved now. */
export interface LeaseTerms {
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
}

/** What became of a card with a decision. */
export interface Applied {
  /** The update that the card has yet to get, if any. */
  readonly pending: LimitsRow | undefined;
  readonly account: AccountRow;
  /** Of a contradiction: that it is a new one, or that the card was blocked for it now. */
  readonly isNews: boolean;
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
 * Records what was decided, all in the transaction in which the facts were read. No two verdicts may be of the
 * same card or, where they reserve, of the same payment hash.
 * @returns one result for each verdict, in their order
 * @throws StoreError `locked` when another process reserved a payment hash meanwhile, or what the issuer's limits left:
 *   all is to be decided again
 */
export async function applyVerdicts(
  store: Store,
  tx: Tx,
  verdicts: readonly Verdict[],
  { lease, ceiling, freed }: ApplyTerms,
  now: bigint,
): Promise<Applied[]> {
  const kept = new Map<Verdict, Kept>();
  for (const verdict of verdicts) {
    const { claim, decision } = verdict;
    if (decision.kind !== "contradiction") continue;
    const { card, message } = claim;
    kept.set(verdict, await keepEvidence(tx, { card, at: now, contradiction: decision.words, message }));
  }
  const accounts = new Map(
    verdicts.map((verdict) => [verdict, accountAfter(verdict, kept.get(verdict), now)]),
  );
  const after = (verdict: Verdict) => accounts.get(verdict) as AccountRow;
  const updated = await queueUpdates(store, tx, verdicts, after, now);

  const recorded = verdicts.filter(({ decision }) => decision.kind === "reserve" || decision.kind === "void");
  const reserved = recorded.filter(({ decision }) => decision.kind === "reserve");
  const gaps = recorded.map((verdict) => gapChange(verdict, now));
  // One statement: all of it or nothing. No two of its parts touch the same row.
  await store.many.changeAll(
    tx,
    { statement: INSERT_AUTHORIZATION, rows: recorded.map((verdict) => authorizationRow(verdict, now)) },
    { statement: INSERT_LEASE, rows: reserved.map((verdict) => leaseRow(verdict, lease)) },
    { statement: BOOK, rows: reserved.flatMap((verdict) => reserveLines(verdict, now)) },
    { statement: DELETE_GAP, rows: gaps.flatMap(({ deleted }) => deleted) },
    { statement: SHORTEN_GAP, rows: gaps.flatMap(({ shortened }) => shortened) },
    { statement: INSERT_GAP, rows: gaps.flatMap(({ opened }) => opened) },
    {
      statement: UPDATE_ACCOUNT,
      rows: verdicts.filter((verdict) => differs(after(verdict), verdict.facts.account)).map(after),
    },
    ...feeChanges({
      reserved: reserved.map((verdict) => reservedFee(verdict, now)),
      resolved: freed,
      ceiling,
    }),
  );
  return verdicts.map((verdict) => {
    const account = after(verdict);
    const waiting = account.acknowledged < account.sequence;
    return {
      account,
      pending: waiting ? (updated.get(verdict) ?? verdict.facts.pending) : undefined,
      isNews: kept.get(verdict) === "new" || account.state !== verdict.facts.account.state,
    };
  });
}

function authorizationRow({ claim, facts, decision }: Verdict, now: bigint) {
  const reserve = decision.kind === "reserve";
  const at = decisionTime(facts.account, now);
  return {
    card: claim.card,
    counter: claim.counter,
    state: reserve ? "reserved" : "void",
    live: reserve ? 1n : 0n,
    amount: claim.amount,
    total_after: claim.total,
    flags: claim.flags,
    sequence: claim.sequence,
    invoice_hash: claim.invoiceHash,
    payment_hash: claim.paymentHash,
    payee: Buffer.from(claim.payee, "hex"),
    signature: claim.signature,
    spent_after: reserve ? facts.account.spent + claim.amount : facts.account.spent,
    decided_at: at,
    resolved_at: reserve ? null : at,
    reason: decision.kind === "void" ? BigInt(decision.reason) : null,
  };
}

function accountAfter({ claim, facts, decision }: Verdict, kept: Kept | undefined, now: bigint): AccountRow {
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
  if (claim.counter > account.top_counter) {
    account.top_counter = claim.counter;
    account.top_total = claim.total;
  }
  if (decision.kind === "reserve") {
    account.spent += claim.amount;
    account.held += decision.held;
  } else account.voided = msat(account.voided + claim.amount, "voided");
  return account;
}

/** What becomes of the gap that a counter lies in, or that it opens. A part that begins where the gap did is the gap. */
function gapChange({ claim, facts: { account, gap } }: Verdict, now: bigint) {
  const { card } = claim;
  const opened = openedGap(account, claim.counter - 1n, claim.total - claim.amount, now);
  const parts: Gap[] = gap ? splitGap(gap, claim) : opened ? [opened] : [];
  const shortened = parts.filter(({ first }) => first === gap?.first);
  return {
    deleted: gap && shortened.length === 0 ? [{ card, first: gap.first }] : [],
    shortened: shortened.map((part) => ({ ...part, card })),
    opened: parts.filter((part) => !shortened.includes(part)).map((part) => ({ ...part, card })),
  };
}

function leaseRow({ claim, decision }: Verdict, { owner, until }: LeaseTerms) {
  if (decision.kind !== "reserve") throw new Error("only a reserved authorization has a lease");
  return {
    card: claim.card,
    counter: claim.counter,
    payee: Buffer.from(claim.payee, "hex"),
    owner,
    until,
    takeovers: 0n,
    invoice: claim.invoice,
    amount: claim.amountless ? claim.amount : null,
    max_fee: decision.maxFee,
    held: decision.held,
    max_cltv: BigInt(decision.maxCltv),
    expires_at: BigInt(claim.expiresAt),
  };
}

function reserveLines({ claim, facts, decision }: Verdict, now: bigint): BookingLine[] {
  const { card, counter, amount } = claim;
  const at = decisionTime(facts.account, now);
  const held = decision.kind === "reserve" ? decision.held : 0n;
  return [
    ...booking(card, "reserve", counter, "funded", "reserved", amount, at),
    ...(held > 0n ? booking(card, "reserve", counter, "funded", "held", held, at) : []),
  ];
}

const reservedFee = ({ claim, facts, decision }: Verdict, now: bigint): CountedFee => ({
  card: claim.card,
  decidedAt: decisionTime(facts.account, now),
  amount: decision.kind === "reserve" ? decision.maxFee : 0n,
});

/** A void authorization raises the credit, a contradiction blocks the card: either way the card must be told. */
async function queueUpdates(
  store: Store,
  tx: Tx,
  verdicts: readonly Verdict[],
  after: (verdict: Verdict) => AccountRow,
  now: bigint,
): Promise<Map<Verdict, LimitsRow>> {
  const telling = verdicts.filter(
    (verdict) =>
      verdict.decision.kind === "void" ||
      (verdict.decision.kind === "contradiction" && after(verdict).state !== verdict.facts.account.state),
  );
  const newest = await newestToFollow(store, tx, telling.map(after));
  const rows = telling.map((verdict, i) => {
    const cause = verdict.decision.kind === "void" ? "void" : "clone";
    return nextLimits(after(verdict), newest[i] as NewestLimits, {}, cause, now);
  });
  await writeLimits(store, tx, rows);
  telling.forEach((verdict, i) => {
    after(verdict).sequence = (rows[i] as LimitsRow).sequence;
  });
  return new Map(telling.map((verdict, i) => [verdict, rows[i] as LimitsRow]));
}

function differs(a: AccountRow, b: AccountRow): boolean {
  return (Object.keys(a) as (keyof AccountRow)[]).some((name) => a[name] !== b[name]);
}
