import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as noble from "@noble/secp256k1";
import { requireLength } from "../bytes.js";
import { ParseError, ValueError } from "../errors.js";
import type { Secp256k1 } from "./interface.js";

noble.hashes.sha256 = sha256;
noble.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const N = noble.Point.CURVE().n;

function scalar(secretKey: Uint8Array, path: string): bigint {
  if (!noble.utils.isValidSecretKey(secretKey)) throw new ValueError(path, "need 32 bytes in 1..n-1");
  return BigInt(`0x${noble.etc.bytesToHex(secretKey)}`);
}

function point(publicKey: Uint8Array): noble.Point {
  try {
    return noble.Point.fromBytes(publicKey);
  } catch (cause) {
    throw new ParseError("public key", "not a point of secp256k1 in SEC 1 form", { cause });
  }
}

/** The pure TypeScript backend, by @noble/secp256k1. */
export const nobleSecp256k1: Secp256k1 = {
  name: "noble",
  isSecretKey: (bytes) => noble.utils.isValidSecretKey(bytes),
  isPublicKey: (bytes) =>
    (bytes.length === 33 || bytes.length === 65) && noble.utils.isValidPublicKey(bytes, bytes.length === 33),
  publicKey(secretKey, compressed = true) {
    scalar(secretKey, "secret key");
    return noble.getPublicKey(secretKey, compressed);
  },
  convert: (publicKey, compressed) => point(publicKey).toBytes(compressed),
  sign(digest, secretKey, options = {}) {
    requireLength(digest, 32, "digest");
    scalar(secretKey, "secret key");
    return noble.sign(digest, secretKey, {
      prehash: false,
      lowS: !options.allowHighS,
      ...(options.entropy ? { extraEntropy: options.entropy } : {}),
    });
  },
  signRecoverable(digest, secretKey) {
    requireLength(digest, 32, "digest");
    scalar(secretKey, "secret key");
    const bytes = noble.sign(digest, secretKey, { prehash: false, format: "recovered" });
    return { signature: bytes.slice(1), recovery: bytes[0] ?? 0 };
  },
  verify(signature, digest, publicKey) {
    if (signature.length !== 64 || digest.length !== 32) return false;
    try {
      return noble.verify(signature, digest, publicKey, { prehash: false, lowS: false });
    } catch {
      return false;
    }
  },
  recover(signature, recovery, digest) {
    requireLength(digest, 32, "digest");
    if (signature.length !== 64 || !(recovery >= 0 && recovery <= 3))
      throw new ParseError("signature", "need 64 bytes and a recovery id of 0..3");
    try {
      const bytes = new Uint8Array(65);
      bytes[0] = recovery;
      bytes.set(signature, 1);
      return noble.recoverPublicKey(bytes, digest, { prehash: false });
    } catch (cause) {
      throw new ParseError("signature", "no public key can be recovered from it", { cause });
    }
  },
  ecdh(secretKey, publicKey) {
    const shared = point(publicKey).multiply(scalar(secretKey, "secret key"));
    return sha256(shared.toBytes(true));
  },
  multiplyPublicKey: (publicKey, factor) => point(publicKey).multiply(scalar(factor, "factor")).toBytes(true),
  multiplySecretKey(secretKey, factor) {
    const product = (scalar(secretKey, "secret key") * scalar(factor, "factor")) % N;
    return noble.etc.hexToBytes(product.toString(16).padStart(64, "0"));
  },
};
