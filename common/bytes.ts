import { timingSafeEqual } from "node:crypto";
import { concatBytes } from "@noble/hashes/utils.js";
import { ParseError, ValueError } from "./errors.js";

export { concatBytes };

/** Lower-case hex. */
export const bytesToHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

const HEX = /^(?:[0-9a-fA-F]{2})*$/;

/**
 * Strict hex to bytes: an even number of hex digits, either case, nothing else.
 * @param path names the value in the error
 * @throws ParseError
 */
export function hexToBytes(hex: string, path = "hex"): Uint8Array {
  if (!HEX.test(hex))
    throw new ParseError(path, `need an even number of hex digits, have ${hex.length} characters`);
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const encoder = new TextEncoder();

/** UTF-8 encoding of a string. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/**
 * Equality in time that depends on the lengths only. For secrets, MACs and hashes of secrets.
 * Different lengths are unequal.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Equality of what everybody may know, such as ids and their hashes; stops at the first difference. */
export function samePublicBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Throws ParseError unless `bytes` has exactly `length` bytes. Used where input comes from outside. */
export function expectLength(bytes: Uint8Array, length: number, path: string): void {
  if (bytes.length !== length) throw new ParseError(path, `need ${length} bytes, have ${bytes.length}`);
}

/** Throws ValueError unless `bytes` has exactly `length` bytes. Used where the caller made the value. */
export function requireLength(bytes: Uint8Array, length: number, path: string): void {
  if (bytes.length !== length) throw new ValueError(path, `need ${length} bytes, have ${bytes.length}`);
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
// Those of Buffer read any bytes, and make no view for each number.
const { readUInt16BE, readUInt32BE, readBigUInt64BE } = Buffer.prototype;

/** Big-endian u16 at `offset`. @throws RangeError past the end */
export const readU16 = (bytes: Uint8Array, offset = 0): number => readUInt16BE.call(bytes, offset);
/** Big-endian u32 at `offset`. @throws RangeError past the end */
export const readU32 = (bytes: Uint8Array, offset = 0): number => readUInt32BE.call(bytes, offset);
/** Big-endian u64 at `offset`. @throws RangeError past the end */
export const readU64 = (bytes: Uint8Array, offset = 0): bigint => readBigUInt64BE.call(bytes, offset);

function integer(value: number, max: number, path: string): number {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new ValueError(path, `need an integer from 0 to ${max}, have ${value}`);
  return value;
}

/** One byte. @throws ValueError outside 0..255 */
export function u8(value: number, path = "u8"): Uint8Array {
  return Uint8Array.of(integer(value, 0xff, path));
}

/** Two bytes, big-endian. @throws ValueError outside 0..65535 */
export function u16(value: number, path = "u16"): Uint8Array {
  const out = new Uint8Array(2);
  view(out).setUint16(0, integer(value, 0xffff, path));
  return out;
}

/** Four bytes, big-endian. @throws ValueError outside 0..2^32-1 */
export function u32(value: number, path = "u32"): Uint8Array {
  const out = new Uint8Array(4);
  view(out).setUint32(0, integer(value, 0xffffffff, path));
  return out;
}

/** Eight bytes, big-endian. @throws ValueError outside 0..2^64-1 */
export function u64(value: bigint, path = "u64"): Uint8Array {
  if (value < 0n || value > 0xffffffffffffffffn)
    throw new ValueError(path, `need 0 to 2^64-1, have ${value}`);
  const out = new Uint8Array(8);
  view(out).setBigUint64(0, value);
  return out;
}
