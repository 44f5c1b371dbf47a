/** Lengths in bytes, and the largest counter of an NTAG 424 DNA (specs/10 §2). */
export const UID_LENGTH = 7;
export const BOLT_KEY_LENGTH = 16;
export const PICC_DATA_LENGTH = 16;
export const SUN_MAC_LENGTH = 8;
export const MAX_SUN_COUNTER = 2 ** 24 - 1;
