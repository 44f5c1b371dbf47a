import { ParseError } from "../../common/errors.js";
import { AUTHORIZATION_FLAG, CARD_ID_LENGTH, INVOICE_HASH_LENGTH, MESSAGE_TYPE } from "../constants.js";
import { amountField, bytesField, fixedLayout, flagsField, uintField } from "../layout.js";
import { readFrame } from "./frame.js";
import { type OpenedMessage, type SealKeyLookup, sealedMessage } from "./message.js";

/** The 64 unsigned bytes of an authorization token (specs/02 §3.1). */
const layout = fixedLayout("authorization", {
  /** 8 bytes. */
  cardId: bytesField(CARD_ID_LENGTH),
  /** 1 for the card's first authorization. */
  counter: uintField(4),
  /** AUTHORIZATION_FLAG bits. */
  flags: flagsField(AUTHORIZATION_FLAG.PIN_VERIFIED),
  /** Low 24 bits of the sequence of the last update that took effect. */
  updateSequence: uintField(3),
  amount: amountField,
  /** Everything the card ever authorized, this amount included. */
  authorizedTotal: amountField,
  /** SHA-256 of the canonical BOLT 11 string (specs/05). */
  invoiceHash: bytesField(INVOICE_HASH_LENGTH),
});

/** What an authorization token says. */
export type Authorization = ReturnType<typeof layout.decode>;

/** Authorization token: the card's signature over one invoice and amount. */
export const authorizationMessage = sealedMessage(MESSAGE_TYPE.AUTHORIZATION, layout, (fields, path) => {
  if (fields.counter < 1) throw new ParseError(`${path}/counter`, "need at least 1, have 0");
  if (fields.amount < 1n) throw new ParseError(`${path}/amount`, "need at least 1 msat, have 0");
  if (fields.authorizedTotal < fields.amount)
    throw new ParseError(
      `${path}/authorizedTotal`,
      `need at least the amount of ${fields.amount} msat, have ${fields.authorizedTotal}`,
    );
});

/**
 * Opens a token; its size, type and key set are checked before any cryptography is spent on it (specs/02 §5).
 * @returns undefined where the content is nothing that a card writes: to be answered like a wrong signature
 * @throws ParseError when it does not have the form of a token, or its key set is unknown
 */
export function openToken(
  token: Uint8Array,
  sealKeys: SealKeyLookup,
): OpenedMessage<Authorization> | undefined {
  const { type, keySetId } = readFrame(token, "token");
  if (type !== MESSAGE_TYPE.AUTHORIZATION) throw new ParseError("token/type", `need 1, have ${type}`);
  if (!sealKeys(keySetId)) throw new ParseError("token/key set", "unknown");
  try {
    return authorizationMessage.open(token, sealKeys, "token");
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    return undefined;
  }
}
