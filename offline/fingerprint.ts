import { bytesToHex } from "../common/bytes.js";
import { taggedHash } from "../common/tagged-hash.js";

/** Bytes of a fingerprint: too many to search for another key that has the same. */
export const FINGERPRINT_LENGTH = 10;

/** What stands for a public key where two people compare it, 10 bytes (specs/09 §3.4). @param point 33 bytes */
export const fingerprintBytes = (point: Uint8Array): Uint8Array =>
  taggedHash("chequecard/fingerprint", point).slice(0, FINGERPRINT_LENGTH);

/** A fingerprint as people read it aloud: 20 hex digits in groups of four. @param point 33 bytes */
export const fingerprint = (point: Uint8Array): string =>
  (bytesToHex(fingerprintBytes(point)).match(/.{4}/g) ?? []).join("-");
