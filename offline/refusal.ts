import { CodedError } from "../common/errors.js";
import { SENTENCES } from "../common/sentences.js";

export type OfflineRefusalCode = keyof typeof SENTENCES.offline.refusal;

/**
 * Why a card or its token is not accepted offline (specs/09 §4). The message is the sentence for the merchant and holds neither
 * token nor key; a detail says what was needed and what was found.
 */
export class OfflineRefusal extends CodedError<OfflineRefusalCode> {
  constructor(code: OfflineRefusalCode, options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super(code, SENTENCES.offline.refusal[code], options);
  }
}
