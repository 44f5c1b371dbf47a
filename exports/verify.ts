/** Verification of a card's authorization token (specs/03), by itself: no ledger, no node. */
export type { SealKeyLookup } from "../apdu/sealed/message.js";
export {
  type CardRecord,
  type TokenFacts,
  VerificationError,
  type VerificationErrorCode,
  type VerifyTokenInput,
  verifyToken,
} from "../issuer/verify.js";
