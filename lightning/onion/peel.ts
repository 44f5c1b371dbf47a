import { concatBytes, equalBytes, ParseError, secp256k1 } from "../../common/index.js";
import { decodeBigSize } from "../tlv.js";
import { blindingFactor, onionHmac, onionKey, onionStream, xorInto } from "./keys.js";
import { decodeOnion, encodeOnion, HOP_PAYLOADS_LENGTH, OnionError } from "./packet.js";

/** One layer of an onion, opened. */
export interface PeeledOnion {
  /** This hop's TLV stream, without its length. */
  readonly payload: Uint8Array;
  /** The onion for the next hop; undefined at the destination. */
  readonly next: Uint8Array | undefined;
  /** The secret shared with the sender, 32 bytes. */
  readonly sharedSecret: Uint8Array;
}

/**
 * Opens the outermost layer (BOLT 4, "Onion Decryption").
 * @param onion 1366 bytes
 * @param secretKey of the node that the sender named at this place, 32 bytes
 * @param associatedData the payment hash
 * @throws OnionError; nothing in the onion is to be believed then
 */
export function peelOnion(onion: Uint8Array, secretKey: Uint8Array, associatedData: Uint8Array): PeeledOnion {
  const { publicKey, hopPayloads, hmac } = decodeOnion(onion);
  if (!secp256k1.isPublicKey(publicKey))
    throw new OnionError("invalid_onion_key", "the ephemeral key is not a point of secp256k1");
  const sharedSecret = secp256k1.ecdh(secretKey, publicKey);
  if (!equalBytes(onionHmac(sharedSecret, hopPayloads, associatedData), hmac))
    throw new OnionError(
      "invalid_onion_hmac",
      "not made for this node and this payment, or changed on the way",
    );

  const opened = concatBytes(hopPayloads, new Uint8Array(HOP_PAYLOADS_LENGTH));
  xorInto(opened, onionStream(onionKey("rho", sharedSecret), opened.length));
  const { start, end } = payloadBounds(opened);
  const nextHmac = opened.slice(end, end + 32);
  const last = nextHmac.every((byte) => byte === 0);
  return {
    payload: opened.slice(start, end),
    sharedSecret,
    next: last
      ? undefined
      : encodeOnion({
          publicKey: secp256k1.multiplyPublicKey(publicKey, blindingFactor(publicKey, sharedSecret)),
          hopPayloads: opened.slice(end + 32, end + 32 + HOP_PAYLOADS_LENGTH),
          hmac: nextHmac,
        }),
  };
}

/** Where the payload lies, with its HMAC within the 1300 bytes. */
function payloadBounds(opened: Uint8Array): { readonly start: number; readonly end: number } {
  try {
    const { value: length, next: start } = decodeBigSize(opened, 0, "length");
    const room = HOP_PAYLOADS_LENGTH - start - 32;
    if (length < 2n || length > BigInt(room))
      throw new ParseError("length", `need 2 to ${room} bytes, have ${length}`);
    return { start, end: start + Number(length) };
  } catch (cause) {
    throw new OnionError("invalid_onion_payload", "the payload's length is wrong", { cause });
  }
}
