import type { Msat } from "../../../common/index.js";

/** A payment to the deputy: complete, held, and not decided yet. */
export interface DeputyPayment {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** All parts together. */
  readonly received: Msat;
  /** `payment_metadata` of the final onion. */
  readonly metadata: Uint8Array | undefined;
  /** Unix seconds. */
  readonly now: number;
  readonly blockHeight: number;
}

/**
 * Decides about a payment to the deputy: the preimage claims it, undefined fails it. The node asks at most once
 * for a payment hash that it has claimed.
 */
export type DeputyDecision = (payment: DeputyPayment) => Uint8Array | undefined;
