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

const JCALGTEST = "JCAlgTest average over contacts";
const ASSUMED = "assumed";

const cost = (min: number, max: number, source: string): Cost => ({ min, max, source });

/**
 * Milliseconds an operation takes (specs/01 §11). JCAlgTest measured P-256; secp256k1 is unmeasured, so signing ranges
 * up to one and a half times as long. Hash and cipher were measured over 256 bytes: the shorter input takes
 * between its share of that and all of it.
 */
export const OPERATION_COST: Readonly<Record<Chip, Readonly<Record<Operation, Cost>>>> = {
  J3R180: {
    "command-bytecode": cost(2, 20, ASSUMED),
    "persistent-write": cost(1, 4, ASSUMED),
    transaction: cost(3, 15, ASSUMED),
    "signature-init": cost(8.1, 8.1, JCALGTEST),
    "cipher-init": cost(6.1, 6.1, JCALGTEST),
    "random-16": cost(1.2, 3, `${JCALGTEST}: 1.2 ms`),
    "sha256-of-133": cost(4.8, 8, `${JCALGTEST}: 8 ms for 256 bytes (5 blocks; here 3)`),
    "aes-cbc-of-128": cost(1, 2, `${JCALGTEST}: 2 ms for 256 bytes`),
    "ecdsa-sign": cost(32, 48, `${JCALGTEST}: 32 ms on P-256; secp256k1 unmeasured`),
    "ecdsa-verify": cost(30, 45, `${JCALGTEST}: 30 ms on P-256; secp256k1 unmeasured`),
    "ec-key-generation": cost(40, 150, `${ASSUMED} from signing`),
    "session-key-derivation": cost(30, 60, `${ASSUMED}: 5 CMACs; ${JCALGTEST}: 6 ms to set an AES key`),
    "secure-messaging": cost(
      15,
      45,
      `${ASSUMED}: 2 CMACs, 2 encryptions; ${JCALGTEST}: 6 ms to set an AES key`,
    ),
  },
  J3H145: {
    "command-bytecode": cost(4, 40, ASSUMED),
    "persistent-write": cost(2, 6, ASSUMED),
    transaction: cost(5, 25, ASSUMED),
    "signature-init": cost(5.8, 5.8, JCALGTEST),
    "cipher-init": cost(13.7, 13.7, JCALGTEST),
    "random-16": cost(1.5, 4, `${JCALGTEST}: 1.5 ms`),
    "sha256-of-133": cost(5.4, 9, `${JCALGTEST}: 9 ms for 256 bytes (5 blocks; here 3)`),
    "aes-cbc-of-128": cost(4.5, 9, `${JCALGTEST}: 9 ms for 256 bytes`),
    "ecdsa-sign": cost(56, 84, `${JCALGTEST}: 56 ms on P-256; secp256k1 unmeasured`),
    "ecdsa-verify": cost(50, 75, `${JCALGTEST}: 50 ms on P-256; secp256k1 unmeasured`),
    "ec-key-generation": cost(70, 300, `${ASSUMED} from signing`),
    "session-key-derivation": cost(50, 120, `${ASSUMED}: 5 CMACs`),
    "secure-messaging": cost(25, 80, `${ASSUMED}: 2 CMACs, 2 encryptions`),
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
