import type { PaymentLookup } from "../../lightning/nodes/port.js";

/** What is known of a reserved authorization beside the node's word. */
export interface Situation {
  /** A call of this process to the node has not returned. */
  readonly active: boolean;
  /** The invoice expired so long ago that no node pays it any more. */
  readonly expired: boolean;
  /** No other process ever held the lease, so no other process can be sending. */
  readonly alone: boolean;
  /** The payee accepts offline: a payment that failed is tried again (specs/09 §8). */
  readonly isRetried: boolean;
}

export type Move =
  /** The preimage proves the payment: book it. */
  | "settle"
  /** Nothing is in flight and nothing can be sent any more: release the money. */
  | "void"
  /** Hand it to the node again; it joins whatever payment there is. */
  | "pay"
  | "wait";

/**
 * What to do about a reserved authorization (specs/03 §4). "Failed" is final only where no other process can send it
 * again; "not found" is never final while somebody may still send, and then the invoice's expiry decides.
 */
export function nextMove(payment: PaymentLookup, { active, expired, alone, isRetried }: Situation): Move {
  switch (payment.state) {
    case "settled":
      return "settle";
    case "unknown":
      return "wait";
    case "failed":
      if (expired) return "void";
      if (active) return "wait";
      if (isRetried) return "pay";
      return alone ? "void" : "wait";
    case "not-found":
      if (expired) return "void";
      return active ? "wait" : "pay";
  }
}
