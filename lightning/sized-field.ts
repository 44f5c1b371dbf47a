import { readU16 } from "../common/bytes.js";
import { ParseError } from "../common/errors.js";

/** A field and the offset behind it. */
export interface SizedField {
  readonly value: Uint8Array;
  readonly next: number;
}

/**
 * Reads a field that is preceded by its length as u16, as the drafts' messages have them. The value is a copy.
 * @param max greatest length in bytes; the least is 1
 * @throws ParseError with `path`, or `path/length` when the length itself is cut off
 */
export function readSized(bytes: Uint8Array, offset: number, max: number, path: string): SizedField {
  const have = Math.max(0, bytes.length - offset);
  if (have < 2) throw new ParseError(`${path}/length`, `need 2 bytes, have ${have}`);
  const length = readU16(bytes, offset);
  if (length < 1 || length > max)
    throw new ParseError(`${path}/length`, `need 1 to ${max} bytes, have ${length}`);
  if (length > have - 2) throw new ParseError(path, `need ${length} bytes, have ${have - 2}`);
  const next = offset + 2 + length;
  return { value: bytes.slice(offset + 2, next), next };
}
