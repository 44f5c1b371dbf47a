import { formatNodeUri, type NodeUri } from "../../lightning/node-uri.js";
import type { ForwardedSale, ForwardLog } from "./forwarder.js";
import { isFinal, type Sale, SaleError } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** With which a canonical node URI begins. */
const NODE_ID_DIGITS = 66;

/**
 * The accepted sales of a terminal that forwards them by itself. What became of one may arrive on a stick while it is being
 * forwarded: then that stands.
 * @param nodes that installed packs name now: a node may have another address than when a sale was accepted
 */
export function acceptedLog(store: SaleStore, nodes: () => readonly NodeUri[] = () => []): ForwardLog {
  const saleOf = (paymentHash: Uint8Array): Sale => {
    const sale = store.accepted.ofInvoice(paymentHash);
    if (!sale) throw new SaleError("not-found", "no accepted sale has an invoice of this payment hash");
    return sale;
  };
  return {
    loadInitiation: (paymentHash) => store.loadInitiation(paymentHash),
    saveInitiation(paymentHash, state) {
      if (!isFinal(saleOf(paymentHash))) store.saveInitiation(paymentHash, state);
    },
    due: (now, limit) => {
      const sales = store.accepted.due(now, limit);
      if (sales.length === 0) return [];
      const known = nodes().map(formatNodeUri);
      return sales.flatMap((sale) => toForwarded(sale, known));
    },
    nextDue: () => store.accepted.nextDue(),
    paid(paymentHash, received, paidAt) {
      const { number, state } = saleOf(paymentHash);
      if (state !== "paid") store.paid(number, received, paidAt);
    },
    refused(paymentHash, reason) {
      const sale = saleOf(paymentHash);
      if (!isFinal(sale)) store.refused(sale.number, reason);
    },
    later: (paymentHash, at) => void store.accepted.later(saleOf(paymentHash).number, at),
  };
}

function toForwarded(
  { invoice, paymentHash, invoiceUntil, token, nodeUri }: Sale,
  known: readonly string[],
): ForwardedSale[] {
  if (!token || nodeUri === undefined) return [];
  const ofNode = known.filter((uri) => uri.slice(0, NODE_ID_DIGITS) === nodeUri.slice(0, NODE_ID_DIGITS));
  const now = ofNode.includes(nodeUri) ? nodeUri : (ofNode[0] ?? nodeUri);
  return [{ invoice, paymentHash, invoiceUntil, token, nodeUri: now }];
}
