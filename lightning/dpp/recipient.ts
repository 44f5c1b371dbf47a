import { bytesToHex, type Msat } from "../../common/index.js";
import {
  type DeputyHtlc,
  decideDeputyHtlc,
  type HeldPayments,
  type HtlcAction,
  type HtlcDecision,
} from "./decide.js";
import { systemTime } from "./invoice.js";
import type { PaidHashes } from "./paid-store.js";
import { type DeputyKeys, type ModernProof, modernTerms, type Recomputed } from "./terms.js";

/** Seconds after its expiry for which a paid invoice stays on record: longer than any HTLC can be held. */
const KEEP_PAID_SECONDS = 60 * 86_400;

/** Recomputes what a payment must keep to from the proof that came with it. */
export type Recompute<Proof> = (paymentHash: Uint8Array, proof: Proof) => Recomputed;

/** For the modern profile. */
export const recomputeModern =
  (keys: DeputyKeys): Recompute<ModernProof> =>
  (paymentHash, proof) =>
    modernTerms(keys, paymentHash, proof);

export interface DeputyRecipientOptions<Proof> {
  readonly recompute: Recompute<Proof>;
  /** Absent only where the node itself never claims a payment hash twice, as the LDK adapter. */
  readonly paid?: PaidHashes;
  /** Default false. */
  readonly allowAmountless?: boolean;
  /** Unix seconds; default the system's clock. */
  readonly now?: () => number;
}

/** A payment all of whose parts the node holds. */
export interface WholePayment<Proof> {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** All parts together. */
  readonly received: Msat;
  readonly proof: Proof;
  /** Names this payment; the same when the node asks again after a restart. Default: never the same. */
  readonly id?: string;
  /** Unix seconds; default the recipient's clock. */
  readonly now?: number;
}

/**
 * The recipient's side of Deputy Payment Processing (specs/07 §9), apart from any node: an adapter tells it of
 * payments to the deputy and does what it answers. Its invoices were never here.
 */
export class DeputyRecipient<Proof = ModernProof> {
  readonly #options: DeputyRecipientOptions<Proof>;
  readonly #now: () => number;
  #held: HeldPayments = new Map();

  constructor(options: DeputyRecipientOptions<Proof>) {
    this.#options = options;
    this.#now = options.now ?? systemTime;
  }

  /** Payments whose parts do not add up yet. */
  get held(): HeldPayments {
    return this.#held;
  }

  /**
   * Decides about a payment that the node has collected: claim or fail, never hold. A claim is on record when this
   * returns.
   * @throws DeputyError `storage`; claim nothing then
   */
  decide({ paymentHash, received, proof, id, now = this.#now() }: WholePayment<Proof>): HtlcAction {
    const htlc = { id: id ?? "", paymentHash, amount: received, total: received, blocksLeft: undefined };
    const { actions } = this.#htlc(new Map(), htlc, proof, now);
    // What is received is the total, so that nothing is left to wait for.
    const action = actions[0] as HtlcAction;
    this.#record(action, now, id === undefined ? [] : [id]);
    return action;
  }

  /** {@link decide} for a node that takes the preimage as "claim" and undefined as "fail". @throws as decide */
  preimageFor(payment: WholePayment<Proof>): Uint8Array | undefined {
    const action = this.decide(payment);
    return action.action === "claim" ? action.preimage : undefined;
  }

  /**
   * Takes one HTLC from a node that does not collect parts itself. What is in none of the actions is held; call
   * {@link tick} every few seconds. After a restart the node tells of its HTLCs again.
   * @throws DeputyError `storage`; the HTLC is not decided then and may be reported again
   */
  receive(htlc: DeputyHtlc, proof: Proof): readonly HtlcAction[] {
    const now = this.#now();
    const { held, actions } = this.#htlc(this.#held, htlc, proof, now);
    for (const action of actions) this.#record(action, now, action.htlcs);
    this.#held = held;
    return actions;
  }

  /** Fails what has waited too long, and forgets what can no longer be asked about. @throws DeputyError */
  tick(): readonly HtlcAction[] {
    const now = this.#now();
    const { held, actions } = decideDeputyHtlc(this.#held, { type: "time", now });
    this.#held = held;
    this.#options.paid?.forgetExpired(now - KEEP_PAID_SECONDS);
    return actions;
  }

  /**
   * Forgets the parts that are held of one payment, or of all: the node does not hold them any more, or tells of them
   * again. Parts that are gone must not be counted.
   */
  forgetHeld(paymentHash?: Uint8Array): void {
    const left = new Map(paymentHash ? this.#held : []);
    if (paymentHash) left.delete(bytesToHex(paymentHash));
    this.#held = left;
  }

  #htlc(held: HeldPayments, htlc: DeputyHtlc, proof: Proof, now: number): HtlcDecision {
    const { recompute, paid, allowAmountless = false } = this.#options;
    return decideDeputyHtlc(held, {
      type: "htlc",
      htlc,
      terms: recompute(htlc.paymentHash, proof),
      paid: paid?.find(htlc.paymentHash),
      allowAmountless,
      now,
    });
  }

  #record(action: HtlcAction, paidAt: number, htlcs: readonly string[]): void {
    if (action.action === "fail" || action.again) return;
    const { paymentHash, preimage, received, expiresAt } = action;
    this.#options.paid?.record({ paymentHash, preimage, htlcs, received, paidAt, expiresAt });
  }
}
