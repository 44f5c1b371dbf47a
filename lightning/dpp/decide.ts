import { bytesToHex, MAX_MSAT, type Msat } from "../../common/index.js";
import type { PaidRecord } from "./paid-store.js";
import { type FailureMessage, failureMessage, type RefusalReason } from "./refusals.js";
import type { DeputyTerms, Recomputed } from "./terms.js";

/** Seconds for which the first part of a payment waits for the others (BOLT 4: at least 60). */
export const MPP_SECONDS = 60;
/** Fewest blocks that may be left until an HTLC expires, when the node leaves that check to this project. */
export const MIN_BLOCKS_LEFT = 24;
/** HTLCs of one payment: as many as one channel carries. */
export const MAX_PARTS = 483;
/** Payments that are held at the same time. */
export const MAX_HELD_PAYMENTS = 1000;

/** One HTLC, or all of a payment at once where the node has collected them. */
export interface DeputyHtlc {
  /** Names the HTLC for good: the same after a restart of the node, never used for another one. */
  readonly id: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** What arrives with it. */
  readonly amount: Msat;
  /** `total_msat` of the final onion; undefined: what the invoice asks for, as in draft-819. */
  readonly total: Msat | undefined;
  /** Blocks until it expires; undefined where the node checks that itself. */
  readonly blocksLeft: number | undefined;
}

/** A payment whose parts do not add up yet. */
export interface HeldPayment {
  readonly paymentHash: Uint8Array;
  readonly terms: DeputyTerms;
  readonly total: Msat;
  /** Whether the payer named that total; without, the parts are simply too little when time is up. */
  readonly promised: boolean;
  readonly parts: ReadonlyMap<string, Msat>;
  /** Unix seconds of the first part. */
  readonly since: number;
}

/** Held payments by payment hash in hex. */
export type HeldPayments = ReadonlyMap<string, HeldPayment>;

export type HtlcEvent =
  | {
      readonly type: "htlc";
      readonly htlc: DeputyHtlc;
      readonly terms: Recomputed;
      /** What is on record for the payment hash. */
      readonly paid: PaidRecord | undefined;
      readonly allowAmountless: boolean;
      /** Unix seconds. */
      readonly now: number;
    }
  | { readonly type: "time"; readonly now: number };

/** What is to be done with HTLCs. One that is in no action is held. */
export type HtlcAction =
  | {
      readonly action: "claim";
      readonly paymentHash: Uint8Array;
      readonly htlcs: readonly string[];
      readonly preimage: Uint8Array;
      readonly received: Msat;
      /** Unix seconds; undefined in draft-819. */
      readonly expiresAt: number | undefined;
      /** True when this was decided before, and the node asks again. */
      readonly again: boolean;
    }
  | {
      readonly action: "fail";
      readonly paymentHash: Uint8Array;
      readonly htlcs: readonly string[];
      readonly reason: RefusalReason;
      readonly failure: FailureMessage;
    };

export interface HtlcDecision {
  readonly held: HeldPayments;
  readonly actions: readonly HtlcAction[];
}

/**
 * Decides what becomes of HTLCs to the deputy (specs/07 §9). Pure: state and event in, state and actions out. Before
 * a claim is carried out its record must be durable. All parts are claimed or none.
 */
export function decideDeputyHtlc(held: HeldPayments, event: HtlcEvent): HtlcDecision {
  return event.type === "time" ? timePasses(held, event.now) : htlcArrives(held, event);
}

