import { hex, uint, unhex } from "../../../reference/bytes.js";
import { tlv as object } from "../../../reference/tlv.js";

export { uint, unhex as bytes };

/** BER-TLV with the shortest length form, up to 255 bytes. */
export const tlv = (tag: string, value: Buffer): Buffer => unhex(object(tag, hex(value)));

/** Data with one bit flipped. */
export function flip(data: Buffer, byte: number, mask = 0x01): Buffer {
  const out = Buffer.from(data);
  out[byte] = (out[byte] ?? 0) ^ mask;
  return out;
}
