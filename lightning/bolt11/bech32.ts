import { ParseError } from "../../common/errors.js";
import { CHECKSUM_WORDS, type Words } from "./words.js";

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/** The word of each letter by its code; 255: none. */
const WORD_OF = new Uint8Array(128).fill(255);
for (let word = 0; word < 32; word++) WORD_OF[ALPHABET.charCodeAt(word)] = word;

const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** What the five bits that leave the checksum add to it. */
const FOLDED = Int32Array.from({ length: 32 }, (_, leaving) =>
  GENERATORS.reduce((sum, generator, bit) => ((leaving >> bit) & 1 ? sum ^ generator : sum), 0),
);

/** The checksum after one more word (BIP 173). */
const next = (checksum: number, word: number): number =>
  ((checksum & 0x1ffffff) << 5) ^ (FOLDED[checksum >>> 25] ?? 0) ^ word;

/**
 * Reads bech32 (BIP 173) of any length into words, without its checksum. The library that writes invoices makes a list
 * of numbers of them first: here every payment comes by.
 * @param text lower case, printable ASCII
 * @throws ParseError
 */
export function decodeBech32(text: string): { readonly prefix: string; readonly words: Words } {
  const separator = text.lastIndexOf("1");
  if (text.length >= 8 && separator < 1) throw notBech32('no "1" between prefix and data');
  const length = text.length - separator - 1;
  if (text.length < 8 || length < CHECKSUM_WORDS) throw notBech32(LETTER);
  let checksum = 1;
  for (let i = 0; i < separator; i++) checksum = next(checksum, text.charCodeAt(i) >> 5);
  checksum = next(checksum, 0);
  for (let i = 0; i < separator; i++) checksum = next(checksum, text.charCodeAt(i) & 31);
  const words = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const word = WORD_OF[text.charCodeAt(separator + 1 + i)] ?? 255;
    if (word > 31) throw notBech32(LETTER);
    words[i] = word;
    checksum = next(checksum, word);
  }
  if (checksum !== 1) throw notBech32("the checksum is wrong");
  return { prefix: text.slice(0, separator), words: words.subarray(0, length - CHECKSUM_WORDS) };
}

const LETTER = "it has a letter that does not belong there, or is too short";

const notBech32 = (reason: string): ParseError =>
  new ParseError("invoice", `not bech32: ${reason}`, {
    hint: "A character is wrong or missing; copy the invoice again.",
  });
