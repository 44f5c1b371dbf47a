import { hex, unhex } from "./bytes.js";
import { sha256 } from "./crypto.js";
import { deputyPreimage, derivedSecret, readMetadata, terminalKey } from "./dpp.js";
import { refusal } from "./odt.js";
import { MAX_AMOUNT } from "./sealed.js";

/** What the recipient of deputy payments decides (specs/07 §9). Bytes are hex, amounts msat, times Unix seconds. */
export interface Htlc {
  readonly id: string;
  readonly paymentHash: string;
  readonly amountMsat: bigint;
  readonly totalMsat: bigint;
  readonly blocksLeft: number;
  readonly metadata: string | null;
  readonly paymentSecret: string;
}

/** A payment whose parts do not add up yet. */
interface Held {
  readonly paymentHash: string;
  readonly total: bigint;
  readonly since: number;
  readonly parts: readonly Htlc[];
}

export interface Recipient {
  readonly master: string;
  /** Key ids in use. */
  readonly terminals: readonly string[];
  readonly allowAmountless: boolean;
  readonly held: readonly Held[];
  /** What was claimed. */
  readonly paid: readonly {
    readonly paymentHash: string;
    readonly preimage: string;
    readonly htlcs: readonly string[];
  }[];
}

export type Action =
  | {
      readonly action: "claim";
      readonly htlcs: readonly string[];
      readonly receivedMsat: bigint;
      readonly preimage: string;
    }
  | {
      readonly action: "fail";
      readonly htlcs: readonly string[];
      readonly reason: string;
      readonly failure: "incorrect_or_unknown_payment_details" | "mpp_timeout";
    };

export interface Decided {
  readonly recipient: Recipient;
  readonly actions: readonly Action[];
}

const MPP_SECONDS = 60;
const MIN_BLOCKS = 24;
const MAX_PARTS = 483;
const MAX_HELD = 1000;

const fail = (htlcs: readonly string[], reason: string): Action => ({
  action: "fail",
  htlcs,
  reason,
  failure: reason === "incomplete" ? "mpp_timeout" : "incorrect_or_unknown_payment_details",
});

interface Terms {
  readonly preimage: string;
  readonly amount: bigint;
  readonly expiresAt: number;
}

/** Rows 3 to 7 of specs/07 §9.2. @returns the reason why there are no terms */
function terms({ master, terminals }: Recipient, htlc: Htlc): Terms | string {
  if (htlc.metadata === null) return "no-metadata";
  const metadata = unhex(htlc.metadata);
  if (refusal(() => readMetadata(metadata)) !== undefined) return "malformed-metadata";
  const { keyId, amountMsat, expiresAt } = readMetadata(metadata);
  if (!terminals.includes(keyId)) return "unknown-terminal";
  const key = terminalKey(unhex(master), unhex(keyId));
  const preimage = deputyPreimage(key, metadata);
  if (hex(sha256(preimage)) !== htlc.paymentHash) return "not-our-hash";
  if (hex(derivedSecret(key, metadata)) !== htlc.paymentSecret) return "wrong-payment-secret";
  return { preimage: hex(preimage), amount: amountMsat, expiresAt };
}

/** Rows 11 and 12: what a total, or a sum, must be. An open amount is at least 1 msat and has no upper bound of its own. */
function totalProblem({ amount }: Terms, total: bigint): string | undefined {
  if (total < amount || total === 0n) return "underpaid";
  return total > MAX_AMOUNT || (amount > 0n && total > 2n * amount) ? "overpaid" : undefined;
}

/** Rows 8 to 12 of an HTLC. */
function htlcProblem(recipient: Recipient, htlc: Htlc, found: Terms, now: number): string | undefined {
  if (now >= found.expiresAt) return "expired";
  if (found.amount === 0n && !recipient.allowAmountless) return "amountless";
  if (htlc.blocksLeft < MIN_BLOCKS) return "too-late";
  return totalProblem(found, htlc.totalMsat);
}

/** An HTLC arrives, or is reported again. */
export function htlcArrives(recipient: Recipient, htlc: Htlc, now: number): Decided {
  const done = (actions: readonly Action[], changes: Partial<Recipient> = {}): Decided => ({
    recipient: { ...recipient, ...changes },
    actions,
  });
  const paid = recipient.paid.find(({ paymentHash }) => paymentHash === htlc.paymentHash);
  if (paid?.htlcs.includes(htlc.id)) {
    const { preimage } = paid;
    return done([{ action: "claim", htlcs: [htlc.id], receivedMsat: htlc.amountMsat, preimage }]);
  }
  if (paid) return done([fail([htlc.id], "already-paid")]);
  const before = recipient.held.find(({ paymentHash }) => paymentHash === htlc.paymentHash);
  if (before?.parts.some(({ id }) => id === htlc.id)) return done([]);
  const found = terms(recipient, htlc);
  if (typeof found === "string") return done([fail([htlc.id], found)]);

  const others = recipient.held.filter((payment) => payment !== before);
  const parts = [...(before?.parts ?? []), htlc];
  const ids = parts.map(({ id }) => id);
  const total = before?.total ?? htlc.totalMsat;
  const tooMany = parts.length > MAX_PARTS || (!before && recipient.held.length >= MAX_HELD);
  const problem =
    htlcProblem(recipient, htlc, found, now) ??
    (total === htlc.totalMsat ? undefined : "parts-differ") ??
    (tooMany ? "too-many-parts" : undefined);
  if (problem) return done([fail(ids, problem)], { held: others });
  const receivedMsat = parts.reduce((sum, { amountMsat }) => sum + amountMsat, 0n);
  if (receivedMsat < total) {
    const since = Math.min(before?.since ?? now, now);
    return done([], { held: [...others, { paymentHash: htlc.paymentHash, total, since, parts }] });
  }
  const excess = totalProblem(found, receivedMsat);
  if (excess) return done([fail(ids, excess)], { held: others });
  const { preimage } = found;
  return done([{ action: "claim", htlcs: ids, receivedMsat, preimage }], {
    held: others,
    paid: [...recipient.paid, { paymentHash: htlc.paymentHash, preimage, htlcs: ids }],
  });
}

/** Time passes (specs/07 §9.3). A clock that is set back prolongs no wait by more than another 60 s. */
export function timePasses(recipient: Recipient, now: number): Decided {
  const isOver = ({ since }: Held): boolean => now - since >= MPP_SECONDS;
  const over = recipient.held.filter(isOver);
  const held = recipient.held
    .filter((payment) => !isOver(payment))
    .map((payment) => ({ ...payment, since: Math.min(payment.since, now) }));
  const actions = over.map(({ parts }) =>
    fail(
      parts.map(({ id }) => id),
      "incomplete",
    ),
  );
  return { recipient: { ...recipient, held }, actions };
}
