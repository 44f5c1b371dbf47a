import { cbc, cmac, ecb } from "@noble/ciphers/aes.js";
import { concatBytes, requireLength, u16, ValueError } from "../../common/index.js";

/*
 * The cryptography of SCP03 (GlobalPlatform Card Specification, Amendment D; specs/04 §4), shared by the host's
 * session and the simulated card. Nothing here parses a command or keeps state.
 */

/** Static keys of a security domain, AES-128: 16 bytes each. */
export interface StaticKeys {
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly dek: Uint8Array;
}

/** Session keys, 16 bytes each. */
export interface SessionKeys {
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly rmac: Uint8Array;
}

/** Derivation constants (Amendment D, table 4-1). */
export const DERIVE = {
  CARD_CRYPTOGRAM: 0x00,
  HOST_CRYPTOGRAM: 0x01,
  CARD_CHALLENGE: 0x02,
  S_ENC: 0x04,
  S_MAC: 0x06,
  S_RMAC: 0x07,
} as const;

/** Bits of the parameter "i" in the key information (Amendment D, table 5-1; S16 since version 1.2). */
export const SCP03_I = { S16: 0x01, PSEUDO_RANDOM: 0x10, R_MAC: 0x20, R_ENCRYPTION: 0x40 } as const;

export const AES_BLOCK = 16;

/** AES-CMAC (RFC 4493, NIST SP 800-38B) over the parts in turn, 16 bytes. */
export function aesCmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  return cmac(concatBytes(...parts), key);
}

/**
 * KDF in counter mode with AES-CMAC and a counter of one byte (NIST SP 800-108): as many bytes as needed of
 * CMAC(before || 01 || after) || CMAC(before || 02 || after) ...
 * @param length of the result in bytes, 1..32
 */
export function kdfCounter(
  key: Uint8Array,
  before: Uint8Array,
  after: Uint8Array,
  length: number,
): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 32)
    throw new ValueError("length", `need 1 to 32 bytes, have ${length}`);
  const out = new Uint8Array(length);
  for (let counter = 1, at = 0; at < length; counter++, at += AES_BLOCK)
    out.set(aesCmac(key, before, Uint8Array.of(counter), after).subarray(0, length - at), at);
  return out;
}

/**
 * SCP03's derivation (Amendment D §4.1.5): label of 11 zeros and the constant, 00, length in bits u16, counter,
 * context.
 * @param length of the result in bytes, 1..32
 */
export function scp03Derive(
  key: Uint8Array,
  constant: number,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const before = new Uint8Array(15);
  before[11] = constant;
  before.set(u16(8 * length, "length"), 13);
  return kdfCounter(key, before, context, length);
}

/** S-ENC, S-MAC and S-RMAC (Amendment D §6.2.1). @param context host challenge || card challenge */
export function sessionKeys(keys: StaticKeys, context: Uint8Array): SessionKeys {
  return {
    enc: scp03Derive(keys.enc, DERIVE.S_ENC, context, 16),
    mac: scp03Derive(keys.mac, DERIVE.S_MAC, context, 16),
    rmac: scp03Derive(keys.mac, DERIVE.S_RMAC, context, 16),
  };
}

/**
 * Card or host cryptogram (Amendment D §6.2.2).
 * @param which {@link DERIVE}; @param length 8 in S8, 16 in S16
 */
export function cryptogram(
  keys: SessionKeys,
  which: typeof DERIVE.CARD_CRYPTOGRAM | typeof DERIVE.HOST_CRYPTOGRAM,
  context: Uint8Array,
  length: 8 | 16,
): Uint8Array {
  return scp03Derive(keys.mac, which, context, length);
}

/**
 * Pseudo-random card challenge (Amendment D §6.2.2.1).
 * @param sequence 3 bytes; @param aid of the application that opens the channel, 5..16 bytes
 */
export function pseudoRandomChallenge(
  enc: Uint8Array,
  sequence: Uint8Array,
  aid: Uint8Array,
  length: 8 | 16,
): Uint8Array {
  requireLength(sequence, 3, "sequence counter");
  return scp03Derive(enc, DERIVE.CARD_CHALLENGE, concatBytes(sequence, aid), length);
}

/** 80, then 00 up to a whole number of blocks; always at least one byte (Amendment D §4.1.4). */
export function padBlock(data: Uint8Array): Uint8Array {
  const out = new Uint8Array((Math.floor(data.length / AES_BLOCK) + 1) * AES_BLOCK);
  out.set(data);
  out[data.length] = 0x80;
  return out;
}

/** The inverse of {@link padBlock}; undefined when the padding is not there. Call it only after a MAC was right. */
export function unpadBlock(padded: Uint8Array): Uint8Array | undefined {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded.length % AES_BLOCK !== 0 || padded.length - end > AES_BLOCK || padded[end] !== 0x80)
    return undefined;
  return padded.slice(0, end);
}

/**
 * The IV of the command with this counter, or of its response (Amendment D §6.2.6, §6.2.7).
 * @param counter 1 for the first command after EXTERNAL AUTHENTICATE
 */
function counterIv(enc: Uint8Array, counter: number, direction: "command" | "response"): Uint8Array {
  const block = new Uint8Array(AES_BLOCK);
  new DataView(block.buffer).setUint32(12, counter);
  if (direction === "response") block[0] = 0x80;
  return ecb(enc, { disablePadding: true }).encrypt(block);
}

/** Pads and encrypts the data of a command or response with S-ENC. */
export function encryptData(
  enc: Uint8Array,
  counter: number,
  direction: "command" | "response",
  data: Uint8Array,
): Uint8Array {
  return cbc(enc, counterIv(enc, counter, direction), { disablePadding: true }).encrypt(padBlock(data));
}

/** The inverse of {@link encryptData}; undefined when length or padding are wrong. */
export function decryptData(
  enc: Uint8Array,
  counter: number,
  direction: "command" | "response",
  data: Uint8Array,
): Uint8Array | undefined {
  if (data.length === 0 || data.length % AES_BLOCK !== 0) return undefined;
  const iv = counterIv(enc, counter, direction);
  return unpadBlock(cbc(enc, iv, { disablePadding: true }).decrypt(data));
}

/** Encrypts a key or other sensitive data with the static Key-DEK: AES-CBC, IV zero (Amendment D §6.2.8). */
export function encryptSensitive(dek: Uint8Array, data: Uint8Array): Uint8Array {
  return cbc(dek, new Uint8Array(AES_BLOCK), { disablePadding: true }).encrypt(data);
}

/** The inverse of {@link encryptSensitive}; the length is a multiple of 16. */
export function decryptSensitive(dek: Uint8Array, data: Uint8Array): Uint8Array {
  return cbc(dek, new Uint8Array(AES_BLOCK), { disablePadding: true }).decrypt(data);
}

/** First 3 bytes of the key's encryption of sixteen bytes 01 (Amendment D §7.2.2). */
export function keyCheckValue(key: Uint8Array): Uint8Array {
  return ecb(key, { disablePadding: true }).encrypt(new Uint8Array(AES_BLOCK).fill(1)).slice(0, 3);
}

/** True for a security level that SCP03 knows (Amendment D, table 7-3). */
export const isSecurityLevel = (level: number): boolean =>
  [0x00, 0x01, 0x03, 0x11, 0x13, 0x33].includes(level);

/** Bits of the security level, P1 of EXTERNAL AUTHENTICATE. */
export const LEVEL = { C_MAC: 0x01, C_DECRYPTION: 0x02, R_MAC: 0x10, R_ENCRYPTION: 0x20 } as const;
