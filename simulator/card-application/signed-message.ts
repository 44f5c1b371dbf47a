import {
  CARD_ID_LENGTH,
  IV_LENGTH,
  type MESSAGE_TYPE,
  SEALED_BODY_LENGTH,
  SIGNATURE_LENGTH,
} from "../../apdu/constants.js";
import { frameSealed, sealBody, signedDigest } from "../../apdu/sealed/crypto.js";
import { secp256k1 } from "../../common/index.js";
import type { CardState } from "./state.js";

/** The middle of a message that the card signs: authorization and status differ in type and meaning only. */
export interface CardStatement {
  readonly type: typeof MESSAGE_TYPE.AUTHORIZATION | typeof MESSAGE_TYPE.STATUS;
  readonly counter: number;
  readonly flags: number;
  /** Amount, or credit. */
  readonly first: bigint;
  /** Authorized total. */
  readonly second: bigint;
  /** Invoice hash, or challenge: 32 bytes. */
  readonly binding: Uint8Array;
}

/**
 * Builds, signs and seals a message of the card (specs/02 §3): the only place where the card key is used.
 * The nonce has fresh entropy and s stays as it falls, high or low, as on Java Cards.
 * @returns 149 bytes
 */
export function signedMessage(state: CardState, statement: CardStatement): Uint8Array {
  const body = new Uint8Array(SEALED_BODY_LENGTH);
  const view = new DataView(body.buffer);
  body.set(state.cardId.bytes);
  view.setUint32(CARD_ID_LENGTH, statement.counter);
  // The low 24 bits of the sequence, behind the flags in one word.
  view.setUint32(12, ((statement.flags << 24) | (state.sequence.u32() & 0xffffff)) >>> 0);
  view.setBigUint64(16, statement.first);
  view.setBigUint64(24, statement.second);
  body.set(statement.binding, 32);
  const unsignedLength = SEALED_BODY_LENGTH - SIGNATURE_LENGTH;
  const digest = signedDigest(statement.type, state.keySetId.bytes, body.subarray(0, unsignedLength));
  const entropy = state.random(32);
  body.set(secp256k1.sign(digest, state.secretKey.bytes, { entropy, allowHighS: true }), unsignedLength);
  const iv = state.random(IV_LENGTH);
  return frameSealed(statement.type, state.keySetId.bytes, iv, sealBody(state.sealKey.bytes, iv, body));
}
