/** Verification of a card's authorization token (specs/03), by itself: no ledger, no node. */
export type { Authorization } from "../apdu/sealed/authorization.js";
export type { BodyOpener } from "../apdu/sealed/crypto.js";
export type { OpenedMessage, SealKeyLookup } from "../apdu/sealed/message.js";
export { checkerOf } from "../issuer/authorizer/signatures/checker.js";
export {
  type CardRecord,
  type RequestSignatures,
  type SignatureChecker,
  type SignatureFindings,
  VerificationError,
  type VerificationErrorCode,
  type VerifiedAuthorization,
  type VerifyTokenInput,
  verifyToken,
} from "../issuer/verify.js";
