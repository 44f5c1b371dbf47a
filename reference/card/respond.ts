import { hex, join, need, unhex } from "../bytes.js";
import { isSecretKey, pointOf, sign, tagPrefix, verify } from "../crypto.js";
import { protectResponse } from "../scp03.js";
import { frame, SEALED_TYPE, signedBytes } from "../sealed.js";
import { tlv } from "../tlv.js";
import { answer, type Draw } from "./answer.js";
import type { Card, Outcome } from "./state.js";

/** The bytes that a new card key signs (specs/04 §5). */
export const keyProofBytes = (challenge: Uint8Array, point: Uint8Array): Buffer =>
  join(tagPrefix("chequecard/key"), challenge, point);

/** Answer to GENERATE KEY PAIR. */
export const keyProof = (point: Uint8Array, signature: Uint8Array): Buffer =>
  join(unhex("7f49438641"), point, unhex("9e40"), signature);

/** The point of an answer to GENERATE KEY PAIR whose signature is right. @throws Refused `form`, `signature` */
export function provenPoint(data: Uint8Array, challenge: Uint8Array): Buffer {
  const [point, signature] = [Buffer.from(data.subarray(5, 70)), data.subarray(72)];
  need(signature.length === 64 && hex(keyProof(point, signature)) === hex(data), "form");
  need(verify(signature, point, keyProofBytes(challenge, point)), "signature");
  return point;
}

/** What a card sends, and what it is afterwards. */
export interface Response {
  readonly sw: string;
  readonly data: Buffer;
  readonly card: Card;
}

/** A card that really answers, with random numbers from `draw`. */
export function respond(card: Card, bytes: Uint8Array, draw: Draw): Response {
  const outcome = answer(card, bytes, draw);
  const { data, card: next } = realize(outcome, draw);
  const sent = outcome.through ? protectResponse(outcome.through, data, outcome.sw) : data;
  return { sw: outcome.sw, data: outcome.sw === "9000" ? sent : Buffer.alloc(0), card: next };
}

function realize({ data, next }: Outcome, draw: Draw): { readonly data: Buffer; readonly card: Card } {
  switch (data.kind) {
    case "exactly":
      return { data: unhex(data.hex), card: next };
    case "any":
      return { data: Buffer.alloc(0), card: next };
    case "key-proof": {
      // A second one, should the first be no key.
      const secretKey = [draw(32), draw(32)].find(isSecretKey) ?? Buffer.alloc(32);
      const point = pointOf(secretKey);
      const signature = sign(secretKey, [keyProofBytes(unhex(data.challenge), point)], { entropy: draw(32) });
      return {
        data: keyProof(point, signature),
        card: { ...next, secretKey: hex(secretKey), point: hex(point) },
      };
    }
    case "certificate": {
      const [id, body] = [unhex(next.keySetId), unhex(data.body)];
      const sealed = frame(SEALED_TYPE.certificate, id, unhex(next.sealKey), draw(16), body);
      return { data: unhex(tlv("c2", hex(sealed))), card: next };
    }
    case "message": {
      const { keySetId, sealKey, secretKey } = next;
      const [id, fields] = [unhex(keySetId), unhex(data.fields)];
      const signed = signedBytes(data.type, id, fields);
      const signature = sign(unhex(secretKey), [signed]);
      const body = join(fields, signature);
      return { data: frame(SEALED_TYPE[data.type], id, unhex(sealKey), draw(16), body), card: next };
    }
  }
}
