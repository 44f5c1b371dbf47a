import { hexToBytes } from "../../common/bytes.js";

/** Application identifier of the exchange application on a phone (specs/06 §5.2), next to the card's. */
export const EXCHANGE_AID = hexToBytes("f043484551554502");

/** Version of the exchange protocol. */
export const EXCHANGE_MAJOR = 1;
export const EXCHANGE_MINOR = 0;

/** Instruction bytes, class 80; a link of a chain has class 90. */
export const EXCHANGE_INS = { PRESENT: 0x40, COLLECT: 0x42 } as const;

/** What a wallet can answer with (profile, byte 2). */
export const EXCHANGE_CAPABILITY = { PREIMAGE: 1, PAYMENT_AUTHORIZATION: 2 } as const;

/** Sizes in bytes. */
export const EXCHANGE_PROFILE_LENGTH = 4;
/** Longest invoice that is presented (specs/05 §2). */
export const MAX_PRESENTED_LENGTH = 4096;
/** Longest offline message that is collected (specs/06 §2). */
export const MAX_COLLECTED_LENGTH = 2048;
/** Most bytes of a message in one answer: a short response less the total length. */
export const COLLECT_PART_LENGTH = 254;
