import type { Msat } from "../../common/msat.js";
import { NOT_ASKED } from "../../lightning/api/initiation.js";
import type { RefundOffer } from "../../lightning/api/refund-offer.js";
import { openPaymentSender, type SenderOptions } from "../../lightning/api/sender.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode, NodeInfo, PaymentLookup } from "../../lightning/nodes/port.js";

/** What a refund needs of a node; {@link LightningNode} has it, and a process that runs one can be asked for it. */
export interface RefundNode {
  info(): Promise<Pick<NodeInfo, "network">>;
  lookupPayment(paymentHash: Uint8Array): Promise<{ readonly state: PaymentLookup["state"] }>;
  pay(request: {
    readonly invoice: string;
    readonly maxFee: Msat;
  }): Promise<
    | { readonly state: "settled" }
    | { readonly state: "unknown" }
    | { readonly state: "failed"; readonly reason: string }
  >;
}

/** A refund to the card that paid, as its node is asked for it. */
export interface CardRefundAsk {
  /** Of the card's node, from the card: untrusted. */
  readonly uri: string;
  /** Of the sale's invoice, 32 bytes. */
  readonly paymentHash: Uint8Array;
  readonly amount: Msat;
  /** 16 bytes. */
  readonly refundId: Uint8Array;
}

/** A node by which a refund to a card can be asked for as well. */
export interface CardRefundNode extends RefundNode {
  /** @returns undefined when no answer came in time: nothing was paid */
  requestRefund(ask: CardRefundAsk): Promise<RefundOffer | undefined>;
}

/** Nothing is asked to be paid here. */
const NO_LOG = { loadInitiation: () => NOT_ASKED, saveInitiation: () => undefined };

/**
 * Asks the node of a card for an invoice by which a sale is refunded to the card, with the preimage of the sale's own
 * invoice (specs/08 §12).
 * @throws NodeError `not-found` when the own invoice is not settled; else as {@link PaymentSender.requestRefund}
 */
export async function requestRefund(
  node: LightningNode,
  { uri, paymentHash, amount, refundId }: CardRefundAsk,
  options: SenderOptions = {},
): Promise<RefundOffer | undefined> {
  const own = await node.lookupInvoice(paymentHash);
  if (own.state !== "settled") throw new NodeError("not-found", "the node knows no payment of this sale");
  const sender = await openPaymentSender(node, NO_LOG, options);
  try {
    const request = { paymentHash, preimage: own.preimage, amount, refundId };
    return await sender.requestRefund(parseNodeUri(uri), request);
  } finally {
    sender.close();
  }
}

/** A node of this process, for refunds of either kind. */
export const refundNode = (node: LightningNode, options?: SenderOptions): CardRefundNode => ({
  info: () => node.info(),
  lookupPayment: (paymentHash) => node.lookupPayment(paymentHash),
  pay: (request) => node.pay(request),
  requestRefund: (ask) => requestRefund(node, ask, options),
});
