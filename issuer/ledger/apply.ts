import { msat } from "../../common/index.js";
import { deleteMany, insertMany, updateMany } from "../store/many.js";
import type { Store, Tx } from "../store/types.js";
import type { AccountRow } from "./accounts.js";
import { type BookingLine, book, booking } from "./bookings.js";
import type { Decision } from "./decision.js";
import { keepEvidence } from "./evidence.js";
import { type Claim, decisionTime, type Facts, type Gap } from "./facts.js";
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

/**
 * `again`: another process reserved the payment hash meanwhile, decide once more. Else the update that the card
 * has yet to get, if any.
 */
export type Applied =
  | { readonly kind: "again" }
  | { readonly kind: "done"; readonly pending: LimitsRow | undefined; readonly account: AccountRow };

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
    max_cltv: int,
    expires_at: int,
  },
  "card",
);
const DELETE_GAP = deleteMany("gaps", { card: int, first: int });
const INSERT_GAP = insertMany(
  "gaps",
  { card: int, first: int, last: int, total_before: int, amount: int, known_at: int },
  "card",
);
const UPDATE_ACCOUNT = updateMany(
  "accounts",
  {
    card: int,
    state: "text",
    voided: int,
    spent: int,
    decided_at: int,
    top_counter: int,
    top_total: int,
    sequence: int,
    acknowledged: int,
  },
  ["card"],
  (p) =>
    ["state", "voided", "spent", "decided_at", "top_counter", "top_total", "sequence", "acknowledged"]
      .map((name) => `${name} = ${p[name as keyof typeof p]}`)
      .join(", "),
);

/**
 * Records what was decided, all in the transaction in which the facts were read. No two verdicts may be of the
 * same card or, where they reserve, of the same payment hash.
 * @returns one result for each verdict, in their order
 */
export async function applyVerdicts(
  store: Store,
  tx: Tx,
  verdicts: readonly Verdict[],
  lease: LeaseTerms,
  now: bigint,
): Promise<Applied[]> {
  const { many } = store;
  const recorded = verdicts.filter(({ decision }) => decision.kind === "reserve" || decision.kind === "void");
  const inserted = await many.change(
    tx,
    INSERT_AUTHORIZATION,
    recorded.map((verdict) => authorizationRow(verdict, now)),
  );
  const lost = new Set(recorded.filter((_, i) => !inserted[i]));
  const kept = recorded.filter((verdict) => !lost.has(verdict));

  const accounts = new Map(
    verdicts.map((verdict) => [verdict, accountAfter(verdict, lost.has(verdict), now)]),
  );
  const after = (verdict: Verdict) => accounts.get(verdict) as AccountRow;

  const changed = verdicts.filter(({ decision }) => decision.kind === "contradiction");
  await keepEvidence(
    tx,
    changed.map(({ claim, decision }) => ({
      card: claim.card,
      at: now,
      contradiction: decision.kind === "contradiction" ? decision.words : "",
      message: claim.message,
    })),
  );

  const updated = await queueUpdates(
    store,
    tx,
    verdicts.filter((verdict) => !lost.has(verdict)),
    after,
    now,
  );
  const reserved = kept.filter(({ decision }) => decision.kind === "reserve");
  await many.change(
    tx,
    DELETE_GAP,
    kept.flatMap(({ claim, facts: { gap } }) => (gap ? [{ card: claim.card, first: gap.first }] : [])),
  );
  await many.change(
    tx,
    INSERT_GAP,
    kept.flatMap((verdict) => newGaps(verdict, now)),
  );
  await many.change(
    tx,
    INSERT_LEASE,
    reserved.map((verdict) => leaseRow(verdict, lease)),
  );
  await book(
    store,
    tx,
    reserved.flatMap(({ claim, facts }) => reserveLines(claim, decisionTime(facts.account, now))),
  );
  await many.change(
    tx,
    UPDATE_ACCOUNT,
    verdicts.flatMap((verdict) => (differs(after(verdict), verdict.facts.account) ? [after(verdict)] : [])),
  );
  return verdicts.map((verdict) => {
    if (lost.has(verdict)) return { kind: "again" };
    const account = after(verdict);
    const waiting = account.acknowledged < account.sequence;
    return {
      kind: "done",
      account,
      pending: waiting ? (updated.get(verdict) ?? verdict.facts.pending) : undefined,
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

function accountAfter({ claim, facts, decision }: Verdict, lost: boolean, now: bigint): AccountRow {
  const account = { ...facts.account };
  if (lost) return account;
  if (decision.kind === "contradiction") {
    if (account.state === "active") account.state = "blocked";
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
  if (decision.kind === "reserve") account.spent += claim.amount;
  else account.voided = msat(account.voided + claim.amount, "voided");
  return account;
}

function newGaps({ claim, facts }: Verdict, now: bigint) {
  const opened = openedGap(facts.account, claim.counter - 1n, claim.total - claim.amount, now);
  const parts: Gap[] = facts.gap ? splitGap(facts.gap, claim) : opened ? [opened] : [];
  return parts.map((part) => ({ ...part, card: claim.card }));
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
    max_cltv: BigInt(decision.maxCltv),
    expires_at: BigInt(claim.expiresAt),
  };
}

const reserveLines = (claim: Claim, at: bigint): BookingLine[] =>
  booking(claim.card, "reserve", claim.counter, "funded", "reserved", claim.amount, at);

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
