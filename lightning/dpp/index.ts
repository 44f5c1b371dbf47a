/** Deputy Payment Processing (specs/07): an offline point of sale, and the recipient whose node is paid. */
export {
  type DeputyHtlc,
  decideDeputyHtlc,
  type HeldPayment,
  type HeldPayments,
  type HtlcAction,
  type HtlcDecision,
  type HtlcEvent,
  MAX_HELD_PAYMENTS,
  MAX_PARTS,
  MIN_BLOCKS_LEFT,
  MPP_SECONDS,
} from "./decide.js";
export { type IncomingHtlc, type OpenedDeputyHtlc, openDeputyHtlc } from "./deputy-htlc.js";
export { deputyInvoiceState } from "./deputy-state.js";
export { DeputyError, type DeputyErrorCode } from "./errors.js";
export {
  DEFAULT_SALE_SECONDS,
  type DeputyInvoice,
  makeDeputyInvoice,
  type SaleRequest,
  type Surroundings,
} from "./invoice.js";
export {
  type DeputyMetadata,
  decodeMetadata,
  encodeMetadata,
  METADATA_LENGTH,
  METADATA_VERSION,
  printKeyId,
} from "./metadata.js";
export { PaidFile, type PaidHashes, type PaidRecord } from "./paid-store.js";
export { paymentSecret, type SecretInput, type SecretScheme } from "./payment-secret.js";
export {
  DEFAULT_GRACE_SECONDS,
  MAX_OPEN_SALES,
  PointOfSale,
  type PointOfSaleOptions,
  type PreimageResult,
} from "./point-of-sale.js";
export { deputyPreimage, deriveDeputyKey, derivedPaymentSecret, deriveTerminalKey } from "./preimage.js";
export { type DeputyProfile, MIN_CLTV_DELTA, readDeputyProfile, writeDeputyProfile } from "./profile.js";
export {
  DeputyRecipient,
  type DeputyRecipientOptions,
  type Recompute,
  recomputeModern,
  type WholePayment,
} from "./recipient.js";
export { type FailureMessage, failureMessage, REFUSALS, type RefusalReason } from "./refusals.js";
export { MAX_CLOSED_SALES, type Sale, SaleFile, type SaleState, type SaleStore } from "./sale-store.js";
export { deputyKeys } from "./terminals.js";
export {
  type DeputyKeys,
  type DeputyTerms,
  type ModernProof,
  modernTerms,
  type Recomputed,
} from "./terms.js";
