import { requireLength, u64 } from "../../common/bytes.js";
import { taggedHash } from "../../common/tagged-hash.js";

/** Bytes of the nonce in `card_status` (specs/08 §2). */
export const STATUS_NONCE_LENGTH = 24;

/**
 * The challenge for IDENTIFY, 32 bytes (specs/08 §6): binds the card's answer to one node and one moment, so that
 * it cannot be used later or elsewhere. Terminal and issuer both compute it.
 * @param nodeId the node that will be asked, 33 bytes; @param time Unix seconds; @param nonce 24 random bytes
 * @throws ValueError
 */
export function statusChallenge(nodeId: Uint8Array, time: bigint, nonce: Uint8Array): Uint8Array {
  requireLength(nodeId, 33, "status challenge/node id");
  requireLength(nonce, STATUS_NONCE_LENGTH, "status challenge/nonce");
  return taggedHash("chequecard/status-challenge", nodeId, u64(time, "status challenge/time"), nonce);
}
