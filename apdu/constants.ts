import { hexToBytes } from "../common/bytes.js";

/** Application identifier of the card application (specs/01 §3). */
export const CARD_AID = hexToBytes("f043484551554501");
/** Package identifier: the card application's AID without its last byte; selects it too, as a partial AID. */
export const PACKAGE_AID = hexToBytes("f0434845515545");

/** Issuer security domain, the default AID of GlobalPlatform. */
export const ISSUER_SECURITY_DOMAIN_AID = hexToBytes("a000000151000000");

/** Version of the card protocol that this code speaks (specs/01 §4, profile). */
export const PROTOCOL_MAJOR = 1;
export const PROTOCOL_MINOR = 0;

/** Instruction bytes (specs/01 §5). */
export const INS = {
  VERIFY_PIN: 0x20,
  CHANGE_REFERENCE_DATA: 0x24,
  AUTHORIZE: 0x30,
  IDENTIFY: 0x32,
  UPDATE: 0x34,
  GENERATE_KEY_PAIR: 0x46,
  INITIALIZE_UPDATE: 0x50,
  EXTERNAL_AUTHENTICATE: 0x82,
  SELECT: 0xa4,
  READ_BINARY: 0xb0,
  GET_RESPONSE: 0xc0,
  GET_DATA: 0xca,
  PUT_KEY: 0xd8,
  STORE_DATA: 0xe2,
  RESET: 0xe4,
  GET_STATUS: 0xf2,
} as const;

/** Class bytes: interindustry, proprietary, proprietary with secure messaging. */
export const CLA = { ISO: 0x00, CHAINED: 0x10, PROPRIETARY: 0x80, SECURE: 0x84 } as const;

/** P2 of VERIFY PIN and CHANGE REFERENCE DATA: the application's own PIN. */
export const PIN_REFERENCE = 0x80;

/** Data objects (specs/01 §4). */
export const TAG = {
  FCI: 0x6f,
  DF_NAME: 0x84,
  FCI_PROPRIETARY: 0xa5,
  PROFILE: 0xc1,
  CERTIFICATE: 0xc2,
  NODE_URI: 0x5f50,
  KEY_TEMPLATE: 0x7f49,
  EC_POINT: 0x86,
  SIGNATURE: 0x9e,
} as const;

/** Lifecycle byte of the application (specs/01 §3). */
export const LIFECYCLE = { BLANK: 0x01, PERSONALIZED: 0x0f, BLOCKED: 0x8f } as const;
export type LifecycleByte = (typeof LIFECYCLE)[keyof typeof LIFECYCLE];

/** Capability bits of the profile data object. */
export const CAPABILITY = {
  PIN_SET: 1,
  AVAILABLE_PUBLISHED: 2,
  MAX_PER_TRANSACTION_PUBLISHED: 4,
  PIN_THRESHOLD_PUBLISHED: 8,
} as const;

/** "No such limit" in a u64 limit field. */
export const NO_LIMIT = 0xffffffffffffffffn;

/** Sizes in bytes. */
export const CARD_ID_LENGTH = 8;
export const KEY_SET_ID_LENGTH = 4;
export const SEAL_KEY_LENGTH = 16;
export const IV_LENGTH = 16;
export const SEALED_BODY_LENGTH = 128;
export const SEALED_MESSAGE_LENGTH = 1 + KEY_SET_ID_LENGTH + IV_LENGTH + SEALED_BODY_LENGTH;
export const SIGNATURE_LENGTH = 64;
export const INVOICE_HASH_LENGTH = 32;
export const CHALLENGE_LENGTH = 32;
export const KEY_CHECK_LENGTH = 12;
/** A compressed point of secp256k1. */
export const COMPRESSED_POINT_LENGTH = 33;
export const PROFILE_LENGTH = 32;
export const MAX_NODE_URI_LENGTH = 200;

/** How many authorizations the card remembers for a repeated AUTHORIZE. */
export const RING_LENGTH = 4;
/** PIN tries after personalization and after each right PIN. */
export const PIN_TRIES = 3;

/** Type byte of a sealed message (specs/02 §1). */
export const MESSAGE_TYPE = { AUTHORIZATION: 0x01, STATUS: 0x02, UPDATE: 0x03, CERTIFICATE: 0x04 } as const;
export type MessageType = (typeof MESSAGE_TYPE)[keyof typeof MESSAGE_TYPE];

/** Flag bits. */
export const AUTHORIZATION_FLAG = { PIN_VERIFIED: 1 } as const;
export const STATUS_FLAG = { PIN_BLOCKED: 1, BLOCKED: 2 } as const;
export const UPDATE_FLAG = { BLOCKED: 1, RESET_PIN_TRIES: 2, RESET_NO_PIN_SPENT: 4 } as const;

/** DGI numbers of STORE DATA (specs/04). */
export const DGI = {
  IDENTITY: 0x0101,
  NODE_URI: 0x0102,
  ISSUER_KEY: 0x0103,
  LIMITS: 0x0104,
  CERTIFICATE: 0x0105,
  SEAL_KEY: 0x8101,
  PIN: 0x8102,
  /** Of the second face (specs/10 §5.4). */
  FACE_UID: 0x0201,
  FACE_ADDRESS: 0x0202,
  FACE_PICC_KEY: 0x8201,
  FACE_MAC_KEY: 0x8202,
} as const;
