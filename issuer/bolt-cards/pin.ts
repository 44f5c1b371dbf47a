import { timingSafeEqual } from "node:crypto";
import { aesCmac } from "../../apdu/secure-channel/primitives.js";
import { concatBytes, utf8 } from "../../common/bytes.js";

/** Digits of a PIN. */
export const PIN_FORM = /^\d{4,12}$/;
const SALT_LENGTH = 8;

/** What a PIN is kept as. @param key of the batch, 16 bytes; @param salt 8 bytes @returns salt and MAC, 24 bytes */
export const pinCheck = (key: Uint8Array, salt: Uint8Array, pin: string): Uint8Array =>
  concatBytes(salt, aesCmac(key, salt, utf8(pin)));

/** Whether it is the PIN; takes as long for every wrong one. @param check from {@link pinCheck} */
export const isPin = (key: Uint8Array, check: Uint8Array, pin: string): boolean =>
  timingSafeEqual(pinCheck(key, check.subarray(0, SALT_LENGTH), pin), check);
