import { ParseError } from "../../common/errors.js";
import { MAX_INVOICE_LENGTH, tooLong } from "./canonical.js";

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
