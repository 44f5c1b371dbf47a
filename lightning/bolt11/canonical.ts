import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";

/** Most characters of an invoice (specs/05 §2); `initiate_payment` carries no longer one either. */
export const MAX_INVOICE_LENGTH = 4096;

const SCHEME = "lightning:";

/**
 * The one string that stands for an invoice: without `lightning:` (any case), all lower case, ASCII, at most
 * 4096 characters (specs/05 §2). What is signed on a card and sent to an issuer is this string. Nothing is repaired: white
 * space inside or around it is refused.
 * @throws ParseError saying in words what is wrong
 */
export function canonicalInvoice(text: string): string {
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

/** Kinds of text that a wallet hands out and that are no invoice, by how they begin. */
const NO_INVOICE = [
  [
    /^(?:lightning:)?lnurl1|^(?:lnurlp|lnurlw|lnurlc|keyauth):/,
    "an LNURL",
    "Open it in a wallet, which asks the service behind it for an invoice.",
  ],
  [/^(?:lightning:)?lno1/, "a BOLT 12 offer", "Ask for a BOLT 11 invoice; it begins with lnbc."],
  [
    /^(?:lightning:)?(?:lnr1|lni1)/,
    "a BOLT 12 invoice or a request for one",
    "Ask for a BOLT 11 invoice; it begins with lnbc.",
  ],
  [
    /^(?:lightning:)?[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.?(?::\d+)?$/,
    "a Lightning address",
    "Ask its owner for an invoice, or pay it with a wallet that has a network.",
  ],
  [
    /^bitcoin:/,
    "a bitcoin: address without a Lightning invoice",
    "Ask for a Lightning invoice; in such an address it stands as lightning=...",
  ],
  [/^lightning:\/\//, "lightning:// instead of lightning:", "Give what follows the two slashes."],
] as const;

/**
 * The invoice within what a person pasted or scanned: taken out of `bitcoin:...?lightning=...` (BIP 21), otherwise the
 * text itself. For people's input only: what a program sends has to be an invoice (specs/05 §2).
 * @throws ParseError that names what it is instead, where it is something else that wallets hand out
 */
export function invoiceOf(text: string): string {
  // Nothing longer is read; the longest address and other parameters fit in as much again.
  if (text.length > 2 * MAX_INVOICE_LENGTH) throw tooLong(text.length);
  const found = /^bitcoin:[^?#]*\?([^#]*)/i.exec(text);
  const invoices = (found?.[1] ?? "")
    .split("&")
    .flatMap((pair) => /^lightning=(.+)$/is.exec(pair)?.[1] ?? []);
  if (invoices.length > 1)
    throw new ParseError("invoice", "a bitcoin: address with more than one Lightning invoice", {
      hint: "Give the one that is meant.",
    });
  const inner = invoices[0] ?? text;
  const lower = inner.toLowerCase();
  for (const [form, name, hint] of NO_INVOICE)
    if (form.test(lower)) throw new ParseError("invoice", `this is ${name}`, { hint });
  return inner;
}

function tooLong(length: number): ParseError {
  return new ParseError("invoice", `need at most ${MAX_INVOICE_LENGTH} characters, have ${length}`);
}

/**
 * SHA-256 of a canonical invoice, 32 bytes: what a card signs (specs/01 §6).
 * @throws ParseError when the string is not its own canonical form
 */
export function invoiceHash(canonical: string): Uint8Array {
  if (canonicalInvoice(canonical) !== canonical)
    throw new ParseError("invoice", "not in canonical form: need lower case without lightning:");
  return sha256(utf8(canonical));
}
