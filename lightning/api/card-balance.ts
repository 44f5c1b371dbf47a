import { concatBytes, expectLength, readU64, requireLength, u64 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { MAX_MSAT, type Msat, msat } from "../../common/msat.js";
import { encodeTlvStream, findTlv } from "../tlv.js";
import { readExtension } from "./extension.js";
import { HASH_LENGTH } from "./wire.js";

/** `card_balance` (45013): what the issuer's books have left for the card that made the token or the status (specs/08 §3.7). */
export interface CardBalance {
  /** SHA-256 of the token (45001) or of the sealed status (45005) that this answers, 32 bytes. */
  readonly requestHash: Uint8Array;
  /** Undefined where the issuer does not tell it. */
  readonly left: Msat | undefined;
}

const LEFT_TYPE = 1n;
const LEFT = "card_balance/tlv/1";

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeCardBalance({ requestHash, left }: CardBalance): Uint8Array {
  requireLength(requestHash, HASH_LENGTH, "card_balance/requesthash");
  const records = left === undefined ? [] : [{ type: LEFT_TYPE, value: u64(left, LEFT) }];
  return concatBytes(requestHash, encodeTlvStream(records));
}

/** @throws ParseError naming the field */
export function decodeCardBalance(payload: Uint8Array): CardBalance {
  if (payload.length < HASH_LENGTH)
    throw new ParseError("card_balance", `need ${HASH_LENGTH} bytes, have ${payload.length}`);
  const left = findTlv(readExtension(payload, HASH_LENGTH, "card_balance/tlv"), LEFT_TYPE);
  return { requestHash: payload.slice(0, HASH_LENGTH), left: left && leftOf(left) };
}

function leftOf(value: Uint8Array): Msat {
  expectLength(value, 8, LEFT);
  const left = readU64(value);
  if (left > MAX_MSAT) throw new ParseError(LEFT, `need at most ${MAX_MSAT} msat, have ${left}`);
  return msat(left);
}
