/**
 * Why a recipient fails a deputy payment, each with a sentence for its log. On the wire all but `incomplete` look
 * the same, so that probing does not reveal which terminal, amount or secret is right (specs/07 §9).
 */
export const REFUSALS = {
  "no-metadata": "nothing came with the payment that names a deputy's invoice",
  "malformed-metadata": "the payment metadata is not of a form that is known here",
  "unknown-terminal": "no terminal of that key id is known, or it was revoked",
  "not-our-hash":
    "the payment hash is not that of an invoice of this terminal, or something in it was changed",
  "wrong-payment-secret": "the payment secret is not the invoice's",
  expired: "the invoice has expired",
  amountless: "the invoice left the amount open, which is not allowed here",
  underpaid: "less than the invoice asks for",
  overpaid: "more than twice what the invoice asks for",
  "too-late": "too few blocks are left until the HTLC expires",
  "already-paid": "the invoice was paid before",
  "parts-differ": "the parts of the payment do not agree on its total",
  "too-many-parts": "too many parts, or too many payments held at the same time",
  incomplete: "the parts of the payment did not add up in time",
} as const;

export type RefusalReason = keyof typeof REFUSALS;

/** Failure message of BOLT 4 that is returned to the payer. */
export type FailureMessage = "incorrect_or_unknown_payment_details" | "mpp_timeout";

/** What the payer sees. */
export const failureMessage = (reason: RefusalReason): FailureMessage =>
  reason === "incomplete" ? "mpp_timeout" : "incorrect_or_unknown_payment_details";
