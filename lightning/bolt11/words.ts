import { bech32 } from "@scure/base";
import { ParseError, ValueError } from "../../common/errors.js";
import { sha256 } from "../../common/sha256.js";

/** 5-bit values, one a byte: the unit in which a BOLT 11 invoice counts. */
export type Words = Uint8Array;

/** Words before the fields: 35 bits of seconds. */
export const TIMESTAMP_WORDS = 7;
/** Words behind the fields: 64 bytes of signature and one of recovery id. */
export const SIGNATURE_WORDS = 104;
/** Words of the bech32 checksum. */
export const CHECKSUM_WORDS = 6;

/** Bytes as words, padded with zero bits at the end. */
export const bytesToWords = (bytes: Uint8Array): Words => Uint8Array.from(bech32.toWords(bytes));

/**
 * Words as bytes. The padding is at most 4 bits and zero, so that one value has one encoding.
 * @throws ParseError
 */
export function wordsToBytes(words: Words, path: string): Uint8Array {
  const spare = (words.length * 5) % 8;
  const last = words[words.length - 1] ?? 0;
  if (spare > 4 || (last & ((1 << spare) - 1)) !== 0)
    throw new ParseError(path, `${words.length} words are no whole bytes with zero padding`);
  return packWords(words, new Uint8Array((words.length * 5 - spare) / 8));
}

/** What is signed: SHA-256 of the prefix as text, all bits of the words, zero bits up to a whole byte (BOLT 11, "Data Part"). */
export function signedDigest(prefix: string, words: Words): Uint8Array {
  const bytes = Buffer.allocUnsafe(prefix.length + Math.ceil((words.length * 5) / 8));
  bytes.write(prefix, "latin1");
  packWords(words, bytes.subarray(prefix.length));
  return sha256(bytes);
}

/** Writes the bits of the words into the whole of `out`; zero bits at its end, or bits of the words that it has no place for. */
function packWords(words: Words, out: Uint8Array): Uint8Array {
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const word of words) {
    held = ((held << 5) | word) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  if (at < out.length) out[at] = (held << (8 - bits)) & 0xff;
  return out;
}

/** Words as a big-endian number. The caller bounds their count: at most 10 (50 bits). */
export function wordsToNumber(words: Words): number {
  let value = 0;
  for (const word of words) value = value * 32 + word;
  return value;
}

/** Greatest number that {@link numberToWords} writes and a field may hold: 50 bits, exact in a number. */
const MAX_NUMBER = 2 ** 50 - 1;

/**
 * A number in the least words, or in exactly `length` of them; 0 without a length is no words at all.
 * @throws ValueError when it is no integer of 0..2^50-1 or does not fit
 */
export function numberToWords(value: number, path: string, length?: number): Words {
  if (!Number.isInteger(value) || value < 0 || value > MAX_NUMBER)
    throw new ValueError(path, `need an integer of at most 50 bits, have ${value}`);
  const words: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) words.unshift(rest % 32);
  if (length === undefined) return Uint8Array.from(words);
  if (words.length > length) throw new ValueError(path, `need at most ${length * 5} bits, have ${value}`);
  return Uint8Array.from([...new Array<number>(length - words.length).fill(0), ...words]);
}
