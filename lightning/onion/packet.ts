import { CodedError, concatBytes, requireLength } from "../../common/index.js";

/** Bytes of the part of an onion that holds the payloads of the hops (BOLT 4, "Packet Structure"). */
export const HOP_PAYLOADS_LENGTH = 1300;
/** Bytes of a whole onion: version, key, payloads, HMAC. */
export const ONION_LENGTH = 1 + 33 + HOP_PAYLOADS_LENGTH + 32;

export type OnionErrorCode =
  | "invalid_onion_version"
  | "invalid_onion_key"
  | "invalid_onion_hmac"
  | "invalid_onion_payload";

/** An onion that this hop must not take; `code` is the failure message's name in BOLT 4. */
export class OnionError extends CodedError<OnionErrorCode> {
  constructor(code: OnionErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, `onion: ${message}`, options);
  }
}

/** An onion in its parts. */
export interface OnionPacket {
  /** The sender's ephemeral key for this hop, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** 1300 bytes. */
  readonly hopPayloads: Uint8Array;
  /** 32 bytes. */
  readonly hmac: Uint8Array;
}

/** The 1366 bytes that an `update_add_htlc` carries. @throws ValueError */
export function encodeOnion(packet: OnionPacket): Uint8Array {
  requireLength(packet.publicKey, 33, "onion/public key");
  requireLength(packet.hopPayloads, HOP_PAYLOADS_LENGTH, "onion/hop payloads");
  requireLength(packet.hmac, 32, "onion/hmac");
  return concatBytes(Uint8Array.of(0), packet.publicKey, packet.hopPayloads, packet.hmac);
}

/** Splits an onion; whether the key is a point shows when it is used. @throws OnionError */
export function decodeOnion(bytes: Uint8Array): OnionPacket {
  if (bytes.length !== ONION_LENGTH)
    throw new OnionError("invalid_onion_version", `need ${ONION_LENGTH} bytes, have ${bytes.length}`);
  if (bytes[0] !== 0) throw new OnionError("invalid_onion_version", `need version 0, have ${bytes[0]}`);
  return {
    publicKey: bytes.slice(1, 34),
    hopPayloads: bytes.slice(34, 34 + HOP_PAYLOADS_LENGTH),
    hmac: bytes.slice(34 + HOP_PAYLOADS_LENGTH),
  };
}
