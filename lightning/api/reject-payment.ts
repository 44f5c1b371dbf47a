import { concatBytes, expectLength, readU16, requireLength, u16 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { readSized } from "../sized-field.js";
import { encodeTlvStream, findTlv } from "../tlv.js";
import { readExtension } from "./extension.js";
import { invoiceField } from "./initiate-payment.js";
import { HASH_LENGTH, MAX_INVOICE_LENGTH } from "./wire.js";

/** `reject_payment` (45003): nothing is being paid for that token and invoice (specs/08 §3.2). */
export interface RejectPayment {
  /** SHA-256 of the token, 32 bytes. */
  readonly tokenHash: Uint8Array;
  /** The invoice as it came in `initiate_payment`, 1..4096 bytes. */
  readonly invoice: Uint8Array;
  /** Why (specs/08 §5). Peers that know the draft alone send none. */
  readonly reason: number | undefined;
}

const REASON_TYPE = 1n;

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeRejectPayment({ tokenHash, invoice, reason }: RejectPayment): Uint8Array {
  requireLength(tokenHash, HASH_LENGTH, "reject_payment/tokenhash");
  const extension =
    reason === undefined
      ? new Uint8Array(0)
      : encodeTlvStream([{ type: REASON_TYPE, value: u16(reason, "reject_payment/reason") }]);
  return concatBytes(tokenHash, invoiceField(invoice, "reject_payment/invoice"), extension);
}

/** @throws ParseError naming the field */
export function decodeRejectPayment(payload: Uint8Array): RejectPayment {
  if (payload.length < HASH_LENGTH)
    throw new ParseError("reject_payment/tokenhash", `need ${HASH_LENGTH} bytes, have ${payload.length}`);
  const invoice = readSized(payload, HASH_LENGTH, MAX_INVOICE_LENGTH, "reject_payment/invoice");
  const reason = findTlv(readExtension(payload, invoice.next, "reject_payment/tlv"), REASON_TYPE);
  if (reason) expectLength(reason, 2, "reject_payment/tlv/1");
  return {
    tokenHash: payload.slice(0, HASH_LENGTH),
    invoice: invoice.value,
    reason: reason && readU16(reason),
  };
}
