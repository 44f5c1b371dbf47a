import type { InvoiceState, LightningNode } from "./port.js";

/**
 * A node that also knows the invoices of its deputy's terminals that are forwarded here: they were made elsewhere, so it
 * cannot have them before they are paid (specs/09 §5).
 * @param deputyInvoice how an invoice that the node does not know stands; undefined: it is no deputy's either
 */
export const withDeputies = (
  node: LightningNode,
  deputyInvoice: (
    paymentHash: Uint8Array,
  ) => Extract<InvoiceState, { state: "open" | "expired" }> | undefined,
): LightningNode => ({
  info: () => node.info(),
  createInvoice: (request) => node.createInvoice(request),
  cancelInvoice: (paymentHash) => node.cancelInvoice(paymentHash),
  async lookupInvoice(paymentHash) {
    const own = await node.lookupInvoice(paymentHash);
    return own.state === "not-found" ? (deputyInvoice(paymentHash) ?? own) : own;
  },
  pay: (request) => node.pay(request),
  lookupPayment: (paymentHash) => node.lookupPayment(paymentHash),
  listPayments: (query) => node.listPayments(query),
  connect: (address, options) => node.connect(address, options),
  sendMessage: (peer, type, payload) => node.sendMessage(peer, type, payload),
  ...(node.keepPlace ? { keepPlace: (peer: Uint8Array) => node.keepPlace?.(peer) ?? Promise.resolve() } : {}),
  onMessage: (handler) => node.onMessage(handler),
  onDisconnected: (handler) => node.onDisconnected(handler),
  onInvoiceSettled: (handler) => node.onInvoiceSettled(handler),
  close: () => node.close(),
});
