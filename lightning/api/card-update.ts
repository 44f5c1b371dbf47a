import { concatBytes, requireLength } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { readExtension } from "./extension.js";
import { HASH_LENGTH, SEALED_LENGTH } from "./wire.js";

/** `card_update` (45007): give this to the card that made the token or the status (specs/08 §3.4). */
export interface CardUpdate {
  /** SHA-256 of the token (45001) or of the sealed status (45005) that this answers, 32 bytes. */
  readonly requestHash: Uint8Array;
  /** Sealed update message, 149 bytes. */
  readonly update: Uint8Array;
}

const FIXED_LENGTH = HASH_LENGTH + SEALED_LENGTH;

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeCardUpdate({ requestHash, update }: CardUpdate): Uint8Array {
  requireLength(requestHash, HASH_LENGTH, "card_update/requesthash");
  requireLength(update, SEALED_LENGTH, "card_update/update");
  return concatBytes(requestHash, update);
}

/** @throws ParseError naming the field */
export function decodeCardUpdate(payload: Uint8Array): CardUpdate {
  if (payload.length < FIXED_LENGTH)
    throw new ParseError("card_update", `need ${FIXED_LENGTH} bytes, have ${payload.length}`);
  readExtension(payload, FIXED_LENGTH, "card_update/tlv");
  return { requestHash: payload.slice(0, HASH_LENGTH), update: payload.slice(HASH_LENGTH, FIXED_LENGTH) };
}
