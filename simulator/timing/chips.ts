/** Milliseconds from the best case to the worst. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a card does inside a command, as far as it takes time. */
export type Operation =
  | "command-bytecode"
  | "persistent-write"
  | "signature-init"
  | "cipher-init"
  | "transaction"
  | "random-16"
  | "sha256-of-133"
  | "aes-cbc-of-128"
  | "ecdsa-sign"
  | "ecdsa-verify"
  | "ec-key-generation"
  | "session-key-derivation"
  | "secure-messaging";

/** A term of the model: how long one of it takes, and why we think so. */
export interface Cost extends Range {
  readonly source: string;
}

export type Chip = "J3R180" | "J3H145";

/**
 * Measurements of JCAlgTest over contacts: github.com/crocs-muni/jcalgtest_results, javacard/Profiles/performance, by card:
 * NXP_JCOP4_J3R180_P71 (2020, 2021), NXP_JCOP3_J3H145g_P60, NXP_JCOP3_J3H145_SECID_P60, NXP_J3H145_RSA4096 (2021).
 */
const JCALGTEST = "JCAlgTest";
const ASSUMED = "assumed";
const ON_P256 = "on P-256; secp256k1 unmeasured, at most half as much again";

const cost = (min: number, max: number, source: string): Cost => ({ min, max, source });

/**
 * Milliseconds an operation takes (specs/01 §11). 133 bytes have as many blocks of SHA-256 as 128. The signature that was
 * measured hashes too (SHA-1 of 128 bytes), so the hash is counted once too often.
 */
export const OPERATION_COST: Readonly<Record<Chip, Readonly<Record<Operation, Cost>>>> = {
  J3R180: {
    "command-bytecode": cost(2, 20, ASSUMED),
    "persistent-write": cost(
      2.4,
      5.4,
      `${JCALGTEST}: 2.4 to 5.4 ms, Util.arrayCopy of 16 to 256 bytes to EEPROM`,
    ),
    transaction: cost(5.8, 15.8, `${ASSUMED}: 1 to 5 ms, and two writes by ${JCALGTEST}`),
    "signature-init": cost(8.1, 8.2, `${JCALGTEST}: 8.1 and 8.2 ms, Signature.init`),
    "cipher-init": cost(6.1, 6.1, `${JCALGTEST}: 6.1 ms, Cipher.init`),
    "random-16": cost(0.9, 1.2, `${JCALGTEST}: 0.9 ms for 16 bytes, 1.2 for 256`),
    "sha256-of-133": cost(4.9, 5.2, `${JCALGTEST}: 4.9 ms for 128 bytes`),
    "aes-cbc-of-128": cost(1.7, 2, `${JCALGTEST}: 1.7 ms for 128 bytes, 2.0 for 256`),
    "ecdsa-sign": cost(29.8, 44.7, `${JCALGTEST}: 29.8 ms for 128 bytes ${ON_P256}`),
    "ecdsa-verify": cost(30.2, 45.3, `${JCALGTEST}: 30.2 ms ${ON_P256}`),
    "ec-key-generation": cost(22.4, 40.2, `${JCALGTEST}: 22.4 to 26.8 ms ${ON_P256}`),
    "session-key-derivation": cost(
      30,
      60,
      `${ASSUMED}: 5 CMACs; ${JCALGTEST}: 3.2 ms to set an AES key, 6.1 to set it up`,
    ),
    "secure-messaging": cost(
      15,
      45,
      `${ASSUMED}: 2 CMACs, 2 encryptions; ${JCALGTEST}: 6.1 ms to set up each`,
    ),
  },
  J3H145: {
    "command-bytecode": cost(4, 40, ASSUMED),
    "persistent-write": cost(
      0.5,
      3,
      `${JCALGTEST}: 0.5 to 3.0 ms, Util.arrayCopy of 16 to 256 bytes to EEPROM`,
    ),
    transaction: cost(3, 14, `${ASSUMED}: 2 to 8 ms, and two writes by ${JCALGTEST}`),
    "signature-init": cost(5.8, 5.8, `${JCALGTEST}: 5.8 ms, Signature.init (38 ms on one card)`),
    "cipher-init": cost(13.7, 13.7, `${JCALGTEST}: 13.7 ms, Cipher.init (37 ms on one card)`),
    "random-16": cost(0.6, 1.5, `${JCALGTEST}: 0.6 and 0.7 ms for 16 bytes, 1.5 for 256`),
    "sha256-of-133": cost(5.3, 5.6, `${JCALGTEST}: 5.3 and 5.5 ms for 128 bytes`),
    "aes-cbc-of-128": cost(8.7, 9, `${JCALGTEST}: 8.7 ms for 128 bytes, 9.0 for 256`),
    "ecdsa-sign": cost(52.8, 79.2, `${JCALGTEST}: 52.8 and 76.1 ms for 128 bytes on two cards, ${ON_P256}`),
    "ecdsa-verify": cost(50.3, 78, `${JCALGTEST}: 50.3 and 52 ms ${ON_P256}`),
    "ec-key-generation": cost(156, 455, `${JCALGTEST}: 156 and 303 ms on two cards, ${ON_P256}`),
    "session-key-derivation": cost(
      50,
      120,
      `${ASSUMED}: 5 CMACs; ${JCALGTEST}: 7.9 ms to set an AES key, 13.6 to set it up`,
    ),
    "secure-messaging": cost(
      25,
      80,
      `${ASSUMED}: 2 CMACs, 2 encryptions; ${JCALGTEST}: 13.6 ms to set up each`,
    ),
  },
};

/** What powers the chip: a weak field slows it down. */
export type Field = "strong" | "iPhone" | "ACR122U" | "Pixel 8 Pro";

const SIGNATURE_TIMES =
  "one interpreted signature on a J3R180: 740 ms with contacts, 758 on an iPhone, 814 on an ACR122U, 1,460 on a Pixel 8 Pro (cashu-javacard)";

/** By what the times of the chip grow in a field; those of {@link OPERATION_COST} are for a strong one. */
export const FIELD_FACTOR: Readonly<Record<Field, { readonly factor: number; readonly source: string }>> = {
  strong: { factor: 1, source: "the figures of the operations are of contacts" },
  iPhone: { factor: 758 / 740, source: SIGNATURE_TIMES },
  ACR122U: { factor: 814 / 740, source: SIGNATURE_TIMES },
  "Pixel 8 Pro": { factor: 1460 / 740, source: SIGNATURE_TIMES },
};

/** From the field to the first APDU: the reader's polling, anticollision, ATS. */
export const FIELD_ACTIVATION: Cost = cost(10, 60, ASSUMED);
/** Reader, driver and USB for each APDU. */
export const READER_OVERHEAD: Cost = cost(10, 10, `${ASSUMED}: 10 ms an APDU`);
/** One byte at 106 kbit/s with its parity bit. */
export const BYTE_ON_AIR: Cost = cost(0.085, 0.085, "ISO/IEC 14443-3: 9 bits a byte at 106 kbit/s");
