import { ParseError } from "../../common/errors.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import type { Secp256k1 } from "../../common/secp256k1/interface.js";
import { checkedInvoice, parseInvoice } from "./parse.js";
import type { Invoice, InvoiceSignature } from "./types.js";

/**
 * Reads an invoice: upper or lower case, `lightning:` or not. Checks the checksum, the form of every known
 * field, the signature, and that payment hash, payment secret and one of description and its hash are there
 * (specs/05 §4). Whether it can and should be paid now is for `checkInvoice`.
 * @throws ParseError with the path of the field
 */
export function decodeInvoice(text: string): Invoice {
  const unchecked = parseInvoice(text);
  return checkedInvoice(unchecked, payeeOf(unchecked.signed));
}

/** The node that signed an invoice, 33 bytes; undefined when the named one did not, or no node can have. */
export function payeeOf(
  { digest, signature, recovery, namedPayee }: InvoiceSignature,
  backend: Secp256k1 = secp256k1,
): Uint8Array | undefined {
  if (namedPayee) return backend.verify(signature, digest, namedPayee) ? namedPayee : undefined;
  try {
    return backend.recover(signature, recovery, digest);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
