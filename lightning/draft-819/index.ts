/**
 * The drafts of lightning/bolts pull request 819 to the letter (specs/07 §10), with the BOLT 4 onion that carries their
 * hop record: no node of today can pay this way, so it exists only for the tests that prove the specs and vectors, and
 * no product code imports it.
 */
export { openDeputyHtlc } from "./deputy-htlc.js";
export { type DraftProfile, makeDraftInvoice } from "./invoice.js";
export {
  buildDraftPayment,
  type DraftPlan,
  planDraftPayment,
} from "./payer.js";
export { draftPreimage } from "./preimage.js";
export { openDraftHtlc, recomputeDraft } from "./recipient.js";
