import type { ForwardedSale, ForwardLog } from "./forwarder.js";
import { type Sale, SaleError } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** The accepted sales of a terminal that forwards them by itself. */
export function acceptedLog(store: SaleStore): ForwardLog {
  const numberOf = (paymentHash: Uint8Array): number => {
    const sale = store.accepted.ofInvoice(paymentHash);
    if (!sale) throw new SaleError("not-found", "no accepted sale has an invoice of this payment hash");
    return sale.number;
  };
  return {
    loadInitiation: (paymentHash) => store.loadInitiation(paymentHash),
    saveInitiation: (paymentHash, state) => store.saveInitiation(paymentHash, state),
    due: (now, limit) => store.accepted.due(now, limit).flatMap(toForwarded),
    nextDue: () => store.accepted.nextDue(),
    paid: (paymentHash, received, paidAt) => void store.paid(numberOf(paymentHash), received, paidAt),
    refused: (paymentHash, reason) => void store.refused(numberOf(paymentHash), reason),
    later: (paymentHash, at) => void store.accepted.later(numberOf(paymentHash), at),
  };
}

const toForwarded = ({ invoice, paymentHash, invoiceUntil, token, nodeUri }: Sale): ForwardedSale[] =>
  token && nodeUri !== undefined ? [{ invoice, paymentHash, invoiceUntil, token, nodeUri }] : [];
