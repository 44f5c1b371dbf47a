import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  createPublicKey,
  createVerify,
  ECDH,
} from "node:crypto";
import * as noble from "@noble/secp256k1";
import { ascii, integer, join, uint, unhex } from "./bytes.js";

/*
 * The platform's cryptography. It makes no deterministic signatures and recovers no keys from them: these come from
 * noble, and the platform verifies them.
 */

noble.hashes.sha256 = (message) => Uint8Array.from(createHash("sha256").update(message).digest());
noble.hashes.hmacSha256 = (key, message) =>
  Uint8Array.from(createHmac("sha256", key).update(message).digest());

/** Order of secp256k1. */
export const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash("sha256")
    .update(join(...parts))
    .digest();

export const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac("sha256", key)
    .update(join(...parts))
    .digest();

/** What stands before the bytes that a tagged SHA-256 is made of (specs/02 §2). */
export function tagPrefix(tag: string): Buffer {
  const half = sha256(ascii(tag));
  return join(half, half);
}

/** AES-128-CBC without padding. */
export function aesEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  return join(cipher.update(data), cipher.final());
}

export function aesDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  const cipher = createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  return join(cipher.update(data), cipher.final());
}

/** One block of AES-128. */
export const aesBlock = (key: Uint8Array, block: Uint8Array): Buffer =>
  aesEncrypt(key, Buffer.alloc(16), block);

/** ChaCha20 from a 16-byte IV: counter 4, nonce 12. */
export const chacha20 = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer =>
  createCipheriv("chacha20", key, iv).update(data);

/** The left shift of RFC 4493's subkeys. */
function doubled(block: Buffer): Buffer {
  const shifted = BigInt.asUintN(128, integer(block) << 1n);
  return uint((block[0] ?? 0) & 0x80 ? shifted ^ 0x87n : shifted, 16);
}

/** AES-CMAC (RFC 4493), 16 bytes. */
export function cmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const message = join(...parts);
  const once = doubled(aesBlock(key, Buffer.alloc(16)));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole ? message : join(message, unhex("80"), Buffer.alloc(15 - (message.length % 16)));
  const subkey = whole ? once : doubled(once);
  const last = uint(integer(padded.subarray(-16)) ^ integer(subkey), 16);
  return aesEncrypt(key, Buffer.alloc(16), join(padded.subarray(0, -16), last)).subarray(-16);
}

/** The point of a secret key, 65 bytes, or 33 compressed. */
export function pointOf(secretKey: Uint8Array, compressed = false): Buffer {
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(secretKey);
  return pair.getPublicKey(null, compressed ? "compressed" : "uncompressed");
}

export function isSecretKey(bytes: Uint8Array): boolean {
  const value = integer(bytes);
  return bytes.length === 32 && value > 0n && value < GROUP_ORDER;
}

/** True for a point on the curve: 33 bytes beginning 02 or 03, or 65 beginning 04. */
export function isPoint(bytes: Uint8Array): boolean {
  // The platform takes the hybrid forms 06 and 07 too.
  if (![2, 3, 4].includes(bytes[0] ?? 0)) return false;
  try {
    ECDH.convertKey(bytes, "secp256k1");
    return true;
  } catch {
    return false;
  }
}

/** DER of a public key up to its point of 65 bytes. */
const PUBLIC_KEY = unhex("3056301006072a8648ce3d020106052b8104000a034200");

/** ECDSA over the SHA-256 of the parts; s may be high. @param point 33 or 65 bytes, on the curve */
export function verify(signature: Uint8Array, point: Uint8Array, ...parts: readonly Uint8Array[]): boolean {
  const whole = ECDH.convertKey(point, "secp256k1", undefined, undefined, "uncompressed") as Buffer;
  const key = createPublicKey({ key: join(PUBLIC_KEY, whole), format: "der", type: "spki" });
  return createVerify("sha256")
    .update(join(...parts))
    .verify({ key, dsaEncoding: "ieee-p1363" }, signature);
}

/** How a signature is made: RFC 6979 with a low s, or with more entropy and s as it falls. */
export interface Signing {
  readonly entropy?: Uint8Array;
}

/** ECDSA over the SHA-256 of the parts: r and s, 64 bytes. */
export function sign(secretKey: Uint8Array, parts: readonly Uint8Array[], { entropy }: Signing = {}): Buffer {
  const signed = noble.sign(sha256(...parts), secretKey, {
    prehash: false,
    lowS: entropy === undefined,
    extraEntropy: entropy ?? false,
  });
  const signature = Buffer.from(signed);
  if (!verify(signature, pointOf(secretKey), ...parts)) throw new Error("a signature does not verify");
  return signature;
}

/** The same with the recovery id in front, 65 bytes. */
export function signRecoverably(secretKey: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const signed = noble.sign(sha256(...parts), secretKey, { prehash: false, format: "recovered" });
  return Buffer.from(signed);
}

/** The compressed point that made a signature; undefined when none can have. */
export function recover(
  signature: Uint8Array,
  recovery: number,
  ...parts: readonly Uint8Array[]
): Buffer | undefined {
  let found: Buffer;
  try {
    const recoverable = join(Buffer.of(recovery), signature);
    found = Buffer.from(noble.recoverPublicKey(recoverable, sha256(...parts), { prehash: false }));
  } catch {
    return undefined;
  }
  return verify(signature, found, ...parts) ? found : undefined;
}
