import { hash } from "node:crypto";

/** SHA-256, 32 bytes. The platform's own: several times as fast as one in JavaScript, and it makes less garbage. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash("sha256", bytes, "buffer"));
}
