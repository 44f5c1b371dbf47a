import { hex, join, unhex } from "../../reference/bytes.js";
import { GROUP_ORDER, sign, verify } from "../../reference/crypto.js";
import {
  frame,
  keyCheckOf,
  openBody,
  SEALED_TYPE,
  type SealedType,
  signedBytes,
  type UpdateFields,
  writeFields,
} from "../../reference/sealed.js";
import { CARD_ID, CARD_POINT, hashOf, ISSUER_SECRET, KEY_SET_ID, LIMITS, SEAL_KEY } from "./material.js";

/** An update's fields, and what may be wrong with it. */
export interface Order extends Omit<UpdateFields, "cardId" | "reserved" | "keyCheck"> {
  readonly cardId: Uint8Array;
  /** Each of the three bytes. */
  readonly reserved: number;
  readonly point: Uint8Array;
  readonly signer: Uint8Array;
  readonly keySetId: Uint8Array;
  readonly sealKey: Uint8Array;
  readonly type: number;
  /** s above half the order, as cards and some signers make it. */
  readonly highS: boolean;
}

function negateS(signature: Buffer): Buffer {
  const s = GROUP_ORDER - BigInt(`0x${hex(signature.subarray(32))}`);
  return join(signature.subarray(0, 32), unhex(s.toString(16).padStart(64, "0")));
}

/** A sealed update for the campaigns' card; what is not given leaves the card as it was made. */
export function sealedUpdate(given: Partial<Order> = {}): Uint8Array {
  const order: Order = {
    cardId: CARD_ID,
    sequence: 1,
    flags: 0,
    reserved: 0,
    ...LIMITS,
    point: CARD_POINT,
    signer: ISSUER_SECRET,
    keySetId: KEY_SET_ID,
    sealKey: SEAL_KEY,
    type: SEALED_TYPE.update,
    highS: false,
    ...given,
  };
  const fields = writeFields("update", {
    ...order,
    cardId: hex(order.cardId),
    reserved: hex(Buffer.alloc(3, order.reserved)),
    keyCheck: keyCheckOf(order.point),
  });
  const low = sign(order.signer, [signedBytes("update", order.keySetId, fields)]);
  const body = join(fields, order.highS ? negateS(low) : low);
  return frame(order.type, order.keySetId, order.sealKey, hashOf(hex(body)).subarray(0, 16), body);
}

/** What is wrong with a message that a card made; undefined when nothing is. `fields`: the 64 bytes it must say. */
export function messageProblem(
  message: Uint8Array,
  expected: {
    readonly type: SealedType;
    readonly fields: Uint8Array;
    readonly keySetId: Uint8Array;
    readonly sealKey: Uint8Array;
    readonly point: Uint8Array;
  },
): string | undefined {
  const { type, fields, keySetId, sealKey, point } = expected;
  if (message.length !== 149) return `need 149 bytes, have ${message.length}`;
  if (message[0] !== SEALED_TYPE[type] || Buffer.compare(message.subarray(1, 5), keySetId) !== 0)
    return "wrong frame";
  const body = openBody(message, sealKey);
  if (Buffer.compare(body.subarray(0, 64), fields) !== 0)
    return `says ${hex(body.subarray(0, 64))}, need ${hex(fields)}`;
  return verify(body.subarray(64), point, signedBytes(type, keySetId, fields))
    ? undefined
    : "its signature is wrong";
}

/** What is wrong with an answer to GET DATA C2 of a card that stores `body`; undefined when nothing is. */
export function certificateProblem(
  data: Uint8Array,
  body: Uint8Array,
  keySetId: Uint8Array,
  sealKey: Uint8Array,
): string | undefined {
  const head = join(unhex("c28195"), unhex("04"), keySetId);
  if (data.length !== 152 || Buffer.compare(data.subarray(0, 8), head) !== 0) return "wrong object or frame";
  const opened = openBody(data.subarray(3), sealKey);
  return Buffer.compare(opened, body) === 0 ? undefined : `says ${hex(opened)}, need ${hex(body)}`;
}

/** Challenge of IDENTIFY. */
export const CHALLENGE = hashOf("prove/challenge");
