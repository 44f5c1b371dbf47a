import type { ChequecardError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import type { NodeUri } from "../node-uri.js";
import type { SettledInvoice } from "../nodes/port.js";

/** One payment to ask for. */
export interface PaymentAsk {
  /** Canonical BOLT 11 string, of the merchant's own node. */
  readonly invoice: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** From the card: untrusted. */
  readonly uri: NodeUri;
  /** 1..1024 bytes. */
  readonly token: Uint8Array;
  /** Ends the waiting; the outcome is `unknown` then, as after a timeout. */
  readonly signal?: AbortSignal;
  /** Told once, when the payer was asked, its connection was lost, and it could not be reached again at once. */
  readonly onUnreachable?: (cause: ChequecardError) => void;
}

/** How an ask ended. Only `paid` means that the merchant has the money; silence never does. */
export type PaymentOutcome =
  | { readonly outcome: "paid"; readonly settled: SettledInvoice }
  /**
   * Nothing is being paid with that token; the reason is in specs/08 §5, absent when the payer gave none. With a
   * temporary one the payer stays the only one who may be asked.
   */
  | { readonly outcome: "rejected"; readonly reason: number | undefined }
  /**
   * No answer. It may still be paid: ask again, or cancel. Never charge again before that. The cause is there when the
   * payer could not be reached any more in the end.
   */
  | { readonly outcome: "unknown"; readonly cause?: ChequecardError }
  /** This time nothing left the merchant's node. */
  | { readonly outcome: "not-sent"; readonly cause: ChequecardError }
  | { readonly outcome: "cancelled" };

export type PaymentAnswer = PaymentOutcome & {
  /** A sealed update for the card that made the token, 149 bytes. */
  readonly cardUpdate: Uint8Array | undefined;
  /** What the payer says is left for that card once this is paid; undefined where it does not tell. */
  readonly left: Msat | undefined;
};

/** The outcome of an invoice that the own node knows as settled. */
export const paidOutcome = (
  paymentHash: Uint8Array,
  { preimage, received, settledAt }: Omit<SettledInvoice, "paymentHash">,
): PaymentOutcome => ({ outcome: "paid", settled: { paymentHash, preimage, received, settledAt } });
