import { concatBytes, ParseError, readU64, requireLength, taggedHash, u64 } from "../../common/index.js";
import { readExtension } from "./extension.js";
import { SEALED_LENGTH, STATUS_NONCE_LENGTH } from "./wire.js";

/** `card_status` (45005): this card is here; is an update waiting for it? (specs/08 §3.3) */
export interface CardStatus {
  /** Sealed status message, 149 bytes. */
  readonly status: Uint8Array;
  /** Unix seconds by the sender's clock. */
  readonly time: bigint;
  /** 24 random bytes. */
  readonly nonce: Uint8Array;
}

const FIXED_LENGTH = SEALED_LENGTH + 8 + STATUS_NONCE_LENGTH;

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeCardStatus({ status, time, nonce }: CardStatus): Uint8Array {
  requireLength(status, SEALED_LENGTH, "card_status/status");
  requireLength(nonce, STATUS_NONCE_LENGTH, "card_status/nonce");
  return concatBytes(status, u64(time, "card_status/time"), nonce);
}

/** @throws ParseError naming the field */
export function decodeCardStatus(payload: Uint8Array): CardStatus {
  if (payload.length < FIXED_LENGTH)
    throw new ParseError("card_status", `need ${FIXED_LENGTH} bytes, have ${payload.length}`);
  readExtension(payload, FIXED_LENGTH, "card_status/tlv");
  return {
    status: payload.slice(0, SEALED_LENGTH),
    time: readU64(payload, SEALED_LENGTH),
    nonce: payload.slice(SEALED_LENGTH + 8, FIXED_LENGTH),
  };
}

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
