import { aesCmac } from "../apdu/secure-channel/primitives.js";
import { concatBytes, requireLength } from "../common/bytes.js";
import { ValueError } from "../common/errors.js";
import { BOLT_KEY_LENGTH, UID_LENGTH } from "./constants.js";

/*
 * Keys of a Bolt Card, derived as Bolt Card's document "DETERMINISTIC" says (specs/10 §3): K1 is the same for all cards
 * of an issuer key, so that one decryption says which card it is; everything else is the card's own.
 */

/** The five application keys of a chip, 16 bytes each. */
export interface BoltCardKeys {
  /** Changes keys and settings. */
  readonly k0: Uint8Array;
  /** Encrypts UID and counter: `p`. Shared by the batch. */
  readonly k1: Uint8Array;
  /** Authenticates them: `c`. */
  readonly k2: Uint8Array;
  /** Not used, and not to be guessed. */
  readonly k3: Uint8Array;
  readonly k4: Uint8Array;
}

const PURPOSE = { CARD: 0x75, K0: 0x76, K1: 0x77, K2: 0x78, K3: 0x79, K4: 0x7a, ID: 0x7b } as const;

const input = (purpose: number, ...context: Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(0x2d, 0x00, 0x3f, purpose), ...context);

const derive = (key: Uint8Array, purpose: number): Uint8Array => aesCmac(key, input(purpose));

/** Whose AES-CMAC under the issuer key is K1. */
export const PICC_KEY_INPUT = input(PURPOSE.K1);

/** K1 of every card of an issuer key. @param issuerKey 16 bytes @throws ValueError */
export function piccKey(issuerKey: Uint8Array): Uint8Array {
  requireLength(issuerKey, BOLT_KEY_LENGTH, "issuer key");
  return aesCmac(issuerKey, PICC_KEY_INPUT);
}

/**
 * Whose AES-CMAC under the issuer key is the card's own key. An HSM makes it without the issuer key leaving it.
 * @param uid 7 bytes
 * @param version 0..2^32-1: one more each time the same chip is programmed again, whose counter starts again
 * @throws ValueError
 */
export function cardKeyInput(uid: Uint8Array, version: number): Uint8Array {
  requireLength(uid, UID_LENGTH, "uid");
  if (!Number.isInteger(version) || version < 0 || version > 0xffffffff)
    throw new ValueError("version", `need 0 to ${0xffffffff}, have ${version}`);
  const littleEndian = new Uint8Array(4);
  new DataView(littleEndian.buffer).setUint32(0, version, true);
  return input(PURPOSE.CARD, uid, littleEndian);
}

/**
 * What K0, K2, K3 and K4 of a card are derived from.
 * @param issuerKey 16 bytes @throws as {@link cardKeyInput}
 */
export function cardKey(issuerKey: Uint8Array, uid: Uint8Array, version: number): Uint8Array {
  requireLength(issuerKey, BOLT_KEY_LENGTH, "issuer key");
  return aesCmac(issuerKey, cardKeyInput(uid, version));
}

/** K2, from the card's own key, 16 bytes. */
export const macKeyOf = (own: Uint8Array): Uint8Array => derive(own, PURPOSE.K2);

/** K2 of a card, without the keys that a payment does not need. @throws as {@link cardKey} */
export const macKey = (issuerKey: Uint8Array, uid: Uint8Array, version: number): Uint8Array =>
  macKeyOf(cardKey(issuerKey, uid, version));

/** All keys of a card. @throws as {@link cardKey} */
export const boltCardKeys = (issuerKey: Uint8Array, uid: Uint8Array, version: number): BoltCardKeys =>
  keysOfCard(cardKey(issuerKey, uid, version), piccKey(issuerKey));

/** The same from the card's own key and K1, 16 bytes each. */
export const keysOfCard = (own: Uint8Array, k1: Uint8Array): BoltCardKeys => ({
  k0: derive(own, PURPOSE.K0),
  k1,
  k2: macKeyOf(own),
  k3: derive(own, PURPOSE.K3),
  k4: derive(own, PURPOSE.K4),
});

/** Names a card without its UID, 16 bytes. @param issuerKey 16 bytes; @param uid 7 bytes @throws ValueError */
export function boltCardId(issuerKey: Uint8Array, uid: Uint8Array): Uint8Array {
  requireLength(issuerKey, BOLT_KEY_LENGTH, "issuer key");
  requireLength(uid, UID_LENGTH, "uid");
  return aesCmac(issuerKey, input(PURPOSE.ID, uid));
}
