import { concatBytes, readU64, requireLength, u64 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { readExtension } from "./extension.js";
import { STATUS_NONCE_LENGTH } from "./status-challenge.js";
import { SEALED_LENGTH } from "./wire.js";

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
