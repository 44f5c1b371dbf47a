import type { Msat } from "../../common/msat.js";
import type { Invoice } from "../bolt11/types.js";
import type { Network } from "../network.js";

/** How a payment stands. Only `settled` and `failed` are final; `unknown` may still become either. */
export type PaymentState =
  | { readonly state: "settled"; readonly preimage: Uint8Array; readonly fee: Msat }
  /** Certain: the payment hash was not paid by this call and no part of it is in flight. */
  | { readonly state: "failed"; readonly reason: string }
  | { readonly state: "unknown" };

/** What the node knows of a payment hash; `not-found` is no proof of failure while somebody may still send. */
export type PaymentLookup = PaymentState | { readonly state: "not-found" };

/** A payment that this node began, for any caller, and how it stands. */
export interface SentPayment {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** What the payee gets, routing fees not counted. */
  readonly amount: Msat;
  /** When its latest attempt began, Unix seconds by the node's clock. */
  readonly startedAt: number;
  readonly state: PaymentState;
}

/** Some of the payments that were asked for. */
export interface SentPaymentsPage {
  readonly payments: readonly SentPayment[];
  /** Names the next page; undefined: this was the last. */
  readonly next: string | undefined;
}

export interface PaymentRequest {
  /** Canonical lower-case BOLT 11 string. */
  readonly invoice: string;
  /** The same invoice, where it was decoded before: the node need not do it again. Another one is not looked at. */
  readonly decoded?: Invoice;
  /** Only for an invoice without an amount. */
  readonly amount?: Msat;
  readonly maxFee: Msat;
  /** Most blocks from now until the last HTLC expires, 1..2016; absent: the node's own limit. */
  readonly maxCltv?: number;
  /** Milliseconds to wait for a final state before answering `unknown`; the payment goes on. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface CreatedInvoice {
  readonly invoice: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** How an invoice of this node stands. */
export type InvoiceState =
  | { readonly state: "open" }
  | {
      readonly state: "settled";
      readonly received: Msat;
      readonly preimage: Uint8Array;
      readonly settledAt: number;
    }
  | { readonly state: "cancelled" }
  | { readonly state: "expired" }
  | { readonly state: "not-found" };

export interface SettledInvoice {
  readonly paymentHash: Uint8Array;
  readonly preimage: Uint8Array;
  readonly received: Msat;
  /** Unix seconds. */
  readonly settledAt: number;
}

export interface NodeInfo {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly network: Network;
  readonly alias: string;
  /** `host:port`, as peers can reach it. */
  readonly addresses: readonly string[];
  /** What can be sent right now, over all usable channels. */
  readonly outbound: Msat;
  readonly inbound: Msat;
  /**
   * HTLCs that all usable channels together take at once from this node, those in flight included; a payment takes at
   * least one. Absent: not known.
   */
  readonly htlcSlots?: number;
  readonly blockHeight: number;
}

export interface PeerMessage {
  /** The sender's node id, 33 bytes. */
  readonly peer: Uint8Array;
  /** 32768..65535 */
  readonly type: number;
  readonly payload: Uint8Array;
}

export interface PeerAddress {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/**
 * A Lightning node as this project needs it. Adapters are thin; one contract test suite holds for all of them.
 * Every method rejects with NodeError and nothing else.
 */
export interface LightningNode {
  info(): Promise<NodeInfo>;
  /**
   * Makes an invoice; it is durable when this resolves.
   * @param request amount: at least 1 msat, absent: the payer chooses; description: at most 639 bytes;
   * expirySeconds: at least 1
   * @throws NodeError `bad-request`
   */
  createInvoice(request: {
    readonly amount?: Msat;
    readonly description: string;
    readonly expirySeconds: number;
  }): Promise<CreatedInvoice>;
  /**
   * Makes the invoice unpayable for ever; one that is cancelled already stays so.
   * @throws NodeError `already-settled` when it was paid before, `not-found`
   */
  cancelInvoice(paymentHash: Uint8Array): Promise<void>;
  lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState>;
  /**
   * Pays, at most once for a payment hash: a repeated call, also at the same time or after a restart, joins the
   * payment that exists and never sends a second one. After a certain failure a new call tries again. An expired
   * invoice and one of this node itself are certain failures.
   * @throws NodeError `bad-invoice`, `network` (of the invoice), `bad-request`: nothing was sent. Any other error
   * says nothing about the payment: treat it as `unknown`.
   */
  pay(request: PaymentRequest): Promise<PaymentState>;
  lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup>;
  /**
   * Payments of this node whose latest attempt began at `since` (Unix seconds) or later, failed ones included, in
   * pages of at most 1,000. Whatever is there when the first page is asked for is on one of the pages.
   * @param query page: `next` of the page before
   * @throws NodeError `bad-request` for a page that there is not
   */
  listPayments(query: {
    readonly since: number;
    readonly page?: string | undefined;
  }): Promise<SentPaymentsPage>;
  /** Connects to a peer, or does nothing when connected. @throws NodeError `unreachable`, `timeout` */
  connect(address: PeerAddress, options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Sends a custom message to a connected peer.
   * @param type of the project, 45001..45099; @param payload at most 65,533 bytes
   * @throws NodeError `not-connected`, `bad-request`
   */
  sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void>;
  /**
   * The peer has asked successfully: where connections are bounded, the node keeps a place for it from now on, also
   * after a restart. A node that bounds them by itself may leave this out.
   */
  keepPlace?(peer: Uint8Array): Promise<void>;
  /** Custom messages of the project's types from peers, in order. Returns the function that ends the subscription. */
  onMessage(handler: (message: PeerMessage) => void): () => void;
  /**
   * Node ids, 33 bytes, of peers whose connection has ended, for whatever reason: what was sent to them may have
   * arrived or not. Returns the function that ends the subscription.
   */
  onDisconnected(handler: (peer: Uint8Array) => void): () => void;
  /**
   * Invoices of this node as they settle, deputies' payments included: claimed for certain and durable. Those of a
   * time without subscriber are known to {@link lookupInvoice} only. Returns the function that ends the subscription.
   */
  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void;
  /** Stops gracefully; everything is durable when it resolves. A second call does nothing. */
  close(): Promise<void>;
}
