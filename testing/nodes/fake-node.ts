import { sha256 } from "@noble/hashes/sha2.js";
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  type Msat,
  msat,
  secp256k1,
  u32,
  utf8,
} from "../../common/index.js";
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

/** A payment on its way. */
export interface Routed {
  /** Of the payment, lower-case hex. */
  readonly hash: string;
  readonly amount: Msat;
  readonly maxFee: Msat;
  readonly payer: FakeNode;
  readonly payee: FakeNode | undefined;
  /** The HTLC arrives. @returns the preimage, or undefined when it is failed back */
  arrive(): Uint8Array | undefined;
}

/** What goes wrong between nodes. */
export interface NodeFaults {
  /** Brings a message to its receiver by `deliver`: late, twice or never. Without it: at the loop's next turn. */
  carry?(from: FakeNode, to: FakeNode, deliver: () => void): void;
  /** How a payment ends. Without it: it arrives at once and costs nothing. */
  route?(payment: Routed): Promise<PaymentState>;
}

/** Nodes that reach each other, by their ids, hex. */
export class FakeNetwork {
  readonly nodes = new Map<string, FakeNode>();
  readonly faults: NodeFaults;

  constructor(faults: NodeFaults = {}) {
    this.faults = faults;
  }

  node(name: string, clock?: () => number): FakeNode {
    return new FakeNode(this, sha256(utf8(name)), clock);
  }
}

interface Invoice {
  readonly created: CreatedInvoice;
  readonly amount: Msat | undefined;
  readonly preimage: Uint8Array;
  state: InvoiceState;
}

interface Payment {
  readonly amount: Msat;
  /** Unix seconds. */
  readonly startedAt: number;
  state: PaymentState;
  /** Resolves when {@link state} is as far as the payer waits for it. */
  readonly answered: Promise<void>;
}

const NOW = 1_700_000_000_000;
const ZERO = msat(0n);
const hexOf = bytesToHex;

/** The node port in memory: invoices and payments are idempotent, and faults decide what lines and routes do. */
export class FakeNode implements LightningNode {
  readonly nodeId: Uint8Array;
  readonly id: string;
  readonly invoices = new Map<string, Invoice>();
  readonly payments = new Map<string, Payment>();
  /** How often money left for each payment hash: never more than once. */
  readonly sent = new Map<string, number>();
  /** Messages that this node sent, oldest first. */
  readonly messages: PeerMessage[] = [];
  readonly dialed: PeerAddress[] = [];
  /** Node ids as hex of the peers for whom a place is kept. */
  readonly kept = new Set<string>();
  /** Sees every message that leaves, and may lose it. */
  onSend: ((message: PeerMessage) => "deliver" | "lose") | undefined;
  /** Decides about each payment instead of the network's faults. */
  onPay: ((hash: string) => Promise<"settle" | "fail" | "unknown">) | undefined;
  /** Nobody can connect to it. */
  isDown = false;
  /** Of the list of sent payments. */
  pageSize = 100;
  /** Unix milliseconds. */
  clock: () => number;
  readonly #network: FakeNetwork;
  readonly #secretKey: Uint8Array;
  readonly #peers = new Set<string>();
  readonly #messageHandlers = new Set<(message: PeerMessage) => void>();
  readonly #disconnectedHandlers = new Set<(peer: Uint8Array) => void>();
  readonly #settledHandlers = new Set<(settled: SettledInvoice) => void>();

  constructor(network: FakeNetwork, secretKey: Uint8Array, clock = () => NOW) {
    this.#network = network;
    this.#secretKey = secretKey;
    this.clock = clock;
    this.nodeId = secp256k1.publicKey(secretKey);
    this.id = hexOf(this.nodeId);
    network.nodes.set(this.id, this);
  }

