import { createCipheriv, createDecipheriv, type Decipher } from "node:crypto";
import { concatBytes, requireLength } from "../../common/bytes.js";
import { taggedHash } from "../../common/tagged-hash.js";
import { IV_LENGTH, MESSAGE_TYPE, type MessageType, SEALED_BODY_LENGTH } from "../constants.js";

/** Domain tags of the four signatures and of the key proof (specs/02 §2, specs/04). */
const SIGNATURE_TAG: Readonly<Record<MessageType, string>> = {
  [MESSAGE_TYPE.AUTHORIZATION]: "chequecard/authorization",
  [MESSAGE_TYPE.STATUS]: "chequecard/status",
  [MESSAGE_TYPE.UPDATE]: "chequecard/update",
  [MESSAGE_TYPE.CERTIFICATE]: "chequecard/certificate",
};
const KEY_PROOF_TAG = "chequecard/key";

/**
 * The 32 bytes that are signed: tagged SHA-256 of type || key set id || body without its signature.
 * @param keySetId 4 bytes; @param unsigned 64 bytes
 */
export function signedDigest(type: MessageType, keySetId: Uint8Array, unsigned: Uint8Array): Uint8Array {
  return taggedHash(SIGNATURE_TAG[type], Uint8Array.of(type), keySetId, unsigned);
}

/** The 32 bytes that a new card key signs to prove itself (GENERATE KEY PAIR). */
export function keyProofDigest(challenge: Uint8Array, point: Uint8Array): Uint8Array {
  return taggedHash(KEY_PROOF_TAG, challenge, point);
}

/** AES-128-CBC without padding. `key` and `iv` 16 bytes, `body` a multiple of 16. */
export function sealBody(key: Uint8Array, iv: Uint8Array, body: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(body), cipher.final()]));
}

/** The inverse of {@link sealBody}. Authenticates nothing: any bytes open to something. */
export function openBody(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  const { buffer, byteOffset, length } = decipher.update(sealed) as Buffer<ArrayBuffer>;
  // Nothing is left for the end: without padding every block is opened at once. It throws for a part of one.
  decipher.final();
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * `openBody` for many bodies under one key: to set a cipher up takes several times as long as the 128
 * bytes themselves. It keeps the key for as long as it lives.
 */
export class BodyOpener {
  /** Block for block: without a chain, and so without anything that one body would leave to the next. */
  readonly #blocks: Decipher;

  /** @param key 16 bytes */
  constructor(key: Uint8Array) {
    this.#blocks = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  }

  /** @param iv 16 bytes; @param sealed 128 bytes @throws ValueError */
  open(iv: Uint8Array, sealed: Uint8Array): Uint8Array {
    requireLength(iv, IV_LENGTH, "IV");
    requireLength(sealed, SEALED_BODY_LENGTH, "sealed body");
    const { buffer, byteOffset, length } = this.#blocks.update(sealed) as Buffer<ArrayBuffer>;
    const body = new Uint8Array(buffer, byteOffset, length);
    // CBC: what a block opens to is XORed with the sealed block before it, the first one with the IV.
    for (let i = 0; i < length; i++)
      body[i] = (body[i] ?? 0) ^ ((i < IV_LENGTH ? iv[i] : sealed[i - IV_LENGTH]) ?? 0);
    return body;
  }
}

/** type || key set id || IV || sealed body, 149 bytes (specs/02 §1). */
export function frameSealed(
  type: MessageType,
  keySetId: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
): Uint8Array {
  return concatBytes(Uint8Array.of(type), keySetId, iv, sealed);
}
