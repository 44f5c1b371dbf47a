import { sha256 } from "@noble/hashes/sha2.js";
import { requireLength } from "../../common/bytes.js";
import { CARD_ID_LENGTH, KEY_CHECK_LENGTH, MESSAGE_TYPE, UPDATE_FLAG } from "../constants.js";
import {
  amountField,
  bytesField,
  fixedLayout,
  flagsField,
  limitField,
  reservedField,
  uintField,
} from "../layout.js";
import { sealedMessage } from "./message.js";

/** The 64 unsigned bytes of an update (specs/02 §3.3). */
const layout = fixedLayout("update", {
  cardId: bytesField(CARD_ID_LENGTH),
  /** Above the stored one, or the update has no effect. */
  sequence: uintField(4),
  /** UPDATE_FLAG bits. */
  flags: flagsField(UPDATE_FLAG.BLOCKED | UPDATE_FLAG.RESET_PIN_TRIES | UPDATE_FLAG.RESET_NO_PIN_SPENT),
  reserved: reservedField(3),
  credit: amountField,
  maxPerTransaction: limitField,
  pinThreshold: limitField,
  noPinBudget: limitField,
  maxTransactions: uintField(4),
  /** First 12 bytes of SHA-256 of the card's point (65 bytes): {@link keyCheck}. */
  keyCheck: bytesField(KEY_CHECK_LENGTH),
});

/** What an update orders: every value is the one the card shall have. */
export type CardUpdate = ReturnType<typeof layout.decode>;

/** Update: limits, credit and state for one card, signed by its issuer. */
export const updateMessage = sealedMessage(MESSAGE_TYPE.UPDATE, layout);

/** Binds an update to one card key, so that a card id given twice by mistake moves no money. @param point 65 bytes */
export function keyCheck(point: Uint8Array): Uint8Array {
  requireLength(point, 65, "card point");
  return sha256(point).slice(0, KEY_CHECK_LENGTH);
}
