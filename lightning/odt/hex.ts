import { bytesToHex, hexToBytes, ParseError } from "../../common/index.js";
import {
  decodeOdtMessage,
  encodeOdtMessage,
  MAX_ODT_MESSAGE_LENGTH,
  type OdtFraming,
  type OdtMessage,
} from "./message.js";

/**
 * An offline message as the text of a QR code: hex in upper case, which QR's alphanumeric mode packs into 5.5 bits a
 * character (specs/06 §4.1).
 * @throws ValueError naming the field
 */
export function odtToHex(message: OdtMessage, framing?: OdtFraming): string {
  return bytesToHex(encodeOdtMessage(message, framing)).toUpperCase();
}

/**
 * Reads what a QR code or a hand scanner gave: hex of either case; white space before and after it is dropped,
 * because hand scanners end with a line feed.
 * @throws ParseError naming the field
 */
export function odtFromHex(text: string, framing?: OdtFraming): OdtMessage {
  // Room for white space, and no more: the size is bounded before anything runs over the text.
  if (text.length > 2 * MAX_ODT_MESSAGE_LENGTH + 16)
    throw new ParseError("odt", `need at most ${2 * MAX_ODT_MESSAGE_LENGTH} hex digits, have ${text.length}`);
  return decodeOdtMessage(hexToBytes(text.trim(), "odt"), framing);
}
