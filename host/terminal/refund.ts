import { type Msat, msat, sat } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { decodeInvoice, invoiceProblem } from "../../lightning/bolt11/index.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import type { RefundNode } from "./refund-node.js";
import { type Refund, type Sale, SaleError } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** Routing fees of a refund may be 10 sat and one percent. */
const maxFeeOf = (amount: Msat): Msat => msat(sat(10) + amount / 100n);

/**
 * Pays money of a paid sale back to an invoice that the customer gives. Durable before the money leaves, once
 * for a sale; the same call again goes on with the same payment.
 * @param invoice canonical BOLT 11
 * @returns the sale; its refund is `pending` when the node does not know the outcome yet
 * @throws SaleError `bad-refund`, `wrong-state`, `not-found`; InvoiceError, ParseError; NodeError
 */
export async function refundSale(
  { node, store, now = Date.now }: { node: RefundNode; store: SaleStore; now?: () => number },
  number: number,
  invoice: string,
): Promise<Sale> {
  const sale = paidSale(store, number);
  const again = sale.refund?.invoice === invoice ? sale.refund : undefined;
  if (again?.state === "paid") return sale;
  const amount = again?.amount ?? (await checkRefund(node, sale, invoice, Math.floor(now() / 1000)));
  store.refunding(number, invoice, amount, again?.to ?? "invoice");
  return await payRefund({ node, store }, number, { invoice, amount });
}

/** @throws SaleError `not-found`, `wrong-state` */
export function paidSale(store: SaleStore, number: number): Sale {
  const sale = store.get(number);
  if (sale.state !== "paid") throw new SaleError("wrong-state", TERMINAL.refusal.notPaid(number, sale.state));
  return sale;
}

/**
 * Pays a refund that the store has, or goes on with it.
 * @throws SaleError `bad-refund` when it failed for certain: it is forgotten then; NodeError
 */
export async function payRefund(
  { node, store }: { node: RefundNode; store: SaleStore },
  number: number,
  { invoice, amount }: Pick<Refund, "invoice" | "amount">,
): Promise<Sale> {
  const result = await node.pay({ invoice, maxFee: maxFeeOf(amount) }).catch((cause: unknown) => {
    if (!(cause instanceof NodeError) || !UNUSABLE.has(cause.code)) throw cause;
    return { state: "failed" as const, reason: cause.message };
  });
  if (result.state === "settled") return store.refunded(number);
  if (result.state === "unknown") return store.get(number);
  const { to } = store.get(number).refund ?? {};
  store.refundFailed(number);
  throw new SaleError("bad-refund", TERMINAL.refusal.refundFailed(number, result.reason), {
    hint: to === "card" ? TERMINAL.refusal.againOrInvoice : TERMINAL.refusal.anotherInvoice,
  });
}

/** The node cannot use the invoice at all: nothing was sent, and nothing ever will be. */
const UNUSABLE: ReadonlySet<NodeErrorCode> = new Set(["bad-invoice", "bad-request", "network"]);

async function checkRefund(node: RefundNode, sale: Sale, text: string, now: number): Promise<Msat> {
  const invoice = decodeInvoice(text);
  const problem = invoiceProblem(invoice, { network: (await node.info()).network, now });
  if (problem) throw problem;
  const most = sale.received ?? sale.amount;
  if (invoice.amount === undefined || invoice.amount > most)
    throw new SaleError(
      "bad-refund",
      TERMINAL.refusal.invoiceTooHigh(
        sale.number,
        shownMsat(most),
        invoice.amount === undefined ? TERMINAL.refusal.noAmount : shownMsat(invoice.amount),
      ),
    );
  // A node pays a payment hash once: a second refund to it would look paid without any money leaving.
  const { state } = await node.lookupPayment(invoice.paymentHash);
  if (state !== "not-found" && state !== "failed")
    throw new SaleError("bad-refund", TERMINAL.refusal.paidBefore(sale.number), {
      hint: TERMINAL.refusal.newInvoice,
    });
  return invoice.amount;
}
