import { createRequire } from "node:module";
import { sha256 } from "@noble/hashes/sha2.js";
import { requireLength } from "../bytes.js";
import { ParseError, ValueError } from "../errors.js";
import type { Secp256k1 } from "./interface.js";
import { nobleSecp256k1 } from "./noble.js";

type Binding = typeof import("secp256k1");

/**
 * The package's own entry falls back silently to a slow JavaScript implementation; its `bindings.js` does not,
 * so what loads here is libsecp256k1 or nothing.
 */
function loadBinding(): Binding | undefined {
  try {
    return createRequire(import.meta.url)("secp256k1/bindings.js") as Binding;
  } catch {
    return undefined;
  }
}

function checked<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new ParseError(what, "refused by libsecp256k1", { cause });
  }
}

function build(binding: Binding): Secp256k1 {
  const secret = (bytes: Uint8Array, path: string): Uint8Array => {
    if (bytes.length !== 32 || !binding.privateKeyVerify(bytes))
      throw new ValueError(path, "need 32 bytes in 1..n-1");
    return bytes;
  };
  // libsecp256k1 also reads the hybrid forms 06 and 07; SEC 1 uncompressed is 04 alone.
  const isSec1 = (bytes: Uint8Array): boolean =>
    bytes.length === 33 ? bytes[0] === 2 || bytes[0] === 3 : bytes.length === 65 && bytes[0] === 4;
  const isPublicKey = (bytes: Uint8Array): boolean => isSec1(bytes) && binding.publicKeyVerify(bytes);
  const noPoint = (cause?: unknown): ParseError =>
    new ParseError("public key", "not a point of secp256k1 in SEC 1 form", { cause });
  const pub = (bytes: Uint8Array): Uint8Array => {
    if (!isPublicKey(bytes)) throw noPoint();
    return bytes;
  };
  return {
    name: "native",
    isSecretKey: (bytes) => bytes.length === 32 && binding.privateKeyVerify(bytes),
    isPublicKey,
    publicKey: (secretKey, compressed = true) =>
      binding.publicKeyCreate(secret(secretKey, "secret key"), compressed),
    convert(publicKey, compressed) {
      if (!isSec1(publicKey)) throw noPoint();
      try {
        return binding.publicKeyConvert(publicKey, compressed);
      } catch (cause) {
        throw noPoint(cause);
      }
    },
    sign(digest, secretKey, options = {}) {
      // libsecp256k1 only makes low s; a caller that wants s as it falls gets noble's.
      if (options.allowHighS) return nobleSecp256k1.sign(digest, secretKey, options);
      requireLength(digest, 32, "digest");
      secret(secretKey, "secret key");
      if (options.entropy) requireLength(options.entropy, 32, "entropy");
      return binding.ecdsaSign(digest, secretKey, options.entropy ? { data: options.entropy } : {}).signature;
    },
    signRecoverable(digest, secretKey) {
      requireLength(digest, 32, "digest");
      const { signature, recid } = binding.ecdsaSign(digest, secret(secretKey, "secret key"));
      return { signature, recovery: recid };
    },
    verify(signature, digest, publicKey) {
      if (signature.length !== 64 || digest.length !== 32 || !isSec1(publicKey)) return false;
      try {
        return binding.ecdsaVerify(binding.signatureNormalize(new Uint8Array(signature)), digest, publicKey);
      } catch {
        return false;
      }
    },
    recover(signature, recovery, digest) {
      requireLength(digest, 32, "digest");
      return checked("signature", () => binding.ecdsaRecover(signature, recovery, digest, true));
    },
    ecdh(secretKey, publicKey) {
      const shared = binding.publicKeyTweakMul(pub(publicKey), secret(secretKey, "secret key"), true);
      return sha256(shared);
    },
    multiplyPublicKey: (publicKey, factor) =>
      binding.publicKeyTweakMul(pub(publicKey), secret(factor, "factor"), true),
    multiplySecretKey: (secretKey, factor) =>
      binding.privateKeyTweakMul(Uint8Array.from(secret(secretKey, "secret key")), secret(factor, "factor")),
  };
}

const binding = loadBinding();

/** libsecp256k1, or undefined where its binary does not load on this machine. */
export const nativeSecp256k1: Secp256k1 | undefined = binding && build(binding);
