import { ParseError } from "../../common/errors.js";
import { parseInvoice } from "../bolt11/parse.js";
import { type DeputyKeys, modernTerms } from "./terms.js";

/**
 * How an invoice stands that a terminal of these keys has made, as far as its recipient can say before it is paid.
 * @param now Unix seconds
 * @returns undefined for one of nobody here, or of a terminal that was revoked
 */
export function deputyInvoiceState(
  keys: DeputyKeys,
  invoice: string,
  now: number,
): { readonly state: "open" | "expired" } | undefined {
  try {
    const { paymentHash, metadata } = parseInvoice(invoice);
    const terms = modernTerms(keys, paymentHash, { metadata });
    if (typeof terms === "string") return undefined;
    return { state: terms.expiresAt !== undefined && now >= terms.expiresAt ? "expired" : "open" };
  } catch (cause) {
    if (cause instanceof ParseError) return undefined;
    throw cause;
  }
}
