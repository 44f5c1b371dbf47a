import { concatBytes, type Msat, requireLength, u16, u32, u64, ValueError } from "../../common/index.js";
import { onionKey, onionMac, onionStream, xorInto } from "./keys.js";

/** A failure of the final node (BOLT 4, "Failure Messages"). */
export type FinalFailure =
  | {
      readonly name: "incorrect_or_unknown_payment_details";
      /** Of the HTLC that is failed. */
      readonly amount: Msat;
      /** At which the node decided. */
      readonly blockHeight: number;
    }
  | { readonly name: "mpp_timeout" };

const PERM = 0x4000;
/** Bytes of message and padding together; every failure has the same length, so that nodes on the way learn nothing from it. */
const PADDED_LENGTH = 256;
/** Bytes of a failure onion: HMAC, length of the message, message, length of the padding, padding. */
export const FAILURE_ONION_LENGTH = 32 + 2 + PADDED_LENGTH + 2;

/** Code and data of a failure message, without its length. */
export function encodeFailure(failure: FinalFailure): Uint8Array {
  if (failure.name === "mpp_timeout") return u16(23);
  return concatBytes(u16(PERM | 15), u64(failure.amount), u32(failure.blockHeight));
}

/**
 * The failure as the node that fails the HTLC returns it: authenticated under `um`, encrypted under `ammag` for the
 * sender (BOLT 4, "Returning Errors").
 * @param sharedSecret with the sender, 32 bytes, from {@link peelOnion}
 * @param message at most 256 bytes
 * @returns 292 bytes
 * @throws ValueError
 */
export function failureOnion(sharedSecret: Uint8Array, message: Uint8Array): Uint8Array {
  if (message.length > PADDED_LENGTH)
    throw new ValueError("failure", `need at most ${PADDED_LENGTH} bytes, have ${message.length}`);
  const padding = new Uint8Array(PADDED_LENGTH - message.length);
  const packet = concatBytes(u16(message.length), message, u16(padding.length), padding);
  return wrapFailure(sharedSecret, concatBytes(onionMac(onionKey("um", sharedSecret), packet), packet));
}

/** The layer that each node on the way back adds, the failing one first. @returns as long as `packet` */
export function wrapFailure(sharedSecret: Uint8Array, packet: Uint8Array): Uint8Array {
  requireLength(sharedSecret, 32, "failure/shared secret");
  const wrapped = packet.slice();
  xorInto(wrapped, onionStream(onionKey("ammag", sharedSecret), wrapped.length));
  return wrapped;
}
