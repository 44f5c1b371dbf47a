import { concatBytes, readU16, readU32, readU64, u16, u32, u64 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";

/** Greatest value of a BigSize and of a TLV type. */
const MAX_BIGSIZE = 0xffff_ffff_ffff_ffffn;

/** One record of a TLV stream (BOLT 1, "Type-Length-Value Format"). */
export interface TlvRecord {
  /** 0..2^64-1 */
  readonly type: bigint;
  readonly value: Uint8Array;
}

/**
 * BigSize of BOLT 1: 1, 3, 5 or 9 bytes, big-endian, always the shortest form.
 * @throws ValueError outside 0..2^64-1
 */
export function encodeBigSize(value: bigint, path = "bigsize"): Uint8Array {
  if (value < 0n || value > MAX_BIGSIZE) throw new ValueError(path, `need 0 to 2^64-1, have ${value}`);
  if (value < 0xfdn) return Uint8Array.of(Number(value));
  if (value <= 0xffffn) return concatBytes(Uint8Array.of(0xfd), u16(Number(value)));
  if (value <= 0xffff_ffffn) return concatBytes(Uint8Array.of(0xfe), u32(Number(value)));
  return concatBytes(Uint8Array.of(0xff), u64(value));
}

const FORMS = {
  253: { length: 2, least: 0xfdn, read: (b: Uint8Array, at: number) => BigInt(readU16(b, at)) },
  254: { length: 4, least: 0x1_0000n, read: (b: Uint8Array, at: number) => BigInt(readU32(b, at)) },
  255: { length: 8, least: 0x1_0000_0000n, read: readU64 },
} as const;

/**
 * Reads the BigSize at `offset`.
 * @returns the value and the offset behind it
 * @throws ParseError when it is cut off or not the shortest form
 */
export function decodeBigSize(
  bytes: Uint8Array,
  offset = 0,
  path = "bigsize",
): { readonly value: bigint; readonly next: number } {
  const first = bytes[offset];
  if (first === undefined) throw new ParseError(path, "need at least 1 byte, have 0");
  if (first < 0xfd) return { value: BigInt(first), next: offset + 1 };
  const form = FORMS[first as keyof typeof FORMS];
  const at = offset + 1;
  const next = at + form.length;
  if (bytes.length < next)
    throw new ParseError(path, `need ${form.length + 1} bytes, have ${bytes.length - offset}`);
  const value = form.read(bytes, at);
  if (value < form.least) throw new ParseError(path, `${value} is not in its shortest form`);
  return { value, next };
}

/**
 * Records in strictly increasing order of type, one after the other.
 * @throws ValueError when a type repeats, falls or is out of range
 */
export function encodeTlvStream(records: readonly TlvRecord[], path = "tlv"): Uint8Array {
  const parts: Uint8Array[] = [];
  let last = -1n;
  for (const { type, value } of records) {
    if (type <= last) throw new ValueError(`${path}/${type}`, `need a type above ${last}`);
    last = type;
    parts.push(encodeBigSize(type, `${path}/${type}`), encodeBigSize(BigInt(value.length)), value);
  }
  return concatBytes(...parts);
}

/**
 * Reads a whole TLV stream: minimal types and lengths, strictly increasing types, no bytes left over. Values
 * are copies. Unknown odd records are kept, so that a caller can pass them on; it ignores what it does not know.
 * @param known when given, a record of an even type that is not in it is refused ("it's ok to be odd")
 * @throws ParseError with the path of the record, `<path>/<type>`
 */
export function decodeTlvStream(bytes: Uint8Array, path = "tlv", known?: ReadonlySet<bigint>): TlvRecord[] {
  const records: TlvRecord[] = [];
  let last = -1n;
  let at = 0;
  while (at < bytes.length) {
    const { value: type, next: afterType } = decodeBigSize(bytes, at, `${path}/type`);
    if (type <= last) throw new ParseError(`${path}/${type}`, `need a type above ${last}`);
    last = type;
    const { value: length, next: start } = decodeBigSize(bytes, afterType, `${path}/${type}/length`);
    const left = bytes.length - start;
    if (length > BigInt(left)) throw new ParseError(`${path}/${type}`, `need ${length} bytes, have ${left}`);
    if (known && type % 2n === 0n && !known.has(type))
      throw new ParseError(`${path}/${type}`, "unknown record of an even type, which must be understood");
    at = start + Number(length);
    records.push({ type, value: bytes.slice(start, at) });
  }
  return records;
}

/** The value of the record of this type, or undefined. */
export function findTlv(records: readonly TlvRecord[], type: bigint): Uint8Array | undefined {
  return records.find((record) => record.type === type)?.value;
}

/** Truncated integer (`tu16`, `tu32`, `tu64` of BOLT 1): big-endian without leading zero bytes; 0 is empty. */
export function encodeTruncated(value: bigint, path = "truncated integer"): Uint8Array {
  const whole = u64(value, path);
  const first = whole.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array(0) : whole.slice(first);
}

/**
 * Reads a truncated integer that takes all of `bytes`.
 * @param maxLength 2, 4 or 8 bytes
 * @throws ParseError when it is longer than that or has a leading zero byte
 */
export function decodeTruncated(bytes: Uint8Array, maxLength: number, path = "truncated integer"): bigint {
  if (bytes.length > maxLength)
    throw new ParseError(path, `need at most ${maxLength} bytes, have ${bytes.length}`);
  if (bytes[0] === 0) throw new ParseError(path, "a truncated integer has no leading zero byte");
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
