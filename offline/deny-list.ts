import { bytesToHex, readU64 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";

/** Bytes of a card id. */
const ID_LENGTH = 8;

/** Most cards that one deny list names, so that every pack fits its greatest size (specs/09 §3.2). */
export const MAX_DENIED = 7_500;

/**
 * Cards that must not be accepted offline: their ids, sorted, 8 bytes each (specs/09 §3.2). It is kept as the bytes it came
 * in, so that thousands of entries cost no more than these.
 */
export class DenyList {
  /** Ids in ascending order, one after the other. */
  readonly bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A list of these cards, in any order; each counts once. @param cardIds 8 bytes each @throws ValueError */
  static of(cardIds: Iterable<Uint8Array>): DenyList {
    const sorted = [...new Set(Array.from(cardIds, bytesToHex))].sort();
    if (sorted.length > MAX_DENIED)
      throw new ValueError("deny list", `need at most ${MAX_DENIED} cards, have ${sorted.length}`);
    const wrong = sorted.find((id) => id.length !== 2 * ID_LENGTH);
    if (wrong !== undefined)
      throw new ValueError("deny list", `need ids of ${ID_LENGTH} bytes, have one of ${wrong.length / 2}`);
    return new DenyList(Uint8Array.from(Buffer.from(sorted.join(""), "hex")));
  }

  /** Reads the sorted bytes of a list. @throws ParseError when they are no whole ids, too many, or not in strict order */
  static read(bytes: Uint8Array, path = "deny list"): DenyList {
    if (bytes.length % ID_LENGTH !== 0)
      throw new ParseError(path, `need ids of ${ID_LENGTH} bytes, have ${bytes.length} bytes`);
    const length = bytes.length / ID_LENGTH;
    if (length > MAX_DENIED) throw new ParseError(path, `need at most ${MAX_DENIED} cards, have ${length}`);
    for (let at = ID_LENGTH; at < bytes.length; at += ID_LENGTH)
      if (readU64(bytes, at) <= readU64(bytes, at - ID_LENGTH))
        throw new ParseError(`${path}/${at / ID_LENGTH}`, "need a card id above the one before it");
    return new DenyList(bytes.slice());
  }

  /** How many cards are denied. */
  get length(): number {
    return this.bytes.length / ID_LENGTH;
  }

  /** Whether a card is denied. @param cardId 8 bytes @throws RangeError for fewer */
  has(cardId: Uint8Array): boolean {
    const wanted = readU64(cardId);
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (readU64(this.bytes, middle * ID_LENGTH) < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.length && readU64(this.bytes, low * ID_LENGTH) === wanted;
  }
}
