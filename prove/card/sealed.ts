import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { concatBytes, secp256k1, u32, u64 } from "../../common/index.js";
import { CARD_ID, CARD_POINT, hashOf, ISSUER_SECRET, KEY_SET_ID, LIMITS, SEAL_KEY } from "./material.js";

/*
 * Sealed messages once more, from specs/02 and with the system's cryptography: what card and codecs make of them
 * is compared with this.
 */

const TAGS: Readonly<Record<number, string>> = {
  1: "chequecard/authorization",
  2: "chequecard/status",
  3: "chequecard/update",
};

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

/** specs/02 §2 */
export function digestOf(type: number, keySetId: Uint8Array, fields: Uint8Array): Uint8Array {
  const tag = sha256(Buffer.from(TAGS[type] ?? "", "ascii"));
  return sha256(tag, tag, Uint8Array.of(type), keySetId, fields);
}

/** Opens the seal of a message of 149 bytes. */
export function openSeal(message: Uint8Array, sealKey: Uint8Array): Uint8Array {
  const cipher = createDecipheriv("aes-128-cbc", sealKey, message.subarray(5, 21)).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(message.subarray(21)), cipher.final()]));
}

function sealed(type: number, keySetId: Uint8Array, sealKey: Uint8Array, body: Uint8Array): Uint8Array {
  const iv = sha256(body).subarray(0, 16);
  const cipher = createCipheriv("aes-128-cbc", sealKey, iv).setAutoPadding(false);
  return concatBytes(Uint8Array.of(type), keySetId, iv, cipher.update(body), cipher.final());
}

/** Fields of an update (specs/02 §3.3), and what may be wrong with it. */
export interface UpdateFields {
  readonly cardId: Uint8Array;
  readonly sequence: number;
  readonly flags: number;
  readonly reserved: number;
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly point: Uint8Array;
  readonly signer: Uint8Array;
  readonly keySetId: Uint8Array;
  readonly sealKey: Uint8Array;
  readonly type: number;
  /** s above half the order, as cards and some signers make it. */
  readonly highS: boolean;
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function negateS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
  const negated = (ORDER - s).toString(16).padStart(64, "0");
  return concatBytes(signature.subarray(0, 32), Buffer.from(negated, "hex"));
}

/** A sealed update for the campaigns' card; what is not given leaves the card as it was made. */
export function sealedUpdate(given: Partial<UpdateFields> = {}): Uint8Array {
  const all: UpdateFields = {
    cardId: CARD_ID,
    sequence: 1,
    flags: 0,
    reserved: 0,
    ...LIMITS,
    point: CARD_POINT,
    signer: ISSUER_SECRET,
    keySetId: KEY_SET_ID,
    sealKey: SEAL_KEY,
    type: 3,
    highS: false,
    ...given,
  };
  const fields = concatBytes(
    all.cardId,
    u32(all.sequence),
    Uint8Array.of(all.flags, all.reserved, all.reserved, all.reserved),
    u64(all.credit),
    u64(all.maxPerTransaction),
    u64(all.pinThreshold),
    u64(all.noPinBudget),
    u32(all.maxTransactions),
    sha256(all.point).subarray(0, 12),
  );
  const low = secp256k1.sign(digestOf(3, all.keySetId, fields), all.signer);
  const body = concatBytes(fields, all.highS ? negateS(low) : low);
  return sealed(all.type, all.keySetId, all.sealKey, body);
}

/** What is wrong with a message that a card made; undefined when nothing is. `fields`: the 64 bytes it must say. */
export function messageProblem(
  message: Uint8Array,
  expected: {
    readonly type: number;
    readonly fields: Uint8Array;
    readonly keySetId: Uint8Array;
    readonly sealKey: Uint8Array;
    readonly point: Uint8Array;
  },
): string | undefined {
  const { type, fields, keySetId, sealKey, point } = expected;
  if (message.length !== 149) return `need 149 bytes, have ${message.length}`;
  if (message[0] !== type || Buffer.compare(message.subarray(1, 5), keySetId) !== 0) return "wrong frame";
  const body = openSeal(message, sealKey);
  if (Buffer.compare(body.subarray(0, 64), fields) !== 0)
    return `says ${Buffer.from(body.subarray(0, 64)).toString("hex")}, need ${Buffer.from(fields).toString("hex")}`;
  const digest = digestOf(type, keySetId, body.subarray(0, 64));
  return secp256k1.verify(body.subarray(64), digest, point) ? undefined : "its signature is wrong";
}

/** Challenge of IDENTIFY. */
export const CHALLENGE = hashOf("prove/challenge");
