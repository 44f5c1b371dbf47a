import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, type Msat, requireLength, u64 } from "../../common/index.js";

/**
 * sha256(s || n || a), the draft's own example, to the letter (specs/07 §10.1).
 * @param sharedSecret of any length
 * @param nonce 32 bytes
 * @param amount of the invoice, 0 when it is left open
 */
export function draftPreimage(sharedSecret: Uint8Array, nonce: Uint8Array, amount: Msat): Uint8Array {
  requireLength(nonce, 32, "deputy nonce");
  return sha256(concatBytes(sharedSecret, nonce, u64(amount)));
}
