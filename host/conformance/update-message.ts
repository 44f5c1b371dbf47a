import { randomBytes } from "node:crypto";
import {
  frameSealed,
  IV_LENGTH,
  keyCheck,
  MESSAGE_TYPE,
  type MessageType,
  SEAL_KEY_LENGTH,
  sealBody,
  signedDigest,
} from "../../apdu/index.js";
import { concatBytes, hexToBytes, readU64, secp256k1, u8, u32, u64 } from "../../common/index.js";
import type { ScriptedSignature, ScriptedUpdate } from "./session-file.js";

/** The card that an update is made for. */
export interface UpdateRecipient {
  readonly cardId: Uint8Array;
  readonly keySetId: Uint8Array;
  readonly sealKey: Uint8Array;
  /** 65 bytes. */
  readonly publicKey: Uint8Array;
  readonly issuerSecretKey: Uint8Array;
}

/** Keys that are wrong on purpose. */
export interface WrongKeys {
  readonly issuerSecretKey: Uint8Array;
  readonly sealKey: Uint8Array;
}

const GROUP_ORDER = hexToBytes("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/**
 * The update of a session for a card with keys of its own, 149 bytes. Low-level on purpose: it also makes what a
 * writer must not (specs/02 §3.3).
 * @param wrong default random keys; @param iv default random
 */
export function scriptedUpdate(
  script: ScriptedUpdate,
  card: UpdateRecipient,
  wrong: WrongKeys = { issuerSecretKey: randomBytes(32), sealKey: randomBytes(SEAL_KEY_LENGTH) },
  iv: Uint8Array = randomBytes(IV_LENGTH),
): Uint8Array {
  const own = (given: string, value: Uint8Array) => (given === "own" ? value : hexToBytes(given));
  const fields = concatBytes(
    own(script.cardId, card.cardId),
    u32(script.sequence),
    u8(script.flags),
    hexToBytes(script.reserved),
    u64(BigInt(script.credit)),
    u64(BigInt(script.maxPerTransaction)),
    u64(BigInt(script.pinThreshold)),
    u64(BigInt(script.noPinBudget)),
    u32(script.maxTransactions),
    own(script.keyCheck, keyCheck(card.publicKey)),
  );
  const digest = signedDigest(MESSAGE_TYPE.UPDATE, own(script.signedKeySetId, card.keySetId), fields);
  const secretKey = script.signedBy === "issuer" ? card.issuerSecretKey : wrong.issuerSecretKey;
  const signature = shaped(secp256k1.sign(digest, secretKey), script.signature);
  const sealKey = script.sealKey === "own" ? card.sealKey : wrong.sealKey;
  const message = frameSealed(
    Number.parseInt(script.type, 16) as MessageType,
    own(script.keySetId, card.keySetId),
    iv,
    sealBody(sealKey, iv, concatBytes(fields, signature)),
  );
  if (script.flip) {
    const { offset, mask } = script.flip;
    message[offset] = (message[offset] ?? 0) ^ Number.parseInt(mask, 16);
  }
  return message;
}

/** A low-s signature turned into the wanted form. */
function shaped(signature: Uint8Array, form: ScriptedSignature): Uint8Array {
  const r = signature.slice(0, 32);
  const s = signature.slice(32);
  const zero = new Uint8Array(32);
  switch (form) {
    case "low-s":
      return signature;
    case "high-s":
      return concatBytes(r, negated(s));
    case "bit-flipped":
      return concatBytes(signature.slice(0, 63), Uint8Array.of((signature[63] ?? 0) ^ 1));
    case "r-zero":
      return concatBytes(zero, s);
    case "s-zero":
      return concatBytes(r, zero);
    case "r-not-below-n":
      return concatBytes(GROUP_ORDER, s);
    case "s-not-below-n":
      return concatBytes(r, GROUP_ORDER);
    case "all-ones":
      return new Uint8Array(64).fill(0xff);
  }
}

/** n - s. */
function negated(s: Uint8Array): Uint8Array {
  const big = (bytes: Uint8Array) =>
    [0, 8, 16, 24].reduce((value, at) => (value << 64n) | readU64(bytes, at), 0n);
  const value = big(GROUP_ORDER) - big(s);
  return concatBytes(...[192n, 128n, 64n, 0n].map((shift) => u64(BigInt.asUintN(64, value >> shift))));
}
