import {
  CAPABILITY,
  CARD_ID_LENGTH,
  KEY_SET_ID_LENGTH,
  MAX_NODE_URI_LENGTH,
  NO_LIMIT,
  SEAL_KEY_LENGTH,
} from "../apdu/constants.js";
import { MAX_MSAT, type Msat, requireLength, secp256k1, ValueError } from "../common/index.js";
import { KEY_LENGTH, MAX_BASE_LENGTH, UID_LENGTH } from "./bolt-card/state.js";
import { isPinBlock } from "./card-application/pin-block.js";
import { PIN_BLOCK_LENGTH } from "./card-application/state.js";

/** Limits of a card; NO_LIMIT where there is none. */
export interface CardLimits {
  /** Millisatoshi that the issuer allows in all, at most MAX_MSAT. */
  readonly credit: Msat;
  /** Millisatoshi, any u64. */
  readonly maxPerTransaction: bigint;
  /** Millisatoshi above which the PIN is needed. */
  readonly pinThreshold: bigint;
  /** Millisatoshi that may be spent without the PIN until it is used. */
  readonly noPinBudget: bigint;
  /** 0..2^32-1 */
  readonly maxTransactions: number;
}

/** What personalization writes on a card's second face (specs/10 §8.4). */
export interface FacePersonalizationData {
  /** 7 bytes, nothing of the chip's. */
  readonly uid: Uint8Array;
  /** All of the address that stands before the value of p: 1..198 printable ASCII characters. */
  readonly base: string;
  /** K1, 16 bytes. */
  readonly piccKey: Uint8Array;
  /** K2, 16 bytes. */
  readonly macKey: Uint8Array;
}

/** What personalization writes on a card (specs/04). */
export interface CardPersonalization {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** 16 bytes. */
  readonly sealKey: Uint8Array;
  /** `pubkey@host:port`, 1..200 printable ASCII characters. */
  readonly nodeUri: string;
  /** 33 or 65 bytes. */
  readonly issuerPublicKey: Uint8Array;
  readonly limits: CardLimits;
  /** CAPABILITY bits 1..3 of what the profile shows; default the two limits, not the available amount. */
  readonly publish?: number;
  /** 4..12 digits; absent: a card without a PIN. */
  readonly pin?: string;
  /**
   * The signed body in clear, 128 bytes, or what makes it of the card's point, 65 bytes (specs/02 §3.4); absent: a card that
   * is not accepted offline.
   */
  readonly certificate?: Uint8Array | ((point: Uint8Array) => Uint8Array);
  /** The second face (specs/10 §8); absent: the application for it is not on the card. */
  readonly boltCard?: FacePersonalizationData;
  /** 32 bytes. Only where a test needs a known key: by default the card makes its own. */
  readonly secretKey?: Uint8Array;
}

/** What a profile shows unless told otherwise: the limits, which are the same for a whole batch. */
export const DEFAULT_PUBLISHED =
  CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED | CAPABILITY.PIN_THRESHOLD_PUBLISHED;
const PUBLISHABLE = DEFAULT_PUBLISHED | CAPABILITY.AVAILABLE_PUBLISHED;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** @throws ValueError naming the first value that is out of range; the PIN and the keys are never in it */
export function checkPersonalization(given: CardPersonalization): void {
  requireLength(given.cardId, CARD_ID_LENGTH, "card id");
  requireLength(given.keySetId, KEY_SET_ID_LENGTH, "key set id");
  requireLength(given.sealKey, SEAL_KEY_LENGTH, "seal key");
  const { nodeUri, limits, publish = DEFAULT_PUBLISHED, secretKey } = given;
  if (!PRINTABLE.test(nodeUri) || nodeUri.length > MAX_NODE_URI_LENGTH)
    throw new ValueError(
      "node URI",
      `need 1 to ${MAX_NODE_URI_LENGTH} printable ASCII characters, have ${nodeUri.length}`,
    );
  if (!secp256k1.isPublicKey(given.issuerPublicKey))
    throw new ValueError("issuer public key", "need a point of secp256k1, 33 or 65 bytes");
  if (limits.credit < 0n || limits.credit > MAX_MSAT)
    throw new ValueError("credit", `need 0 to ${MAX_MSAT} msat, have ${limits.credit}`);
  for (const name of ["maxPerTransaction", "pinThreshold", "noPinBudget"] as const)
    if (limits[name] < 0n || limits[name] > NO_LIMIT)
      throw new ValueError(name, `need 0 to 2^64-1 msat, have ${limits[name]}`);
  if (
    !Number.isInteger(limits.maxTransactions) ||
    limits.maxTransactions < 0 ||
    limits.maxTransactions > 0xffffffff
  )
    throw new ValueError("maxTransactions", `need 0 to 2^32-1, have ${limits.maxTransactions}`);
  if (publish & ~PUBLISHABLE) throw new ValueError("publish", `need CAPABILITY bits 1 to 3, have ${publish}`);
  if (given.pin !== undefined && !isPinBlock(pinBlock(given.pin)))
    throw new ValueError("PIN", "need 4 to 12 digits");
  if (given.boltCard) checkFace(given.boltCard);
  if (secretKey && !secp256k1.isSecretKey(secretKey))
    throw new ValueError("secret key", "need 32 bytes in 1..n-1");
}

function checkFace({ uid, base, piccKey, macKey }: FacePersonalizationData): void {
  requireLength(uid, UID_LENGTH, "uid");
  requireLength(piccKey, KEY_LENGTH, "K1");
  requireLength(macKey, KEY_LENGTH, "K2");
  if (!PRINTABLE.test(base) || base.length > MAX_BASE_LENGTH)
    throw new ValueError(
      "base address",
      `need 1 to ${MAX_BASE_LENGTH} printable ASCII characters, have ${base.length}`,
    );
}

/** ISO 9564 format 2, 8 bytes (specs/01 §6.3); no PIN block for a PIN that is not 4 to 12 digits. */
export function pinBlock(pin: string): Uint8Array {
  const nibbles = `2${pin.length.toString(16)}${pin}`.padEnd(2 * PIN_BLOCK_LENGTH, "f");
  return Uint8Array.from(Buffer.from(nibbles, "hex"));
}
