import { randomBytes } from "node:crypto";
import type { Msat } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { SENTENCES, TERMINAL } from "../../common/languages/spoken.js";
import type { RefundOffer } from "../../lightning/api/refund-offer.js";
import { describeRefundReason, REFUND_REASON } from "../../lightning/api/refund-reasons.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { paidSale, payRefund } from "./refund.js";
import type { CardRefundNode } from "./refund-node.js";
import { alreadyStarted, type Sale, SaleError } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** Why the card's issuer takes no refund: nothing was paid. */
export interface RefundRefused {
  /** Code and name of specs/08 §12. */
  readonly code: number;
  readonly name: string;
  /** What happened and what to do next. */
  readonly sentence: string;
  /** What the issuer has credited for the sale so far. */
  readonly refunded: Msat;
}

/** What a refund to a card came to. */
export type CardRefund = { readonly sale: Sale } | { readonly refused: RefundRefused };

/** Asked for under a refund id of an earlier try, which came to nothing: another one is made. */
const WORN_OUT: ReadonlySet<number> = new Set([REFUND_REASON.REFUND_OVER, REFUND_REASON.REFUND_DIFFERS]);

/**
 * Returns money of a paid sale to the card that paid it: the card's node is asked for an invoice, which is durable
 * before it is paid (specs/08 §12). Once for a sale; the same call again goes on with the same refund, also after a crash.
 * @param amount default: all of the sale
 * @returns the sale, whose refund is `pending` when the node does not know the outcome yet; or why the issuer refused
 * @throws SaleError `bad-refund`, `wrong-state`, `not-found`; NodeError when the card's node does not answer;
 * UntrustedUriError; ParseError, InvoiceError for an invoice that must not be paid
 */
export async function refundToCard(
  { node, store }: { node: CardRefundNode; store: SaleStore },
  number: number,
  amount?: Msat,
): Promise<CardRefund> {
  const sale = paidSale(store, number);
  const { refund } = sale;
  if (refund && (refund.to !== "card" || (amount !== undefined && amount !== refund.amount)))
    throw alreadyStarted(sale);
  if (refund?.state === "paid") return { sale };
  if (refund) return { sale: await payRefund({ node, store }, number, refund) };
  const wanted = amount ?? sale.amount;
  if (wanted < 1n || wanted > sale.amount)
    throw new SaleError(
      "bad-refund",
      TERMINAL.refusal.refundRange(number, shownMsat(sale.amount), shownMsat(wanted)),
    );
  const offer = await ask(node, store, sale, wanted);
  if ("reason" in offer) return { refused: refusal(offer.reason, offer.refunded, sale.amount) };
  store.refunding(number, offer.invoice, wanted, "card");
  return { sale: await payRefund({ node, store }, number, { invoice: offer.invoice, amount: wanted }) };
}

async function ask(
  node: CardRefundNode,
  store: SaleStore,
  { number, nodeUri, token, paymentHash, refundId }: Sale,
  amount: Msat,
): Promise<RefundOffer> {
  if (token === undefined || !nodeUri)
    throw new SaleError("bad-refund", TERMINAL.refusal.noCard(number), {
      hint: TERMINAL.refusal.toInvoice,
    });
  const request = async (id: Uint8Array): Promise<RefundOffer> => {
    const offer = await node
      .requestRefund({ uri: nodeUri, paymentHash, amount, refundId: id })
      .catch((cause: unknown) => {
        if (!(cause instanceof NodeError)) throw cause;
        throw notAnswered(cause.code, TERMINAL.refusal.cannotBeAsked(cause.message), cause);
      });
    return offer ?? Promise.reject(notAnswered("timeout", TERMINAL.refusal.doesNotAnswer));
  };
  // The id is durable before anybody hears it: a request after a crash finds the same invoice.
  const id = refundId ?? store.newRefundId(number, undefined, randomBytes(16));
  const offer = await request(id);
  if (!("reason" in offer) || !WORN_OUT.has(offer.reason)) return offer;
  return await request(store.newRefundId(number, id, randomBytes(16)));
}

const notAnswered = (code: NodeError["code"], problem: string, cause?: NodeError): NodeError =>
  new NodeError(code, TERMINAL.refusal.noAnswer(problem), {
    ...(cause ? { cause } : {}),
    hint: `${TERMINAL.refusal.tryLater} ${TERMINAL.refusal.toInvoice}`,
  });

/**
 * Why a refund is refused, in the words of this process.
 * @param refunded what the issuer has credited so far; @param amount of the sale
 */
export function refusal(code: number, refunded: Msat, amount: Msat): RefundRefused {
  const { name, merchant } = describeRefundReason(code);
  if (code !== REFUND_REASON.ABOVE_SALE) return { code, name, sentence: merchant, refunded };
  const { aboveSale, allRefunded } = SENTENCES.refund;
  const sentence =
    refunded < amount
      ? aboveSale(shownMsat(refunded), shownMsat(amount), shownMsat(amount - refunded))
      : allRefunded(shownMsat(amount));
  return { code, name, sentence, refunded };
}
