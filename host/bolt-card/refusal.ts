import { CodedError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";

/** Each has its sentence in `SENTENCES.boltCard.refusal`. */
export type BoltCardRefusalCode = keyof typeof SENTENCES.boltCard.refusal;

/**
 * Why a Bolt Card's server is not asked for a sale (specs/10 §6): nothing was. The message is the sentence for the merchant. It
 * holds no part of the card's address, which is worth money until it is used.
 */
export class BoltCardRefusal extends CodedError<BoltCardRefusalCode> {
  /** @param detail what the sentence of this reason names: a problem, words of the server, an amount */
  constructor(code: BoltCardRefusalCode, detail = "", options: { readonly cause?: unknown } = {}) {
    const sentence = SENTENCES.boltCard.refusal[code];
    super(code, typeof sentence === "string" ? sentence : sentence(detail), options);
  }
}
