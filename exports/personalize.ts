/** Turns blank cards into prepaid cards (specs/04): profiles, one card, batches. */
export * from "../personalize/index.js";
