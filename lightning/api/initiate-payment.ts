import { concatBytes, u16 } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { readSized } from "../sized-field.js";
import { readExtension } from "./extension.js";
import { MAX_INVOICE_LENGTH, MAX_TOKEN_LENGTH } from "./wire.js";

/** `initiate_payment` (45001): please pay this invoice, this token allows it (specs/08 §3.1). */
export interface InitiatePayment {
  /** 1..1024 bytes. */
  readonly token: Uint8Array;
  /** 1..4096 bytes: the canonical invoice in ASCII. A reader gets what was sent, whatever it is. */
  readonly invoice: Uint8Array;
}

/** Payload of the peer message. @throws ValueError naming the field */
export function encodeInitiatePayment({ token, invoice }: InitiatePayment): Uint8Array {
  if (token.length < 1 || token.length > MAX_TOKEN_LENGTH)
    throw new ValueError(
      "initiate_payment/token",
      `need 1 to ${MAX_TOKEN_LENGTH} bytes, have ${token.length}`,
    );
  return concatBytes(u16(token.length), token, invoiceField(invoice, "initiate_payment/invoice"));
}

/** @throws ParseError naming the field; never with the token in it */
export function decodeInitiatePayment(payload: Uint8Array): InitiatePayment {
  const token = readSized(payload, 0, MAX_TOKEN_LENGTH, "initiate_payment/token");
  const invoice = readSized(payload, token.next, MAX_INVOICE_LENGTH, "initiate_payment/invoice");
  readExtension(payload, invoice.next, "initiate_payment/tlv");
  return { token: token.value, invoice: invoice.value };
}

/** Length and invoice. @throws ValueError */
export function invoiceField(invoice: Uint8Array, path: string): Uint8Array {
  if (invoice.length < 1 || invoice.length > MAX_INVOICE_LENGTH)
    throw new ValueError(path, `need 1 to ${MAX_INVOICE_LENGTH} bytes, have ${invoice.length}`);
  return concatBytes(u16(invoice.length), invoice);
}
