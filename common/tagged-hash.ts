import { concatBytes, utf8 } from "./bytes.js";
import { sha256 } from "./sha256.js";

const prefixes = new Map<string, Uint8Array>();

/**
 * SHA-256(SHA-256(tag) || SHA-256(tag) || parts...), 32 bytes: a hash that cannot stand for another purpose's
 * (specs/02 §2, the construction of BIP 340).
 */
export function taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  let prefix = prefixes.get(tag);
  if (!prefix) {
    const hash = sha256(utf8(tag));
    prefix = concatBytes(hash, hash);
    prefixes.set(tag, prefix);
  }
  return sha256(Buffer.concat([prefix, ...parts]));
}
