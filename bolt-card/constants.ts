import { hexToBytes } from "../common/bytes.js";

/** Application of an NFC Forum Type 4 tag: the name that every reader selects. */
export const NDEF_APPLICATION_AID = hexToBytes("d2760000850101");
/** File identifiers: the capability container has this one on every tag, the NDEF file this one on an NTAG 424 DNA. */
export const CC_FILE_ID = 0xe103;
export const NDEF_FILE_ID = 0xe104;

/** Lengths in bytes, and the largest counter of an NTAG 424 DNA (specs/10 §2). */
export const UID_LENGTH = 7;
export const BOLT_KEY_LENGTH = 16;
export const PICC_DATA_LENGTH = 16;
export const SUN_MAC_LENGTH = 8;
export const MAX_SUN_COUNTER = 2 ** 24 - 1;
