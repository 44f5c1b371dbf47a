import { randomBytes } from "node:crypto";
import { openBody, sealBody } from "../apdu/sealed/crypto.js";
import { aesCmac } from "../apdu/secure-channel/primitives.js";
import { concatBytes, requireLength } from "../common/bytes.js";
import { ValueError } from "../common/errors.js";
import {
  BOLT_KEY_LENGTH,
  MAX_SUN_COUNTER,
  PICC_DATA_LENGTH,
  SUN_MAC_LENGTH,
  UID_LENGTH,
} from "./constants.js";

/** Who was read, and for which time: what `p` of a Bolt Card's address holds (specs/10 §2). */
export interface PiccData {
  /** 7 bytes. */
  readonly uid: Uint8Array;
  /** 0..2^24-1. */
  readonly counter: number;
}

/** UID and counter are there, and the UID has 7 bytes: the only form that Bolt Cards use. */
const PICC_TAG = 0xc7;
const ZERO_IV = new Uint8Array(BOLT_KEY_LENGTH);
/** First bytes of what the session key is derived from; label, counter and length in bits (NXP AN12196 §3.3). */
const SESSION_LABEL = Uint8Array.of(0x3c, 0xc3, 0x00, 0x01, 0x00, 0x80);
const NO_INPUT = new Uint8Array(0);

/**
 * Decrypts `p`. Nothing is authenticated by that: any 16 bytes decrypt to something, and one in 256 looks right.
 * @param key K1, 16 bytes; @param p 16 bytes
 * @returns undefined when it is not of this key, or not of this form
 */
export function decryptPicc(key: Uint8Array, p: Uint8Array): PiccData | undefined {
  if (p.length !== PICC_DATA_LENGTH) return undefined;
  const plain = openBody(key, ZERO_IV, p);
  if (plain[0] !== PICC_TAG) return undefined;
  const [low = 0, middle = 0, high = 0] = plain.subarray(1 + UID_LENGTH);
  return { uid: plain.slice(1, 1 + UID_LENGTH), counter: low | (middle << 8) | (high << 16) };
}

/**
 * The inverse of {@link decryptPicc}, as the chip does it.
 * @param key K1, 16 bytes; @param padding 5 bytes, new for each read
 * @returns 16 bytes @throws ValueError
 */
export function encryptPicc(
  key: Uint8Array,
  { uid, counter }: PiccData,
  padding: Uint8Array = randomBytes(5),
): Uint8Array {
  requireLength(uid, UID_LENGTH, "uid");
  requireLength(padding, 5, "padding");
  return sealBody(key, ZERO_IV, concatBytes(Uint8Array.of(PICC_TAG), uid, counterBytes(counter), padding));
}

/**
 * `c` of a Bolt Card's address: the truncated CMAC under a key that is derived for this UID and counter.
 * @param key K2, 16 bytes; @param uid 7 bytes; @param counter 0..2^24-1
 * @param input bytes of the file that are authenticated too; a Bolt Card has none
 * @returns 8 bytes @throws ValueError
 */
export function sunMac(
  key: Uint8Array,
  uid: Uint8Array,
  counter: number,
  input: Uint8Array = NO_INPUT,
): Uint8Array {
  requireLength(uid, UID_LENGTH, "uid");
  const session = aesCmac(key, SESSION_LABEL, uid, counterBytes(counter));
  const mac = aesCmac(session, input);
  return Uint8Array.from({ length: SUN_MAC_LENGTH }, (_, at) => mac[2 * at + 1] ?? 0);
}

/** Three bytes, the lowest first. */
function counterBytes(counter: number): Uint8Array {
  if (!Number.isInteger(counter) || counter < 0 || counter > MAX_SUN_COUNTER)
    throw new ValueError("counter", `need 0 to ${MAX_SUN_COUNTER}, have ${counter}`);
  return Uint8Array.of(counter & 0xff, (counter >> 8) & 0xff, counter >> 16);
}
