import { expectLength, ParseError, requireLength, secp256k1 } from "../../common/index.js";
import { command } from "../command-apdu.js";
import { CLA, INS, SIGNATURE_LENGTH, TAG } from "../constants.js";
import { needTlv, readTlvs, unwrapTlv } from "../tlv.js";
import type { CommandCodec } from "./codec.js";

/** Bytes of the challenge that the new key signs. */
export const KEY_CHALLENGE_LENGTH = 16;
const POINT_LENGTH = 65;

export interface GenerateKeyPairRequest {
  /** 16 fresh random bytes. */
  readonly challenge: Uint8Array;
}

export interface GenerateKeyPairResponse {
  /** 65 bytes, uncompressed, on the curve. */
  readonly point: Uint8Array;
  /** r || s over `keyProofDigest(challenge, point)`; the caller verifies it. */
  readonly signature: Uint8Array;
}

const HEADER = { cla: CLA.SECURE, ins: INS.GENERATE_KEY_PAIR, p1: 0x80, p2: 0 };

/** GENERATE KEY PAIR (specs/04): secure channel only; the private key never leaves the card. */
export const generateKeyPair: CommandCodec<GenerateKeyPairRequest, GenerateKeyPairResponse> = {
  name: "GENERATE KEY PAIR",
  encodeRequest({ challenge }) {
    requireLength(challenge, KEY_CHALLENGE_LENGTH, "GENERATE KEY PAIR/challenge");
    return command(HEADER.cla, HEADER.ins, { p1: HEADER.p1, data: challenge, le: 256 });
  },
  decodeResponse(data) {
    const path = "GENERATE KEY PAIR response";
    const objects = readTlvs(data, path);
    const template = needTlv(objects, TAG.KEY_TEMPLATE, path);
    const point = unwrapTlv(template, TAG.EC_POINT, `${path}/7F49`);
    const signature = needTlv(objects, TAG.SIGNATURE, path);
    expectLength(point, POINT_LENGTH, `${path}/7F49/86`);
    if (!secp256k1.isPublicKey(point)) throw new ParseError(`${path}/7F49/86`, "not a point of secp256k1");
    expectLength(signature, SIGNATURE_LENGTH, `${path}/9E`);
    return { point, signature };
  },
};
