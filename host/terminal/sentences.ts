import { CardStatusError } from "../../apdu/card-status-error.js";
import { TransportError } from "../../apdu/transport.js";
import { type ChequecardError, ParseError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { InitiationError } from "../../lightning/api/initiation.js";
import type { PaymentAnswer } from "../../lightning/api/outcome.js";
import { describeReason, isTemporaryReason } from "../../lightning/api/reasons.js";
import { UntrustedUriError } from "../../lightning/untrusted-uri-error.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import { BoltCardRefusal } from "../bolt-card/refusal.js";
import type { Sale } from "./sale.js";

/** What another card, or the same one again, may still mend; anything else ends the call. */
export const isRefusal = (error: unknown): error is ChequecardError =>
  [
    ...[CardStatusError, TransportError, ParseError, UntrustedUriError],
    ...[InitiationError, OfflineRefusal, BoltCardRefusal],
  ].some((kind) => error instanceof kind);

/** The sentence for the merchant. */
export function noticeOf(error: ChequecardError): string {
  if (error instanceof CardStatusError) return error.status.merchant;
  if (error instanceof ParseError) return SENTENCES.sale.notOfThisProtocol(error.message);
  return [error.message, error.hint].filter(Boolean).join(" ");
}

/** The payer was asked and cannot be reached since: it may have begun to pay, or not. */
export const lostAfterAsking = ({ message }: ChequecardError): string =>
  SENTENCES.sale.lostAfterAsking(message);

export function notConfirmed(answer: PaymentAnswer): string {
  if (answer.outcome === "not-sent") return SENTENCES.sale.unreachable(answer.cause.message);
  if (answer.outcome === "unknown" && answer.cause) return lostAfterAsking(answer.cause);
  return SENTENCES.sale.notConfirmed;
}

/** What a cancelled sale says to the merchant, also after a restart. */
export function cancelSentence({
  cancelReason,
  reasonCode,
}: Pick<Sale, "cancelReason" | "reasonCode">): string {
  const { expired, cancelled, declined, declinedForNow } = SENTENCES.sale;
  if (cancelReason !== "rejected") return cancelReason === "expired" ? expired : cancelled;
  // The payer may change its mind about this token: that the invoice is cancelled is what makes it final.
  return (isTemporaryReason(reasonCode) ? declinedForNow : declined)(describeReason(reasonCode).merchant);
}
