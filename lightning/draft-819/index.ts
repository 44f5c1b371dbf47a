/**
 * The drafts of lightning/bolts pull request 819 to the letter (specs/07 §10): no node of today can pay this way, so it
 * exists only for the tests that prove the specs and vectors, and no product code imports it.
 */
export { type DraftProfile, makeDraftInvoice } from "./invoice.js";
export {
  buildDraftPayment,
  type DraftPlan,
  planDraftPayment,
} from "./payer.js";
export { draftPreimage } from "./preimage.js";
export { openDraftHtlc, recomputeDraft } from "./recipient.js";
