import { ParseError } from "../../common/errors.js";
import { decodeTlvStream, type TlvRecord } from "../tlv.js";
import { MAX_EXTENSION_LENGTH } from "./wire.js";

/** No message has a record of an even type. */
const KNOWN_EVEN: ReadonlySet<bigint> = new Set();

/**
 * Reads the TLV records that may stand behind a message's fields (specs/08 §3): unknown odd ones are the caller's to
 * ignore, even ones are refused.
 * @param offset where the records begin in `payload`
 * @throws ParseError
 */
export function readExtension(payload: Uint8Array, offset: number, path: string): TlvRecord[] {
  const length = payload.length - offset;
  if (length > MAX_EXTENSION_LENGTH)
    throw new ParseError(path, `need at most ${MAX_EXTENSION_LENGTH} bytes, have ${length}`);
  return decodeTlvStream(payload.subarray(offset), path, KNOWN_EVEN);
}
