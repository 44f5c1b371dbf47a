import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, type Msat, msat, secp256k1, utf8 } from "../../common/index.js";
import { decodeInvoice, encodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type {
  CreatedInvoice,
  InvoiceState,
  LightningNode,
  NodeInfo,
  PaymentLookup,
  PaymentRequest,
  PaymentState,
  PeerAddress,
  PeerMessage,
  SentPaymentsPage,
  SettledInvoice,
} from "../../lightning/nodes/port.js";

const NOW = 1_700_000_000;
const ZERO = msat(0n);

/** Nodes that keep the port and nothing more, so that a test decides what the wire loses and how long it takes. */
export class MemoryNetwork {
  readonly nodes = new Map<string, MemoryNode>();

  node(name: string): MemoryNode {
    const node = new MemoryNode(this, sha256(utf8(name)));
    this.nodes.set(bytesToHex(node.nodeId), node);
    return node;
  }
}

export class MemoryNode implements LightningNode {
  readonly nodeId: Uint8Array;
  /** Messages that this node sent, oldest first. */
  readonly sent: PeerMessage[] = [];
  /** How often each payment hash was really paid. */
  readonly paid = new Map<string, number>();
  /** Set to have the next message fail or vanish. */
  onSend: ((message: PeerMessage) => "deliver" | "lose") | undefined;
  /** Set to decide about each payment instead of settling it. */
  onPay: ((hash: string) => Promise<"settle" | "fail" | "unknown">) | undefined;
  /** Node ids as hex of the peers for whom a place is kept. */
  readonly kept = new Set<string>();
  reachable = true;
  dialed: PeerAddress[] = [];
  private readonly network: MemoryNetwork;
  private readonly secretKey: Uint8Array;
  private readonly invoices = new Map<
    string,
    { created: CreatedInvoice; preimage: Uint8Array; state: InvoiceState }
  >();
  private readonly payments = new Map<string, Promise<PaymentState>>();
  /** What was handed to {@link pay}, with the state that is known of it. */
  private readonly began = new Map<string, { amount: Msat; state: PaymentState }>();
  private readonly peers = new Set<string>();
  private readonly messageHandlers = new Set<(message: PeerMessage) => void>();
  private readonly disconnectedHandlers = new Set<(peer: Uint8Array) => void>();
  private readonly settledHandlers = new Set<(settled: SettledInvoice) => void>();

  constructor(network: MemoryNetwork, secretKey: Uint8Array) {
    this.network = network;
    this.secretKey = secretKey;
    this.nodeId = secp256k1.publicKey(secretKey);
  }

  async info(): Promise<NodeInfo> {
    return {
      nodeId: this.nodeId,
      network: "bcrt",
      alias: "memory",
      addresses: ["127.0.0.1:9735"],
      outbound: ZERO,
      inbound: ZERO,
      blockHeight: 1,
    };
  }

  async createInvoice(request: {
    amount?: Msat;
    description: string;
    expirySeconds: number;
  }): Promise<CreatedInvoice> {
    const preimage = sha256(concatBytes(this.secretKey, Uint8Array.of(this.invoices.size)));
    const paymentHash = sha256(preimage);
    const invoice = encodeInvoice(
      { network: "bcrt", timestamp: NOW, amount: request.amount },
      {
        paymentHash,
        paymentSecret: sha256(paymentHash),
        description: request.description,
        expirySeconds: request.expirySeconds,
      },
      this.secretKey,
    );
    const created = { invoice, paymentHash, expiresAt: NOW + request.expirySeconds };
    this.invoices.set(bytesToHex(paymentHash), { created, preimage, state: { state: "open" } });
    return created;
  }

  async cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    const known = this.invoices.get(bytesToHex(paymentHash));
    if (!known) throw new NodeError("not-found", "no such invoice");
    if (known.state.state === "settled") throw new NodeError("already-settled", "paid");
    if (known.state.state === "cancelled") throw new NodeError("already-cancelled", "cancelled");
    known.state = { state: "cancelled" };
  }

  async lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    return this.invoices.get(bytesToHex(paymentHash))?.state ?? { state: "not-found" };
  }

  expire(paymentHash: Uint8Array): void {
    const known = this.invoices.get(bytesToHex(paymentHash));
    if (known) known.state = { state: "expired" };
  }

  pay({ invoice }: PaymentRequest): Promise<PaymentState> {
    const { paymentHash, payee, amount } = decodeInvoice(invoice);
    const hash = bytesToHex(paymentHash);
    const under = this.payments.get(hash);
    if (under) return under;
    const payment = this.sendPayment(hash, this.network.nodes.get(bytesToHex(payee)), amount ?? ZERO);
    this.payments.set(hash, payment);
    const began = { amount: amount ?? ZERO, state: { state: "unknown" } as PaymentState };
    this.began.set(hash, began);
    void payment.then((state) => {
      began.state = state;
    });
    return payment;
  }

  async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return (await this.payments.get(bytesToHex(paymentHash))) ?? { state: "not-found" };
  }

  async listPayments({ since }: { readonly since: number }): Promise<SentPaymentsPage> {
    const payments = [...this.began].map(([hash, { amount, state }]) => {
      return { paymentHash: hexToBytes(hash), amount, startedAt: NOW, state };
    });
    return { payments: since > NOW ? [] : payments, next: undefined };
  }

  async connect(address: PeerAddress): Promise<void> {
    this.dialed.push(address);
    const peer = this.network.nodes.get(bytesToHex(address.nodeId));
    if (!peer?.reachable) throw new NodeError("unreachable", "nobody there");
    this.peers.add(bytesToHex(peer.nodeId));
    peer.peers.add(bytesToHex(this.nodeId));
  }

  disconnect(other: MemoryNode): void {
    this.lose(other);
    other.lose(this);
  }

  async keepPlace(peer: Uint8Array): Promise<void> {
    this.kept.add(bytesToHex(peer));
  }

  async sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    const to = bytesToHex(peer);
    if (!this.peers.has(to)) throw new NodeError("not-connected", "not connected");
    const message = { peer: this.nodeId, type, payload };
    this.sent.push(message);
    if (this.onSend?.(message) === "lose") return;
    setImmediate(() => this.network.nodes.get(to)?.receive(message));
  }

  /** As if a peer had sent it. */
  receive(message: PeerMessage): void {
    for (const handler of this.messageHandlers) handler(message);
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    this.messageHandlers.add(handler);
    return () => this.messageHandlers.delete(handler);
  }

  onDisconnected(handler: (peer: Uint8Array) => void): () => void {
    this.disconnectedHandlers.add(handler);
    return () => this.disconnectedHandlers.delete(handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    this.settledHandlers.add(handler);
    return () => this.settledHandlers.delete(handler);
  }

  async close(): Promise<void> {
    this.messageHandlers.clear();
    this.disconnectedHandlers.clear();
    this.settledHandlers.clear();
  }

  /** An HTLC arrives. @returns the preimage, or undefined when it is failed back */
  settle(hash: string, received: Msat, quietly = false): Uint8Array | undefined {
    const known = this.invoices.get(hash);
    if (known?.state.state !== "open") return undefined;
    const { preimage } = known;
    known.state = { state: "settled", received, preimage, settledAt: NOW + 1 };
    const settled = { paymentHash: known.created.paymentHash, preimage, received, settledAt: NOW + 1 };
    if (!quietly) for (const handler of this.settledHandlers) handler(settled);
    return preimage;
  }

  private lose(other: MemoryNode): void {
    if (!this.peers.delete(bytesToHex(other.nodeId))) return;
    for (const handler of this.disconnectedHandlers) handler(other.nodeId);
  }

  private async sendPayment(
    hash: string,
    payee: MemoryNode | undefined,
    amount: Msat,
  ): Promise<PaymentState> {
    const decision = (await this.onPay?.(hash)) ?? "settle";
    if (decision === "unknown") return { state: "unknown" };
    const preimage = decision === "settle" ? payee?.settle(hash, amount) : undefined;
    if (!preimage) {
      this.payments.delete(hash);
      return { state: "failed", reason: "refused by the payee" };
    }
    this.paid.set(hash, (this.paid.get(hash) ?? 0) + 1);
    return { state: "settled", preimage, fee: ZERO };
  }
}
