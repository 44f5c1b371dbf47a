import {
  bytesToHex,
  concatBytes,
  expectLength,
  MAX_MSAT,
  type Msat,
  ParseError,
  readU32,
  readU64,
  requireLength,
  u32,
  u64,
} from "../../common/index.js";

/** Bytes of the payment metadata of a deputy invoice (specs/07 §4). */
export const METADATA_LENGTH = 33;
/** Its first byte. */
export const METADATA_VERSION = 1;

/** What a deputy invoice tells the recipient through the payer. */
export interface DeputyMetadata {
  /** Names the terminal's key, 4 bytes. */
  readonly keyId: Uint8Array;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  /** What the invoice asks for; 0 when it leaves the amount open. */
  readonly amount: Msat;
  /** Unix seconds from which on nothing is accepted any more, u32. */
  readonly expiresAt: number;
}

/** version u8 | key id 4 | nonce 16 | amount u64 | expiry u32. @throws ValueError */
export function encodeMetadata(metadata: DeputyMetadata): Uint8Array {
  requireLength(metadata.keyId, 4, "metadata/key id");
  requireLength(metadata.nonce, 16, "metadata/nonce");
  return concatBytes(
    Uint8Array.of(METADATA_VERSION),
    metadata.keyId,
    metadata.nonce,
    u64(metadata.amount, "metadata/amount"),
    u32(metadata.expiresAt, "metadata/expiry"),
  );
}

/** Reads the metadata. @throws ParseError */
export function decodeMetadata(bytes: Uint8Array): DeputyMetadata {
  if (bytes.length > 0 && bytes[0] !== METADATA_VERSION)
    throw new ParseError("metadata/version", `need ${METADATA_VERSION}, have ${bytes[0]}`);
  expectLength(bytes, METADATA_LENGTH, "metadata");
  const amount = readU64(bytes, 21);
  if (amount > MAX_MSAT)
    throw new ParseError("metadata/amount", `need at most ${MAX_MSAT} msat, have ${amount}`);
  return {
    keyId: bytes.slice(1, 5),
    nonce: bytes.slice(5, 21),
    amount: amount as Msat,
    expiresAt: readU32(bytes, 29),
  };
}

/** A key id for people and for maps: 8 hex digits. */
export const printKeyId = (keyId: Uint8Array): string => bytesToHex(keyId);
