/** Authorized Payment Initiation (specs/08): a merchant's node asks the payer's node to pay, showing a token. */
export { DEFAULT_REQUEST_LIMITS, type RequestLimits } from "./admission.js";
export type { PaymentAuthorizer, Reply } from "./authorizer.js";
export { type CardStatus, decodeCardStatus, encodeCardStatus } from "./card-status.js";
export { type CardUpdate, decodeCardUpdate, encodeCardUpdate } from "./card-update.js";
export { decodeInitiatePayment, encodeInitiatePayment, type InitiatePayment } from "./initiate-payment.js";
export {
  type Initiation,
  InitiationError,
  type InitiationErrorCode,
  type InitiationEvent,
  type InitiationLog,
  MAX_TOKENS_IN_DOUBT,
  NOT_ASKED,
  nextInitiation,
  parseInitiation,
} from "./initiation.js";
export type { PaymentAnswer, PaymentAsk, PaymentOutcome } from "./outcome.js";
export { describeReason, isTemporaryReason, REASON, REJECT_REASONS, type RejectReason } from "./reasons.js";
export { PaymentReceiver, type ReceiverOptions } from "./receiver.js";
export type { IgnoredCause, ReceiverEvent } from "./receiver-events.js";
export { decodeRejectPayment, encodeRejectPayment, type RejectPayment } from "./reject-payment.js";
export { openPaymentSender, PaymentSender, type SenderOptions } from "./sender.js";
export { STATUS_NONCE_LENGTH, statusChallenge } from "./status-challenge.js";
export {
  API_FEATURE_BIT,
  MAX_EXTENSION_LENGTH,
  MAX_INVOICE_LENGTH,
  MAX_PAYLOAD_LENGTH,
  MAX_TOKEN_LENGTH,
  PEER_MESSAGE,
  SEALED_LENGTH,
} from "./wire.js";
