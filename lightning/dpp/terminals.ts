import { printKeyId } from "./metadata.js";
import { deriveTerminalKey } from "./preimage.js";
import type { DeputyKeys } from "./terms.js";

/**
 * The terminals of a recipient: one master key, and the ids of those that are not revoked (specs/07 §6.1).
 * @param master 32 bytes; see {@link deriveTerminalKey}
 * @param active key ids of 4 bytes
 */
export function deputyKeys(master: Uint8Array, active: Iterable<Uint8Array>): DeputyKeys {
  const keys = new Map<string, Uint8Array>();
  for (const keyId of active) keys.set(printKeyId(keyId), deriveTerminalKey(master, keyId));
  return { terminalKey: (keyId) => keys.get(printKeyId(keyId)) };
}
