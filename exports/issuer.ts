/**
 * The issuer's side: the ledger, the policies, the reports, and the authorizer that answers requests to pay. Put
 * together it is a service: {@link IssuerService}.
 */

export type { CsvForm } from "../common/csv.js";
export type { SchemaMistake } from "../common/schema-mistakes.js";
export type { Rate } from "../common/token-bucket.js";
export type { AuthorizerSettings } from "../issuer/authorizer/config.js";
export {
  Authorizer,
  type AuthorizerConfig,
  type AuthorizerOptions,
  authorizerConfigSchema,
  type IssuerPorts,
  issuerPorts,
  type Log,
  type ReadingStep,
  type Step,
} from "../issuer/authorizer/index.js";
export { type OfflineConfig, offlineConfigSchema } from "../issuer/authorizer/offline-config.js";
export { type Batch, Batches, type BatchKeySource } from "../issuer/bolt-cards/batches.js";
export {
  type BoltCardsConfig,
  type BoltCardsOptions,
  boltCardsConfigSchema,
} from "../issuer/bolt-cards/config.js";
export { BoltCardDesk, type Offer, type ReadingAnswer } from "../issuer/bolt-cards/desk.js";
export type { BoltCardObserver, BoltCardRequest } from "../issuer/bolt-cards/figures.js";
export type { Withdrawal, WithdrawalAnswer } from "../issuer/bolt-cards/pay-reading.js";
export type { AccountRow } from "../issuer/ledger/accounts.js";
export type { Decision } from "../issuer/ledger/decision.js";
export type { KnownAuthorization } from "../issuer/ledger/facts.js";
export type { GapMoment, GapsDue } from "../issuer/ledger/gaps.js";
export * from "../issuer/ledger/index.js";
export type { CardCertificate } from "../issuer/ledger/registry.js";
export type { GapClaim } from "../issuer/ledger/unmatched.js";
export * from "../issuer/policy/index.js";
export { Reconciler, type Round } from "../issuer/reconciler/index.js";
export type { Alerts } from "../issuer/reports/alerts.js";
export type { BlockedCard } from "../issuer/reports/blocked.js";
export * from "../issuer/reports/index.js";
export type { SpendingQuestion, SpendingRow, SpendingSum } from "../issuer/reports/spending.js";
export type { ListenAddress } from "../issuer/service/config.js";
export type { HealthParts } from "../issuer/service/health.js";
export {
  backupLedger,
  checkHealth,
  type Health,
  IssuerService,
  parseServiceConfig,
  type Restored,
  restoreLedger,
  type ServiceConfig,
  type ServiceParts,
} from "../issuer/service/index.js";
export type { ServiceLog } from "../issuer/service/log.js";
export type { Monitor } from "../issuer/service/monitor.js";
export * from "../issuer/store/index.js";
export type * from "../issuer/store/schema.js";
export type * from "../issuer/store/types.js";
export type { RequestSignatures, SignatureChecker, SignatureFindings } from "../issuer/verify.js";
export { DEFAULT_REQUEST_LIMITS, type RequestLimits } from "../lightning/api/admission.js";
export type { PaymentAuthorizer, RefundDesk, Reply } from "../lightning/api/authorizer.js";
export type { CardStatus } from "../lightning/api/card-status.js";
export type { InitiatePayment } from "../lightning/api/initiate-payment.js";
export { PaymentReceiver, type ReceiverOptions } from "../lightning/api/receiver.js";
export type {
  IgnoredCause,
  ReceiverEvent,
  RequestAbout,
  RequestEnd,
} from "../lightning/api/receiver-events.js";
export type { RefundReply } from "../lightning/api/refund-answer.js";
export type { RefundRequest } from "../lightning/api/refund-request.js";
export type { LndConfig } from "../lightning/nodes/lnd/config.js";
