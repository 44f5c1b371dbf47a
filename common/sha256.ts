import { hash } from "node:crypto";

/** SHA-256 of bytes or of a text in UTF-8, 32 bytes. The platform's own: several times as fast as one in JavaScript, and it makes less garbage. */
export function sha256(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = hash("sha256", data, "buffer") as Buffer<ArrayBuffer>;
  return new Uint8Array(buffer, byteOffset, length);
}