function htlcArrives(held: HeldPayments, event: HtlcEvent & { type: "htlc" }): HtlcDecision {
  const { htlc, terms, paid, now } = event;
  // The preimage is out: what was decided with it stays decided, whatever the clock or the keys say since.
  if (paid?.htlcs.includes(htlc.id)) return { held, actions: [claimAgain(htlc, paid)] };
  if (paid) return { held, actions: [fail(htlc.paymentHash, [htlc.id], "already-paid")] };
  const key = bytesToHex(htlc.paymentHash);
  const before = held.get(key);
  // Told again while it is held: it stands where it stood, whatever it says now.
  if (before?.parts.has(htlc.id)) return { held, actions: [] };
  if (typeof terms === "string") return { held, actions: [fail(htlc.paymentHash, [htlc.id], terms)] };

  const total = htlc.total ?? (terms.amount === 0n ? htlc.amount : terms.amount);
  const payment: HeldPayment = {
    paymentHash: htlc.paymentHash,
    terms,
    total: before?.total ?? total,
    promised: htlc.total !== undefined,
    parts: new Map([...(before?.parts ?? []), [htlc.id, htlc.amount]]),
    since: Math.min(before?.since ?? now, now),
  };
  const reason =
    refuseHtlc(htlc, event) ??
    refuseTotal(terms, total) ??
    (payment.total === total ? undefined : "parts-differ") ??
    (payment.parts.size > MAX_PARTS || (!before && held.size >= MAX_HELD_PAYMENTS)
      ? "too-many-parts"
      : undefined);
  if (reason) return settle(held, key, fail(htlc.paymentHash, [...payment.parts.keys()], reason));

  let received = 0n;
  for (const amount of payment.parts.values()) received += amount;
  if (received < payment.total) return { held: new Map(held).set(key, payment), actions: [] };
  const tooMuch = refuseTotal(terms, received);
  if (tooMuch) return settle(held, key, fail(htlc.paymentHash, [...payment.parts.keys()], tooMuch));
  return settle(held, key, {
    action: "claim",
    paymentHash: htlc.paymentHash,
    htlcs: [...payment.parts.keys()],
    preimage: terms.preimage,
    received: received as Msat,
    expiresAt: terms.expiresAt,
    again: false,
  });
}

/** What is wrong with the HTLC by itself. */
function refuseHtlc(htlc: DeputyHtlc, event: HtlcEvent & { type: "htlc" }): RefusalReason | undefined {
  const { terms, now, allowAmountless } = event;
  if (typeof terms === "string") return terms;
  if (terms.expiresAt !== undefined && now >= terms.expiresAt) return "expired";
  if (terms.amount === 0n && !allowAmountless) return "amountless";
  if (htlc.blocksLeft !== undefined && htlc.blocksLeft < MIN_BLOCKS_LEFT) return "too-late";
  return undefined;
}

/** BOLT 4: at least the amount, at most twice as much. */
function refuseTotal({ amount }: DeputyTerms, total: bigint): RefusalReason | undefined {
  if (total === 0n || total < amount) return "underpaid";
  return total > MAX_MSAT || (amount > 0n && total > 2n * amount) ? "overpaid" : undefined;
}

function timePasses(held: HeldPayments, now: number): HtlcDecision {
  const left = new Map<string, HeldPayment>();
  const actions: HtlcAction[] = [];
  for (const [key, payment] of held) {
    if (now - payment.since >= MPP_SECONDS)
      actions.push(
        fail(payment.paymentHash, [...payment.parts.keys()], payment.promised ? "incomplete" : "underpaid"),
      );
    // A clock that was set back must not hold HTLCs until they time out on the chain.
    else left.set(key, { ...payment, since: Math.min(payment.since, now) });
  }
  return { held: left, actions };
}

function settle(held: HeldPayments, key: string, action: HtlcAction): HtlcDecision {
  const left = new Map(held);
  left.delete(key);
  return { held: left, actions: [action] };
}

const fail = (paymentHash: Uint8Array, htlcs: readonly string[], reason: RefusalReason): HtlcAction => ({
  action: "fail",
  paymentHash,
  htlcs,
  reason,
  failure: failureMessage(reason),
});

const claimAgain = (htlc: DeputyHtlc, paid: PaidRecord): HtlcAction => ({
  action: "claim",
  paymentHash: htlc.paymentHash,
  htlcs: [htlc.id],
  preimage: paid.preimage,
  received: htlc.amount,
  expiresAt: paid.expiresAt,
  again: true,
});
