import { createCipheriv, createHash } from "node:crypto";
import { secp256k1 } from "../../../common/index.js";
import { uint } from "./bytes.js";
import { CARD, ISSUER, KEY_SET, type VectorKey, type VectorKeySet } from "./material.js";

/** Order of secp256k1. */
export const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const sha256 = (...parts: Buffer[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

export type SealedType = "authorization" | "status" | "update";
export const TYPE_BYTE: Readonly<Record<SealedType, number>> = { authorization: 1, status: 2, update: 3 };

export interface AuthorizationFields {
  readonly cardId: Buffer;
  readonly counter: number;
  readonly flags: number;
  readonly updateSequence: number;
  readonly amount: bigint;
  readonly authorizedTotal: bigint;
  readonly invoiceHash: Buffer;
}

export interface StatusFields {
  readonly cardId: Buffer;
  readonly counter: number;
  readonly flags: number;
  readonly updateSequence: number;
  readonly credit: bigint;
  readonly authorizedTotal: bigint;
  readonly challenge: Buffer;
}

export interface UpdateFields {
  readonly cardId: Buffer;
  readonly sequence: number;
  readonly flags: number;
  readonly reserved: Buffer;
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly keyCheck: Buffer;
}

/** specs/02 §3.1, 64 bytes. */
export const authorizationBytes = (f: AuthorizationFields): Buffer =>
  Buffer.concat([
    f.cardId,
    uint(f.counter, 4),
    uint(f.flags, 1),
    uint(f.updateSequence, 3),
    uint(f.amount, 8),
    uint(f.authorizedTotal, 8),
    f.invoiceHash,
  ]);

/** specs/02 §3.2, 64 bytes. */
export const statusBytes = (f: StatusFields): Buffer =>
  Buffer.concat([
    f.cardId,
    uint(f.counter, 4),
    uint(f.flags, 1),
    uint(f.updateSequence, 3),
    uint(f.credit, 8),
    uint(f.authorizedTotal, 8),
    f.challenge,
  ]);

/** specs/02 §3.3, 64 bytes. */
export const updateBytes = (f: UpdateFields): Buffer =>
  Buffer.concat([
    f.cardId,
    uint(f.sequence, 4),
    uint(f.flags, 1),
    f.reserved,
    uint(f.credit, 8),
    uint(f.maxPerTransaction, 8),
    uint(f.pinThreshold, 8),
    uint(f.noPinBudget, 8),
    uint(f.maxTransactions, 4),
    f.keyCheck,
  ]);

/** First 12 bytes of SHA-256 of a point. */
export const keyCheckOf = (point: Buffer): Buffer => sha256(point).subarray(0, 12);

/** specs/02 §2. */
export function digestOf(type: SealedType, keySetId: Buffer, fields: Buffer): Buffer {
  const tag = sha256(Buffer.from(`chequecard/${type}`, "ascii"));
  return sha256(tag, tag, uint(TYPE_BYTE[type], 1), keySetId, fields);
}

/** How a signature is made, or spoilt. */
export type SignatureForm =
  | "low-s"
  | "high-s"
  | "bit-flipped"
  | "r-zero"
  | "s-zero"
  | "r-not-below-n"
  | "s-not-below-n"
  | "all-ones";

/** RFC 6979 without extra entropy, s low or high. */
export function signature(digest: Buffer, signer: VectorKey, form: SignatureForm = "low-s"): Buffer {
  const low = Buffer.from(secp256k1.sign(digest, signer.secretKey));
  const r = low.subarray(0, 32);
  const s = low.subarray(32);
  const zero = Buffer.alloc(32);
  const value = (part: Buffer): bigint => BigInt(`0x${part.toString("hex")}`);
  switch (form) {
    case "low-s":
      return low;
    case "high-s":
      return Buffer.concat([r, uint(GROUP_ORDER - value(s), 32)]);
    case "bit-flipped":
      return Buffer.concat([r, s.subarray(0, 31), Buffer.of((s[31] ?? 0) ^ 1)]);
    case "r-zero":
      return Buffer.concat([zero, s]);
    case "s-zero":
      return Buffer.concat([r, zero]);
    case "r-not-below-n":
      return Buffer.concat([uint(GROUP_ORDER, 32), s]);
    case "s-not-below-n":
      return Buffer.concat([r, uint(GROUP_ORDER, 32)]);
    case "all-ones":
      return Buffer.alloc(64, 0xff);
  }
}

/** AES-128-CBC without padding, by node:crypto. */
export function encrypt(sealKey: Buffer, iv: Buffer, body: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-cbc", sealKey, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(body), cipher.final()]);
}

export interface SealOptions {
  readonly keySet?: VectorKeySet;
  readonly signer?: VectorKey;
  readonly form?: SignatureForm;
  /** The type byte of the frame, where it is to differ from the signed one. */
  readonly frameType?: number;
}

export interface SealedVector {
  readonly message: Buffer;
  readonly iv: Buffer;
  readonly body: Buffer;
  readonly digest: Buffer;
  readonly signature: Buffer;
  readonly keySet: VectorKeySet;
}

/** Signs 64 bytes of fields and seals them. */
export function seal(type: SealedType, fields: Buffer, iv: Buffer, options: SealOptions = {}): SealedVector {
  const keySet = options.keySet ?? KEY_SET;
  const signer = options.signer ?? (type === "update" ? ISSUER : CARD);
  const digest = digestOf(type, keySet.keySetId, fields);
  const signed = signature(digest, signer, options.form);
  const body = Buffer.concat([fields, signed]);
  const message = Buffer.concat([
    uint(options.frameType ?? TYPE_BYTE[type], 1),
    keySet.keySetId,
    iv,
    encrypt(keySet.sealKey, iv, body),
  ]);
  return { message, iv, body, digest, signature: signed, keySet };
}
