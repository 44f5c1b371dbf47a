import { ParseError } from "../../common/errors.js";
import { sha256 } from "../../common/sha256.js";

/** Most characters of an invoice (specs/05 §2); `initiate_payment` carries no longer one either. */
export const MAX_INVOICE_LENGTH = 4096;

const SCHEME = "lightning:";
/** Whatever does not match may still be canonical after the checks below. */
const IS_CANONICAL = /^ln[!-@[-~]*$/;

/**
 * The one string that stands for an invoice: without `lightning:` (any case), all lower case, ASCII, at most
 * 4096 characters (specs/05 §2). What is signed on a card and sent to an issuer is this string. Nothing is repaired: white
 * space inside or around it is refused.
 * @throws ParseError saying in words what is wrong
 */
export function canonicalInvoice(text: string): string {
  if (text.length <= MAX_INVOICE_LENGTH && IS_CANONICAL.test(text)) return text;
  // The scheme may stand before a full-length invoice; nothing longer is read.
  if (text.length > MAX_INVOICE_LENGTH + SCHEME.length) throw tooLong(text.length);
  const body = hasScheme(text) ? text.slice(SCHEME.length) : text;
  if (body.length === 0) throw new ParseError("invoice", "empty");
  if (body.length > MAX_INVOICE_LENGTH) throw tooLong(body.length);
  if (hasScheme(body))
    throw new ParseError("invoice", "has lightning: in front twice", {
      hint: "Copy the invoice again; it begins with ln.",
    });
  if (/\s/.test(body))
    throw new ParseError("invoice", "has spaces or line breaks in it", {
      hint: "Copy the invoice again as one word.",
    });
  if (!/^[\x21-\x7e]*$/.test(body))
    throw new ParseError("invoice", "has a character that is not plain ASCII in it", {
      hint: "Copy the invoice again; only letters and digits belong there.",
    });
  const lower = body.toLowerCase();
  if (body !== lower && body !== body.toUpperCase())
    throw new ParseError("invoice", "mixes upper and lower case", {
      hint: "An invoice is all lower case or, in a QR code, all upper case.",
    });
  return lower;
}

const hasScheme = (text: string): boolean => text.slice(0, SCHEME.length).toLowerCase() === SCHEME;

/** What is said of a text that is longer than any invoice. */
export function tooLong(length: number): ParseError {
  return new ParseError("invoice", `need at most ${MAX_INVOICE_LENGTH} characters, have ${length}`);
}

/**
 * SHA-256 of a canonical invoice, 32 bytes: what a card signs (specs/01 §6).
 * @throws ParseError when the string is not its own canonical form
 */
export function invoiceHash(canonical: string): Uint8Array {
  expectCanonical(canonical, canonicalInvoice(canonical));
  return canonicalHash(canonical);
}

/** The same of a string that was found to be its own canonical form. */
export const canonicalHash = (canonical: string): Uint8Array => sha256(canonical);

/** @param canonical what {@link canonicalInvoice} made of it @throws ParseError when the string is not that itself */
export function expectCanonical(text: string, canonical: string): void {
  if (canonical !== text)
    throw new ParseError("invoice", "not in canonical form: need lower case without lightning:");
}
