import { CardStatusError } from "../../apdu/card-status-error.js";
import { TransportError } from "../../apdu/transport.js";
import { type ChequecardError, ParseError } from "../../common/errors.js";
import { InitiationError } from "../../lightning/api/initiation.js";
import type { PaymentAnswer } from "../../lightning/api/outcome.js";
import { describeReason, isTemporaryReason } from "../../lightning/api/reasons.js";
import { UntrustedUriError } from "../../lightning/untrusted-uri-error.js";
import type { Sale } from "./sale.js";

/** What another card, or the same one again, may still mend; anything else ends the call. */
export const isRefusal = (error: unknown): error is ChequecardError =>
  [CardStatusError, TransportError, ParseError, UntrustedUriError, InitiationError].some(
    (kind) => error instanceof kind,
  );

/** The sentence for the merchant. */
export function noticeOf(error: ChequecardError): string {
  if (error instanceof CardStatusError) return error.status.merchant;
  if (error instanceof ParseError)
    return `The card answered something that is not of this protocol (${error.message}).`;
  return [error.message, error.hint].filter(Boolean).join(" ");
}

/** The payer was asked and nobody can reach it since: it may have begun to pay, or not. */
export const lostAfterAsking = (cause: ChequecardError): string =>
  `Not confirmed yet: do not charge again. The card's node was asked and cannot be reached any more (${cause.message}); trying again. Cancel makes sure that it cannot be paid any more.`;

export function notConfirmed(answer: PaymentAnswer): string {
  if (answer.outcome === "not-sent")
    return `The card's node cannot be reached (${answer.cause.message}); trying again. Cancel to take another payment.`;
  if (answer.outcome === "unknown" && answer.cause) return lostAfterAsking(answer.cause);
  return "Not confirmed yet: do not charge again. Cancel makes sure that it cannot be paid any more.";
}

/** What a cancelled sale says to the merchant, also after a restart. */
export function cancelSentence(sale: Sale): string {
  if (sale.cancelReason === "expired") return "The sale ran out of time; nothing was paid.";
  if (sale.cancelReason !== "rejected") return "The sale was cancelled; nothing was paid and nothing can be.";
  const declined = `Declined. ${describeReason(sale.reasonCode).merchant}`;
  // The payer may change its mind about this token: that the invoice is cancelled is what makes it final.
  return isTemporaryReason(sale.reasonCode) ? `${declined} This sale cannot be paid any more.` : declined;
}
