import { equalBytes } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import { canonicalInvoice } from "../bolt11/canonical.js";
import { invoiceProblem } from "../bolt11/check.js";
import { decodeInvoice } from "../bolt11/decode.js";
import type { Network } from "../network.js";
import type { RefundAnswer } from "./refund-answer.js";
import { type RefundRequest, refundDescription } from "./refund-request.js";

/** What the card's node says to a request for a refund: an invoice that was checked, or why not. */
export type RefundOffer = {
  /** What was credited for the sale so far. */
  readonly refunded: Msat;
} & (
  | {
      /** Canonical BOLT 11. */
      readonly invoice: string;
    }
  | {
      /** Code of specs/08 §12. */
      readonly reason: number;
    }
);

/** What an invoice for a refund is held against. */
export interface OfferTerms {
  /** The node that was asked, 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly network: Network;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Reads an answer. Its invoice must be the asked node's own, for exactly what was asked, and bound to the sale: nothing
 * else is to be paid (specs/08 §12).
 * @throws ParseError, InvoiceError
 */
export function readRefundOffer(
  answer: RefundAnswer,
  request: RefundRequest,
  terms: OfferTerms,
): RefundOffer {
  const { refunded } = answer;
  if (!answer.invoice) return { refunded, reason: answer.reason };
  const text = new TextDecoder("latin1").decode(answer.invoice);
  const invoice = decodeInvoice(text);
  const wrong = (words: string): ParseError => new ParseError("refund_answer/invoice", words);
  if (canonicalInvoice(text) !== text) throw wrong("not in its canonical form");
  const problem = invoiceProblem(invoice, terms);
  if (problem) throw problem;
  if (!equalBytes(invoice.payee, terms.nodeId)) throw wrong("of another node than the one that was asked");
  if (invoice.amount !== request.amount)
    throw wrong(`need ${request.amount} msat, have ${invoice.amount ?? "no amount"}`);
  if (invoice.description !== refundDescription(request))
    throw wrong("for another refund than the one asked for");
  return { refunded, invoice: text };
}
