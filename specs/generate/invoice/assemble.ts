import { ascii, hex, integer, join, uint, unhex } from "../../../reference/bytes.js";
import { GROUP_ORDER, pointOf, signRecoverably } from "../../../reference/crypto.js";
import {
  assemble,
  featureWords,
  fieldWords,
  numberWords,
  type Words,
  wordsOf,
} from "../../../reference/invoice.js";

/** Invoices put together field by field, so that one of them can be wrong. */
export { ascii, hex, join, uint as big, unhex };

export const publicKey = (secretKey: Uint8Array): Buffer => pointOf(secretKey, true);

const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** Tag, length and data of a field, as 5-bit words. */
export type Field = Words;
export const field = (letter: string, words: Words): Field =>
  fieldWords({ tag: LETTERS.indexOf(letter), words });
export const bytes = (letter: string, value: Uint8Array): Field => field(letter, wordsOf(value));
export const text = (value: string): Field => bytes("d", Buffer.from(value, "utf8"));
export const number = (letter: string, value: number): Field => field(letter, numberWords(value));
export const features = (...bits: number[]): Field => field("9", featureWords(bits));

export interface Signing {
  readonly key: Uint8Array;
  readonly highS?: boolean;
  readonly recovery?: number;
}

/** An invoice with a right checksum and, unless `signing` spoils it, a right signature. */
export function assembleInvoice(
  prefix: string,
  time: number,
  fields: readonly Field[],
  { key, highS = false, recovery }: Signing,
): string {
  return assemble(prefix, time, fields.flat(), (signed) => {
    const made = signRecoverably(key, signed);
    const id = made[0] ?? 0;
    const [r, s] = [made.subarray(1, 33), made.subarray(33)];
    return highS
      ? join(r, uint(GROUP_ORDER - integer(s), 32), uint(id ^ 1, 1))
      : join(r, s, uint(recovery ?? id, 1));
  });
}
