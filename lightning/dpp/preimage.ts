import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, requireLength, utf8 } from "../../common/index.js";
import { METADATA_LENGTH } from "./metadata.js";

const PREIMAGE_TAG = utf8("chequecard/deputy-preimage");
const SECRET_TAG = utf8("chequecard/deputy-payment-secret");
const TERMINAL_TAG = utf8("chequecard/deputy-terminal");
const NODE_TAG = utf8("chequecard/deputy-node");

const keyed = (key: Uint8Array, tag: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
  hmac(sha256, key, concatBytes(tag, ...parts));

/**
 * The preimage of a deputy invoice, 32 bytes (specs/07 §4): only terminal and recipient can compute it.
 * @param terminalKey 32 bytes
 * @param metadata the encoded payment metadata, 33 bytes
 */
export function deputyPreimage(terminalKey: Uint8Array, metadata: Uint8Array): Uint8Array {
  requireLength(terminalKey, 32, "terminal key");
  requireLength(metadata, METADATA_LENGTH, "metadata");
  return keyed(terminalKey, PREIMAGE_TAG, metadata);
}

/** The payment secret of the scheme `derived`, 32 bytes (specs/07 §5.2). Parameters as for the preimage. */
export function derivedPaymentSecret(terminalKey: Uint8Array, metadata: Uint8Array): Uint8Array {
  requireLength(terminalKey, 32, "terminal key");
  requireLength(metadata, METADATA_LENGTH, "metadata");
  return keyed(terminalKey, SECRET_TAG, metadata);
}

/**
 * The key of one terminal, 32 bytes, so that the recipient keeps one secret for all of them (specs/07 §6.1).
 * @param master the recipient's, 32 bytes; never leaves it
 * @param keyId 4 bytes
 */
export function deriveTerminalKey(master: Uint8Array, keyId: Uint8Array): Uint8Array {
  requireLength(master, 32, "deputy master key");
  requireLength(keyId, 4, "key id");
  return keyed(master, TERMINAL_TAG, keyId);
}

/**
 * The secret key of the deputy itself, 32 bytes, where the recipient chooses it: the payee of all its terminals'
 * invoices (specs/07 §6.1).
 * @param master as for {@link deriveTerminalKey}
 */
export function deriveDeputyKey(master: Uint8Array): Uint8Array {
  requireLength(master, 32, "deputy master key");
  return keyed(master, NODE_TAG);
}
