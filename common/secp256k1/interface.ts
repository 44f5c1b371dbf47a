/** How a signature is made. */
export interface SignOptions {
  /** 32 bytes mixed into the nonce (RFC 6979 §3.6). Absent: the deterministic nonce of RFC 6979. */
  readonly entropy?: Uint8Array;
  /** Leave s as it falls, so that half of the signatures have a high s, as on a Java Card. Default false. */
  readonly allowHighS?: boolean;
}

/** A signature from which the signer's public key can be computed (BOLT 11). */
export interface RecoverableSignature {
  /** r || s, 64 bytes, low s. */
  readonly signature: Uint8Array;
  /** 0..3 */
  readonly recovery: number;
}

/**
 * ECDSA and point arithmetic on secp256k1. Two backends keep it, with the same vectors: `noble` (always there)
 * and `native` (libsecp256k1 through the `secp256k1` package, where its binary loads).
 * Digests are 32 bytes and are not hashed again. Signatures are compact: r || s, 64 bytes.
 */
export interface Secp256k1 {
  readonly name: "noble" | "native";
  /** True for 32 bytes in 1..n-1. */
  isSecretKey(bytes: Uint8Array): boolean;
  /** True for a point on the curve in SEC 1 form, 33 or 65 bytes. */
  isPublicKey(bytes: Uint8Array): boolean;
  /** Public key of a secret key: 33 bytes, or 65 when `compressed` is false. @throws ValueError */
  publicKey(secretKey: Uint8Array, compressed?: boolean): Uint8Array;
  /** The same point, 33 bytes or 65. @throws ParseError when it is no point */
  convert(publicKey: Uint8Array, compressed: boolean): Uint8Array;
  /** Signs a 32-byte digest. @throws ValueError */
  sign(digest: Uint8Array, secretKey: Uint8Array, options?: SignOptions): Uint8Array;
  /** Signs a 32-byte digest so that the key can be recovered; low s. @throws ValueError */
  signRecoverable(digest: Uint8Array, secretKey: Uint8Array): RecoverableSignature;
  /**
   * True when `signature` (64 bytes, low or high s) of `digest` is `publicKey`'s. Never throws:
   * a malformed signature, digest or key is false.
   */
  verify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  /** The signer's key, 33 bytes; high s accepted. @throws ParseError when none can be recovered */
  recover(signature: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array;
  /** SHA-256 of the compressed shared point (BOLT 4 and BOLT 8). @throws ParseError, ValueError */
  ecdh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** `factor` times the point, 33 bytes. @throws ParseError, ValueError */
  multiplyPublicKey(publicKey: Uint8Array, factor: Uint8Array): Uint8Array;
  /** secretKey * factor mod n, 32 bytes. @throws ValueError */
  multiplySecretKey(secretKey: Uint8Array, factor: Uint8Array): Uint8Array;
}
