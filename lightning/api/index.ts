/** Authorized Payment Initiation (specs/08): a merchant's node asks the payer's node to pay, showing a token. */

export type { PaymentAuthorizer, Reply } from "./authorizer.js";
export { decodeCardBalance, encodeCardBalance } from "./card-balance.js";
export { type CardStatus, decodeCardStatus, encodeCardStatus } from "./card-status.js";
export { decodeCardUpdate, encodeCardUpdate } from "./card-update.js";
export { decodeInitiatePayment, encodeInitiatePayment, type InitiatePayment } from "./initiate-payment.js";
export {
  type Initiation,
  InitiationError,
  type InitiationEvent,
  type InitiationLog,
  NOT_ASKED,
  nextInitiation,
  parseInitiation,
} from "./initiation.js";
export type { PaymentAsk } from "./outcome.js";
export { describeReason, isTemporaryReason, REASON, rejectReasons } from "./reasons.js";
export { PaymentReceiver, type ReceiverOptions } from "./receiver.js";
export type { ReceiverEvent } from "./receiver-events.js";
export {
  decodeRefundAnswer,
  encodeRefundAnswer,
  type RefundAnswer,
  type RefundReply,
} from "./refund-answer.js";
export {
  describeRefundReason,
  REFUND_REASON,
  refundReasons,
} from "./refund-reasons.js";
export {
  decodeRefundRequest,
  encodeRefundRequest,
  type RefundRequest,
  refundDescription,
  refundRequestHash,
} from "./refund-request.js";
export { decodeRejectPayment, encodeRejectPayment } from "./reject-payment.js";
export { openPaymentSender, PaymentSender, type SenderOptions } from "./sender.js";
export { statusChallenge } from "./status-challenge.js";
export {
  MAX_PAYLOAD_LENGTH,
  PEER_MESSAGE,
} from "./wire.js";