  async info(): Promise<NodeInfo> {
    const addresses = ["127.0.0.1:9735"];
    const { nodeId } = this;
    return {
      ...{ nodeId, network: "bcrt", alias: "fake", addresses, blockHeight: 1 },
      ...{ outbound: ZERO, inbound: ZERO },
    };
  }

  async createInvoice(request: {
    amount?: Msat;
    description: string;
    expirySeconds: number;
  }): Promise<CreatedInvoice> {
    const preimage = sha256(concatBytes(this.#secretKey, u32(this.invoices.size)));
    const paymentHash = sha256(preimage);
    const timestamp = this.#seconds();
    const { amount, description, expirySeconds } = request;
    const invoice = encodeInvoice(
      { network: "bcrt", timestamp, amount },
      { paymentHash, paymentSecret: sha256(paymentHash), description, expirySeconds },
      this.#secretKey,
    );
    const created = { invoice, paymentHash, expiresAt: timestamp + expirySeconds };
    this.invoices.set(hexOf(paymentHash), { created, amount, preimage, state: { state: "open" } });
    return created;
  }

  async cancelInvoice(paymentHash: Uint8Array): Promise<void> {
    const known = this.invoices.get(hexOf(paymentHash));
    if (!known) throw new NodeError("not-found", "no such invoice");
    if (known.state.state === "settled") throw new NodeError("already-settled", "it was paid");
    if (known.state.state === "cancelled") throw new NodeError("already-cancelled", "it was cancelled");
    known.state = { state: "cancelled" };
  }

  async lookupInvoice(paymentHash: Uint8Array): Promise<InvoiceState> {
    const known = this.invoices.get(hexOf(paymentHash));
    if (!known) return { state: "not-found" };
    return this.#isExpired(known) ? { state: "expired" } : known.state;
  }

  expire(paymentHash: Uint8Array): void {
    const known = this.invoices.get(hexOf(paymentHash));
    if (known) known.state = { state: "expired" };
  }

  /** Joins the payment that there is; starts one otherwise, and another after a failure. */
  async pay(request: PaymentRequest): Promise<PaymentState> {
    const { paymentHash, payee, amount: asked, expiresAt } = decodeInvoice(request.invoice);
    const hash = hexOf(paymentHash);
    const there = this.payments.get(hash);
    const isThere = there !== undefined && there.state.state !== "failed";
    if (!isThere && expiresAt * 1000 < this.clock()) return { state: "failed", reason: "invoice expired" };
    const amount = request.amount ?? asked ?? ZERO;
    const to = this.#network.nodes.get(hexOf(payee));
    const payment = isThere ? there : this.#start(hash, to, amount, request.maxFee);
    await payment.answered;
    return payment.state;
  }

  async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return this.payments.get(hexOf(paymentHash))?.state ?? { state: "not-found" };
  }

  async listPayments(query: { since: number; page?: string | undefined }): Promise<SentPaymentsPage> {
    const all = [...this.payments]
      .filter(([, { startedAt }]) => startedAt >= query.since)
      .map(([hash, { amount, startedAt, state }]) => {
        return { paymentHash: hexToBytes(hash), amount, startedAt, state };
      });
    const from = Number.parseInt(query.page ?? "0", 10);
    const to = from + this.pageSize;
    return { payments: all.slice(from, to), next: to < all.length ? String(to) : undefined };
  }

  async connect(address: PeerAddress): Promise<void> {
    this.dialed.push(address);
    const peer = this.#network.nodes.get(hexOf(address.nodeId));
    if (!peer || peer.isDown) throw new NodeError("unreachable", "no answer from there");
    this.#peers.add(peer.id);
    peer.#peers.add(this.id);
  }

  disconnect(other: FakeNode): void {
    this.#lose(other);
    other.#lose(this);
  }

  /** A node that starts again has no connections. */
  disconnectAll(): void {
    for (const id of [...this.#peers]) this.disconnect(this.#network.nodes.get(id) ?? this);
  }

  isConnected(other: FakeNode): boolean {
    return this.#peers.has(other.id);
  }

  async keepPlace(peer: Uint8Array): Promise<void> {
    this.kept.add(hexOf(peer));
  }

  async sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): Promise<void> {
    const to = this.#network.nodes.get(hexOf(peer));
    if (!to || !this.isConnected(to)) throw new NodeError("not-connected", "not connected");
    const message = { peer: this.nodeId, type, payload };
    this.messages.push(message);
    if (this.onSend?.(message) === "lose") return;
    const deliver = () => to.receive(message);
    if (this.#network.faults.carry) this.#network.faults.carry(this, to, deliver);
    else setImmediate(deliver);
  }

  /** As if a peer had sent it. */
  receive(message: PeerMessage): void {
    for (const handler of [...this.#messageHandlers]) handler(message);
  }

  onMessage(handler: (message: PeerMessage) => void): () => void {
    return subscribe(this.#messageHandlers, handler);
  }

  onDisconnected(handler: (peer: Uint8Array) => void): () => void {
    return subscribe(this.#disconnectedHandlers, handler);
  }

  onInvoiceSettled(handler: (settled: SettledInvoice) => void): () => void {
    return subscribe(this.#settledHandlers, handler);
  }

  async close(): Promise<void> {
    for (const handlers of [this.#messageHandlers, this.#disconnectedHandlers, this.#settledHandlers])
      handlers.clear();
  }

  /** An HTLC arrives. @returns the preimage, or undefined when it is failed back */
  settle(hash: string, received: Msat, quietly = false): Uint8Array | undefined {
    const known = this.invoices.get(hash);
    if (known?.state.state !== "open" || this.#isExpired(known)) return undefined;
    if (known.amount !== undefined && received < known.amount) return undefined;
    const { preimage } = known;
    const settled = { received, preimage, settledAt: this.#seconds() };
    known.state = { state: "settled", ...settled };
    const { paymentHash } = known.created;
    if (!quietly) for (const handler of [...this.#settledHandlers]) handler({ paymentHash, ...settled });
    return preimage;
  }

  /** How a payment that starts ends. */
  protected async route(payment: Routed): Promise<PaymentState> {
    const decision = (await this.onPay?.(payment.hash)) ?? "settle";
    if (decision === "unknown") return { state: "unknown" };
    if (this.#network.faults.route) return await this.#network.faults.route(payment);
    const preimage = decision === "settle" ? payment.arrive() : undefined;
    return preimage
      ? { state: "settled", preimage, fee: ZERO }
      : { state: "failed", reason: "refused by the payee" };
  }

  /** Whatever it was before, this is how a payment ended. */
  protected end(hash: string, payment: Payment, state: PaymentState): void {
    if (state.state === "settled") this.sent.set(hash, (this.sent.get(hash) ?? 0) + 1);
    payment.state = state;
  }

  #start(hash: string, payee: FakeNode | undefined, amount: Msat, maxFee: Msat): Payment {
    const arrive = () => payee?.settle(hash, amount);
    const routed = this.route({ hash, amount, maxFee, payer: this, payee, arrive });
    const payment: Payment = {
      ...{ amount, startedAt: this.#seconds(), state: { state: "unknown" } },
      answered: routed.then((state) => this.end(hash, payment, state)),
    };
    this.payments.set(hash, payment);
    return payment;
  }

  #isExpired({ state, created }: Invoice): boolean {
    return state.state === "open" && created.expiresAt <= this.#seconds();
  }

  #lose(other: FakeNode): void {
    if (!this.#peers.delete(other.id)) return;
    for (const handler of [...this.#disconnectedHandlers]) handler(other.nodeId);
  }

  #seconds(): number {
    return Math.floor(this.clock() / 1000);
  }
}

function subscribe<T>(handlers: Set<T>, handler: T): () => void {
  handlers.add(handler);
  return () => void handlers.delete(handler);
}
