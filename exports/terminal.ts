/**
 * The merchant's side: sell over a Lightning node and a reader of your own. {@link Terminal} takes anything that
 * implements {@link LightningNode} and {@link Reader}; `chequecard/pcsc`, `/simulator` and `/node` have some.
 */

export { CardStatusError } from "../apdu/card-status-error.js";
export type { SelectResponse } from "../apdu/commands/select.js";
export type { PinState } from "../apdu/commands/verify-pin.js";
export type { CardConnection, Reader } from "../apdu/reader.js";
export type { VerifiedCertificate } from "../apdu/sealed/certificate.js";
export { type Transport, TransportError, type TransportErrorCode } from "../apdu/transport.js";
export type { CsvForm } from "../common/csv.js";
export { LANGUAGES, type Language, languageOf } from "../common/languages/language.js";
export { speak } from "../common/languages/speak.js";
export type { SqliteFile, SqliteValue } from "../common/sqlite-file.js";
export type { ServerRules } from "../host/bolt-card/server.js";
export * from "../host/card-session.js";
export * from "../host/exchange.js";
export {
  type OtherParts,
  type PhonePart,
  type TakenToken,
  type TapOptions,
  type TapRequest,
  takeToken,
  tap,
} from "../host/tap.js";
export * from "../host/terminal/index.js";
export { type TraceLine, withTrace } from "../host/trace.js";
export type { CardStatus } from "../lightning/api/card-status.js";
export type { CardUpdate } from "../lightning/api/card-update.js";
export {
  type Initiation,
  InitiationError,
  type InitiationErrorCode,
  type InitiationLog,
  NOT_ASKED,
} from "../lightning/api/initiation.js";
export type { PaymentAnswer, PaymentAsk, PaymentOutcome } from "../lightning/api/outcome.js";
export { describeReason, REASON, type RejectReason } from "../lightning/api/reasons.js";
export type { RefundOffer } from "../lightning/api/refund-offer.js";
export type { RefundRequest } from "../lightning/api/refund-request.js";
export {
  type CardStanding,
  openPaymentSender,
  PaymentSender,
  type SenderOptions,
} from "../lightning/api/sender.js";
export type { Network } from "../lightning/network.js";
export { formatNodeUri, MAX_URI_LENGTH, type NodeUri, parseNodeUri } from "../lightning/node-uri.js";
export { NodeError, type NodeErrorCode } from "../lightning/nodes/errors.js";
export type * from "../lightning/nodes/port.js";
export type { OdtFraming, OdtMessage } from "../lightning/odt/message.js";
export { UntrustedUriError, type UntrustedUriErrorCode } from "../lightning/untrusted-uri-error.js";
export type { Resolve } from "../lightning/web/resolve-host.js";
export type { DenyList } from "../offline/deny-list.js";
export type { HeldSales } from "../offline/floor-limits.js";
export {
  type AcceptancePack,
  type FloorLimits,
  MAX_FORWARDING_WINDOW,
  type PackGuarantee,
  type PackKeySet,
} from "../offline/pack.js";
export { OfflineRefusal, type OfflineRefusalCode } from "../offline/refusal.js";
export type { AdmittedCard, OfflineAuthorization } from "../offline/verify.js";
