import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as noble from "@noble/secp256k1";
import { bech32 } from "@scure/base";

/**
 * Invoices put together word by word with bech32 and noble alone, without the codec that the vectors test.
 */
noble.hashes.sha256 = sha256;
noble.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

export const hex = (bytes: Uint8Array): string => noble.etc.bytesToHex(bytes);
export const unhex = (text: string): Uint8Array => noble.etc.hexToBytes(text);
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const join = (...parts: Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
export const publicKey = (secretKey: Uint8Array): Uint8Array => noble.getPublicKey(secretKey, true);
export const mac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array => hmac(sha256, key, join(...parts));

/** `value` in `length` bytes, big-endian. */
export const big = (value: bigint | number, length: number): Uint8Array =>
  unhex(
    BigInt(value)
      .toString(16)
      .padStart(2 * length, "0"),
  );

const LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** Tag, length and data of a field, as 5-bit words. */
export type Field = readonly number[];
export const field = (letter: string, words: readonly number[]): Field => [
  LETTERS.indexOf(letter),
  words.length >> 5,
  words.length & 31,
  ...words,
];
export const bytes = (letter: string, value: Uint8Array): Field => field(letter, bech32.toWords(value));
export const text = (value: string): Field => bytes("d", ascii(value));
export const number = (letter: string, value: number): Field =>
  field(
    letter,
    value
      .toString(32)
      .split("")
      .map((digit) => Number.parseInt(digit, 32)),
  );

export function features(...bits: number[]): Field {
  const words = new Array<number>(Math.floor(Math.max(...bits) / 5) + 1).fill(0);
  for (const bit of bits) {
    const at = words.length - 1 - Math.floor(bit / 5);
    words[at] = (words[at] ?? 0) | (1 << (bit % 5));
  }
  return field("9", words);
}

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
  signing: Signing,
): string {
  const timeWords = Array.from({ length: 7 }, (_, i) => Math.floor(time / 32 ** (6 - i)) % 32);
  const words = [...timeWords, ...fields.flat()];
  const bits = words.map((word) => word.toString(2).padStart(5, "0")).join("");
  const octets = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [];
  const data = Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2));
  const digest = sha256(join(ascii(prefix), data));
  const signed = noble.sign(digest, signing.key, { prehash: false, format: "recovered" });
  let recovery = signed[0] ?? 0;
  const compact = signed.slice(1);
  if (signing.highS) {
    const s = noble.Point.CURVE().n - BigInt(`0x${hex(compact.subarray(32))}`);
    compact.set(big(s, 32), 32);
    recovery ^= 1;
  }
  const signature = join(compact, Uint8Array.of(signing.recovery ?? recovery));
  return bech32.encode(prefix, [...words, ...bech32.toWords(signature)], false);
}
