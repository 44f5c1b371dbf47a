import { CodedError } from "../common/errors.js";
import { SENTENCES } from "../common/languages/spoken.js";

/** Each has its sentence in `SENTENCES.offline.refusal`. */
export type OfflineRefusalCode =
  | "no-pack"
  | "no-certificate"
  | "unknown-key-set"
  | "certificate-not-genuine"
  | "certificate-expired"
  | "above-certificate-limit"
  | "card-denied"
  | "card-contradicts"
  | "above-sale-limit"
  | "above-card-limit"
  | "above-terminal-limit"
  | "too-many-sales"
  | "pack-too-old"
  | "clock-behind-pack"
  | "token-not-genuine"
  | "other-card"
  | "other-invoice"
  | "other-amount";

/**
 * Why a card or its token is not accepted offline (specs/09 §4). The message is the sentence for the merchant and holds neither
 * token nor key; a detail says what was needed and what was found.
 */
export class OfflineRefusal extends CodedError<OfflineRefusalCode> {
  constructor(code: OfflineRefusalCode, options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(code, SENTENCES.offline.refusal[code], options);
  }
}
