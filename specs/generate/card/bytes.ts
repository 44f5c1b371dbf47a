/** Unsigned big-endian integer of `length` bytes. Written here, not taken from the code that the vectors test. */
export function uint(value: number | bigint, length: number): Buffer {
  const hex = BigInt(value)
    .toString(16)
    .padStart(2 * length, "0");
  if (value < 0 || hex.length > 2 * length) throw new RangeError(`${value} does not fit ${length} bytes`);
  return Buffer.from(hex, "hex");
}

/** Hex to bytes. */
export const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** BER-TLV with the shortest length form, up to 255 bytes. */
export function tlv(tag: string, value: Buffer): Buffer {
  if (value.length > 255) throw new RangeError(`${tag}: ${value.length} bytes`);
  const length = value.length < 128 ? [value.length] : [0x81, value.length];
  return Buffer.concat([bytes(tag), Buffer.from(length), value]);
}

/** Data with one bit flipped. */
export function flip(data: Buffer, byte: number, mask = 0x01): Buffer {
  const out = Buffer.from(data);
  out[byte] = (out[byte] ?? 0) ^ mask;
  return out;
}
