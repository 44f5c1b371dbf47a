import { ParseError } from "../../common/errors.js";
import { CARD_ID_LENGTH, CHALLENGE_LENGTH, MESSAGE_TYPE, STATUS_FLAG } from "../constants.js";
import { amountField, bytesField, fixedLayout, flagsField, uintField } from "../layout.js";
import { sealedMessage } from "./message.js";

/** The 64 unsigned bytes of a status (specs/02 §3.2). */
const layout = fixedLayout("status", {
  cardId: bytesField(CARD_ID_LENGTH),
  /** Counter of the last authorization; 0 when there was none. */
  counter: uintField(4),
  /** STATUS_FLAG bits. */
  flags: flagsField(STATUS_FLAG.PIN_BLOCKED | STATUS_FLAG.BLOCKED),
  updateSequence: uintField(3),
  credit: amountField,
  authorizedTotal: amountField,
  /** The 32 bytes that came with IDENTIFY. */
  challenge: bytesField(CHALLENGE_LENGTH),
});

/** What a status says. */
export type CardStatus = ReturnType<typeof layout.decode>;

/** Status: the card's answer to IDENTIFY, bound to a challenge. */
export const statusMessage = sealedMessage(MESSAGE_TYPE.STATUS, layout, (fields, path) => {
  if (fields.authorizedTotal > fields.credit)
    throw new ParseError(
      `${path}/authorizedTotal`,
      `need at most the credit of ${fields.credit} msat, have ${fields.authorizedTotal}`,
    );
});
