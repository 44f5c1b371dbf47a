import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, type Msat, secp256k1, utf8 } from "../../common/index.js";
import type { StaticKeys } from "../../reference/scp03.js";

/** 32 bytes that depend on the text. */
export const hashOf = (text: string): Uint8Array => sha256(utf8(text));

/** Keys that guard nothing: every card of the campaigns has them. */
export const ISSUER_SECRET = hashOf("prove/issuer");
export const OTHER_ISSUER_SECRET = hashOf("prove/another issuer");
export const ISSUER_POINT = secp256k1.publicKey(ISSUER_SECRET, false);
export const CARD_SECRET = hashOf("prove/card");
export const CARD_POINT = secp256k1.publicKey(CARD_SECRET, false);
export const CARD_ID = hexToBytes("0102030405060708");
export const KEY_SET_ID = hexToBytes("a1a2a3a4");
export const SEAL_KEY = hexToBytes("000102030405060708090a0b0c0d0e0f");
export const NODE_URI = `${"02".repeat(33)}@node.example:9735`;

export const PIN_BLOCK = hexToBytes("241234ffffffffff");
export const NEW_PIN_BLOCK = hexToBytes("26654321ffffffff");
export const WRONG_PIN_BLOCK = hexToBytes("249999ffffffffff");
export const MALFORMED_PIN_BLOCK = hexToBytes("2412345fffffffff");

/** 128 bytes that a card stores as its certificate: it judges nothing of them. */
export const CERTIFICATE = concatBytes(...[0, 1, 2, 3].map((n) => hashOf(`prove/certificate ${n}`)));

/** Small numbers, so that every limit is near. */
export const LIMITS = {
  credit: 1_000n as Msat,
  maxPerTransaction: 400n,
  pinThreshold: 100n,
  noPinBudget: 250n,
  maxTransactions: 40,
} as const;

/** Static keys as a card is given them, 16 bytes each. */
export interface KeyBytes {
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly dek: Uint8Array;
}

/** The same keys as the reference writes them. */
export const keysInHex = ({ enc, mac, dek }: KeyBytes): StaticKeys => ({
  enc: bytesToHex(enc),
  mac: bytesToHex(mac),
  dek: bytesToHex(dek),
});

const staticKeys = (fill: number): KeyBytes => ({
  enc: new Uint8Array(16).fill(fill),
  mac: new Uint8Array(16).fill(fill + 1),
  dek: new Uint8Array(16).fill(fill + 2),
});
/** Keys of the security domain: those of the factory, and those that PUT KEY brings. */
export const FACTORY_VERSION = 0x30;
export const FACTORY_KEYS = staticKeys(0x40);
export const NEXT_VERSION = 0x31;
export const NEXT_KEYS = staticKeys(0x50);
export const SERIAL = hexToBytes("0b0c01020304");
