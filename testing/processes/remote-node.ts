import type {
  CreatedInvoice,
  InvoiceState,
  LightningNode,
  NodeInfo,
  PaymentLookup,
  PaymentState,
  PeerMessage,
  SentPaymentsPage,
  SettledInvoice,
} from "../../lightning/nodes/port.js";
import { announce, type Caller, type Link, type Targets } from "./channel.js";

const METHODS = [
  "info",
  "createInvoice",
  "cancelInvoice",
  "lookupInvoice",
  "pay",
  "lookupPayment",
  "listPayments",
  "connect",
  "sendMessage",
] as const satisfies readonly (keyof LightningNode)[];

/** What {@link remoteNode} calls at the other end. */
export function nodeTargets(node: LightningNode): Targets {
  return { node: Object.fromEntries(METHODS.map((method) => [method, node[method].bind(node)])) };
}

/** Tells the other end of messages, lost peers and settled invoices. Returns the function that ends it. */
export function tellEvents(node: LightningNode, link: Link): () => void {
  const ends = [
    node.onInvoiceSettled((settled) => announce(link, "settled", settled)),
    node.onMessage((message) => announce(link, "message", message)),
    node.onDisconnected((peer) => announce(link, "disconnected", peer)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** A node that runs in the process at the other end. */
export function remoteNode(caller: Caller): LightningNode {
  const call = <T>(method: (typeof METHODS)[number], ...args: readonly unknown[]) =>
    caller.call<T>("node", method, ...args);
  return {
    info: () => call<NodeInfo>("info"),
    createInvoice: (request) => call<CreatedInvoice>("createInvoice", request),
    cancelInvoice: (paymentHash) => call<void>("cancelInvoice", paymentHash),
    lookupInvoice: (paymentHash) => call<InvoiceState>("lookupInvoice", paymentHash),
    pay: (request) => call<PaymentState>("pay", request),
    lookupPayment: (paymentHash) => call<PaymentLookup>("lookupPayment", paymentHash),
    listPayments: (query) => call<SentPaymentsPage>("listPayments", query),
    connect: (address, options) => call<void>("connect", address, options),
    sendMessage: (peer, type, payload) => call<void>("sendMessage", peer, type, payload),
    onMessage: (handler) => caller.on<PeerMessage>("message", handler),
    onDisconnected: (handler) => caller.on<Uint8Array>("disconnected", handler),
    onInvoiceSettled: (handler) => caller.on<SettledInvoice>("settled", handler),
    close: async () => undefined,
  };
}
