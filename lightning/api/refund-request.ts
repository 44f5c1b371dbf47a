import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, readU64, requireLength, u64 } from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { MAX_MSAT, type Msat, msat } from "../../common/msat.js";
import { readExtension } from "./extension.js";
import { HASH_LENGTH } from "./wire.js";

/** Bytes of a refund's id. */
const REFUND_ID_LENGTH = 16;

/** `refund_request` (45009): give me an invoice with which I refund this sale to the card that paid (specs/08 §3.5). */
export interface RefundRequest {
  /** Of the sale's invoice, which the card's node paid, 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Of that invoice, 32 bytes. */
  readonly preimage: Uint8Array;
  /** What the card shall get, at least 1 msat. */
  readonly amount: Msat;
  /** 16 random bytes, the same in each request for the same refund. */
  readonly refundId: Uint8Array;
}

const AMOUNT_OFFSET = 2 * HASH_LENGTH;
const ID_OFFSET = AMOUNT_OFFSET + 8;
const FIXED_LENGTH = ID_OFFSET + REFUND_ID_LENGTH;

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeRefundRequest({ paymentHash, preimage, amount, refundId }: RefundRequest): Uint8Array {
  requireLength(paymentHash, HASH_LENGTH, "refund_request/paymenthash");
  requireLength(preimage, HASH_LENGTH, "refund_request/preimage");
  requireLength(refundId, REFUND_ID_LENGTH, "refund_request/refundid");
  if (amount < 1n) throw new ValueError("refund_request/amount", `need at least 1 msat, have ${amount}`);
  return concatBytes(paymentHash, preimage, u64(amount, "refund_request/amount"), refundId);
}

/** @throws ParseError naming the field; never with the preimage in it */
export function decodeRefundRequest(payload: Uint8Array): RefundRequest {
  if (payload.length < FIXED_LENGTH)
    throw new ParseError("refund_request", `need ${FIXED_LENGTH} bytes, have ${payload.length}`);
  const amount = readU64(payload, AMOUNT_OFFSET);
  if (amount < 1n || amount > MAX_MSAT)
    throw new ParseError("refund_request/amount", `need 1 to ${MAX_MSAT} msat, have ${amount}`);
  readExtension(payload, FIXED_LENGTH, "refund_request/tlv");
  return {
    paymentHash: payload.slice(0, HASH_LENGTH),
    preimage: payload.slice(HASH_LENGTH, AMOUNT_OFFSET),
    amount: msat(amount),
    refundId: payload.slice(ID_OFFSET, FIXED_LENGTH),
  };
}

/** Names a request in its answer: SHA-256 of its fields, 32 bytes. The records behind them are not in it. */
export const refundRequestHash = (request: RefundRequest): Uint8Array => sha256(encodeRefundRequest(request));

/** Description of the invoice that answers a request: binds it to the sale and to the refund (specs/08 §3.6). */
export const refundDescription = ({
  paymentHash,
  refundId,
}: Pick<RefundRequest, "paymentHash" | "refundId">): string =>
  `chequecard refund ${Buffer.from(refundId).toString("hex")} of ${Buffer.from(paymentHash).toString("hex")}`;
