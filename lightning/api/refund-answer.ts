import { concatBytes, expectLength, readU16, readU64, requireLength, u16, u64 } from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { MAX_MSAT, type Msat, msat } from "../../common/msat.js";
import { readSized } from "../sized-field.js";
import { encodeTlvStream, findTlv } from "../tlv.js";
import { readExtension } from "./extension.js";
import { invoiceField } from "./initiate-payment.js";
import { HASH_LENGTH, MAX_INVOICE_LENGTH } from "./wire.js";

/** An answer to a request for a refund, which does not name the request yet. */
export type RefundReply = {
  /** What was credited for the sale so far; 0 where the sale is not known. */
  readonly refunded: Msat;
} & (
  | {
      /** 1..4096 bytes: the canonical invoice in ASCII. A reader gets what was sent, whatever it is. */
      readonly invoice: Uint8Array;
      readonly reason: undefined;
    }
  | {
      readonly invoice: undefined;
      /** Why not (specs/08 §12). */
      readonly reason: number;
    }
);

/** `refund_answer` (45011): an invoice of the card's node, or why there is none (specs/08 §3.6). */
export type RefundAnswer = RefundReply & {
  /** SHA-256 of the fields of the request, 32 bytes. */
  readonly requestHash: Uint8Array;
};

const REASON_TYPE = 1n;
const INVOICE_OFFSET = HASH_LENGTH + 8;

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeRefundAnswer({ requestHash, refunded, invoice, reason }: RefundAnswer): Uint8Array {
  requireLength(requestHash, HASH_LENGTH, "refund_answer/requesthash");
  const fields = concatBytes(requestHash, u64(refunded, "refund_answer/refunded"));
  if (invoice) return concatBytes(fields, invoiceField(invoice, "refund_answer/invoice"));
  if (reason === undefined) throw new ValueError("refund_answer/reason", "need an invoice or a reason");
  const record = { type: REASON_TYPE, value: u16(reason, "refund_answer/reason") };
  return concatBytes(fields, u16(0), encodeTlvStream([record]));
}

/** @throws ParseError naming the field */
export function decodeRefundAnswer(payload: Uint8Array): RefundAnswer {
  const have = payload.length;
  if (have < HASH_LENGTH)
    throw new ParseError("refund_answer/requesthash", `need ${HASH_LENGTH} bytes, have ${have}`);
  if (have < INVOICE_OFFSET)
    throw new ParseError("refund_answer/refunded", `need 8 bytes, have ${have - HASH_LENGTH}`);
  const refunded = readU64(payload, HASH_LENGTH);
  if (refunded > MAX_MSAT)
    throw new ParseError("refund_answer/refunded", `need at most ${MAX_MSAT} msat, have ${refunded}`);
  const isRefused = have >= INVOICE_OFFSET + 2 && readU16(payload, INVOICE_OFFSET) === 0;
  const invoice = isRefused
    ? { value: undefined, next: INVOICE_OFFSET + 2 }
    : readSized(payload, INVOICE_OFFSET, MAX_INVOICE_LENGTH, "refund_answer/invoice");
  const reason = findTlv(readExtension(payload, invoice.next, "refund_answer/tlv"), REASON_TYPE);
  if (reason) expectLength(reason, 2, "refund_answer/tlv/1");
  const head = { requestHash: payload.slice(0, HASH_LENGTH), refunded: msat(refunded) };
  if (invoice.value && !reason) return { ...head, invoice: invoice.value, reason: undefined };
  if (!invoice.value && reason) return { ...head, invoice: undefined, reason: readU16(reason) };
  throw new ParseError("refund_answer/tlv/1", "need a reason where there is no invoice, and none beside one");
}
