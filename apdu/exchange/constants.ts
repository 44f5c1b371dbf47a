import { hexToBytes } from "../../common/index.js";

/** Application identifier of the exchange application on a phone (specs/06 §5.2), next to the card's. */
export const EXCHANGE_AID = hexToBytes("f043484551554502");

/** Version of the exchange protocol. */
export const EXCHANGE_MAJOR = 1;
export const EXCHANGE_MINOR = 0;

/** Instruction bytes, class 80; a link of a chain has class 90. */
export const EXCHANGE_INS = { PRESENT: 0x40, COLLECT: 0x42 } as const;

/** What a wallet can answer with (profile, byte 2). */
export const EXCHANGE_CAPABILITY = { PREIMAGE: 1, PAYMENT_AUTHORIZATION: 2 } as const;

/** Status words of this application alone; the others are those of specs/01 §7 and ISO/IEC 7816-4. */
export const EXCHANGE_SW = {
  /** COLLECT: there is no message yet, it may come. */
  NOTHING_YET: 0x9c10,
  /** COLLECT: the owner refused, or the payment failed for certain; no message will come. */
  REFUSED: 0x9c11,
  /** PRESENT: the wallet cannot pay this invoice. */
  INVOICE_NOT_ACCEPTED: 0x9c12,
  /** Any other command in the middle of a chain (ISO/IEC 7816-4: last command of the chain expected). */
  CHAIN_NOT_ENDED: 0x6883,
} as const;

/** Sizes in bytes. */
export const EXCHANGE_PROFILE_LENGTH = 4;
/** Longest invoice that is presented (specs/05 §2). */
export const MAX_PRESENTED_LENGTH = 4096;
/** Longest offline message that is collected (specs/06 §2). */
export const MAX_COLLECTED_LENGTH = 2048;
/** Most bytes of a message in one answer: a short response less the total length. */
export const COLLECT_PART_LENGTH = 254;
