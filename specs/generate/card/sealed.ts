import { integer, join, uint } from "../../../reference/bytes.js";
import { aesEncrypt as encrypt, GROUP_ORDER, sha256, sign } from "../../../reference/crypto.js";
import {
  type FieldsOf,
  frame,
  isIssuers,
  keyCheckOf,
  SEALED_TYPE,
  type SealedType,
  signedBytes,
  writeFields,
} from "../../../reference/sealed.js";
import { CARD, ISSUER, KEY_SET, type VectorKey, type VectorKeySet } from "./material.js";

export type { FieldsOf, SealedType };
export { encrypt, isIssuers, keyCheckOf, writeFields };

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

/** RFC 6979 without extra entropy, s low or high, over the SHA-256 of `signed`. */
export function signature(signed: Buffer, signer: VectorKey, form: SignatureForm = "low-s"): Buffer {
  const low = sign(signer.secretKey, [signed]);
  const r = low.subarray(0, 32);
  const s = low.subarray(32);
  const zero = Buffer.alloc(32);
  switch (form) {
    case "low-s":
      return low;
    case "high-s":
      return join(r, uint(GROUP_ORDER - integer(s), 32));
    case "bit-flipped":
      return Buffer.concat([r, s.subarray(0, 31), Buffer.of((s[31] ?? 0) ^ 1)]);
    case "r-zero":
      return Buffer.concat([zero, s]);
    case "s-zero":
      return Buffer.concat([r, zero]);
    case "r-not-below-n":
      return Buffer.concat([uint(GROUP_ORDER, 32), s]);
    case "s-not-below-n":
      return join(r, uint(GROUP_ORDER, 32));
    case "all-ones":
      return Buffer.alloc(64, 0xff);
  }
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
  const signer = options.signer ?? (isIssuers(type) ? ISSUER : CARD);
  const bytes = signedBytes(type, keySet.keySetId, fields);
  const signed = signature(bytes, signer, options.form);
  const body = join(fields, signed);
  const message = frame(options.frameType ?? SEALED_TYPE[type], keySet.keySetId, keySet.sealKey, iv, body);
  return { message, iv, body, digest: sha256(bytes), signature: signed, keySet };
}
