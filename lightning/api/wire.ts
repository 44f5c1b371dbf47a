import { MAX_INVOICE_LENGTH } from "../bolt11/canonical.js";
import { MAX_TOKEN_LENGTH } from "../odt/message.js";

/** Peer message types (specs/08 §2). Odd and in the custom range: a node that does not know them ignores them. */
export const PEER_MESSAGE = {
  INITIATE_PAYMENT: 45001,
  REJECT_PAYMENT: 45003,
  CARD_STATUS: 45005,
  CARD_UPDATE: 45007,
  REFUND_REQUEST: 45009,
  REFUND_ANSWER: 45011,
  CARD_BALANCE: 45013,
} as const;

/** Sizes in bytes (specs/08 §2). */
export const SEALED_LENGTH = 149;
export const HASH_LENGTH = 32;
/** Most bytes that the TLV records behind a message's fields may take. */
export const MAX_EXTENSION_LENGTH = 1024;
/** Longest payload of any of the messages: anything longer is not read. */
export const MAX_PAYLOAD_LENGTH = 2 + MAX_TOKEN_LENGTH + 2 + MAX_INVOICE_LENGTH + MAX_EXTENSION_LENGTH;

export { MAX_INVOICE_LENGTH, MAX_TOKEN_LENGTH };
