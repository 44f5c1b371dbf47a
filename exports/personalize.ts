/** Turns blank cards into prepaid cards (specs/04): profiles, one card, batches. */

export type { Language } from "../common/languages/language.js";
export type { SchemaMistake } from "../common/schema-mistakes.js";
export * from "../personalize/index.js";
export type { PolicyMistakes } from "../personalize/profile.js";
