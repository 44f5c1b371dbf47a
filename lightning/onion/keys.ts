import { chacha20 } from "@noble/ciphers/chacha.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, secp256k1, utf8 } from "../../common/index.js";

const NONCE = new Uint8Array(12);

/** A key of one purpose from a hop's shared secret (BOLT 4, "Key Generation"), 32 bytes. */
export const onionKey = (purpose: "rho" | "mu" | "um" | "ammag" | "pad", secret: Uint8Array): Uint8Array =>
  hmac(sha256, utf8(purpose), secret);

/** The pseudo-random byte stream of a key: ChaCha20 with a zero nonce over zeros. */
export const onionStream = (key: Uint8Array, length: number): Uint8Array =>
  chacha20(key, NONCE, new Uint8Array(length));

/** HMAC with SHA-256, 32 bytes. */
export const onionMac = (key: Uint8Array, message: Uint8Array): Uint8Array => hmac(sha256, key, message);

/** The HMAC over payloads and associated data under a hop's `mu` key, 32 bytes. */
export const onionHmac = (secret: Uint8Array, hopPayloads: Uint8Array, associatedData: Uint8Array) =>
  onionMac(onionKey("mu", secret), concatBytes(hopPayloads, associatedData));

/** SHA-256(ephemeral key || shared secret): the factor that turns a hop's ephemeral key into the next one's. */
export const blindingFactor = (publicKey: Uint8Array, secret: Uint8Array): Uint8Array =>
  sha256(concatBytes(publicKey, secret));

/** `bytes` XOR `stream`, into `bytes`. */
export function xorInto(bytes: Uint8Array, stream: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) ^ (stream[i] ?? 0);
}

/**
 * The shared secret with each hop, as the sender computes them.
 * @param nodeIds of the hops in order, 33 bytes each
 * @param sessionKey 32 bytes
 * @throws ParseError for an id that is no point
 */
export function sharedSecrets(nodeIds: readonly Uint8Array[], sessionKey: Uint8Array): Uint8Array[] {
  let ephemeral = sessionKey;
  return nodeIds.map((nodeId) => {
    const secret = secp256k1.ecdh(ephemeral, nodeId);
    ephemeral = secp256k1.multiplySecretKey(
      ephemeral,
      blindingFactor(secp256k1.publicKey(ephemeral), secret),
    );
    return secret;
  });
}
