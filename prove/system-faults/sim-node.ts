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
  PaymentRequest,
  PaymentState,
  PeerMessage,
  SentPaymentsPage,
  SettledInvoice,
} from "../../lightning/nodes/port.js";
import type { SeededRandom } from "../../testing/random.js";
import type { Faults } from "./faults.js";
import type { VirtualTime } from "./virtual-time.js";

/** Nodes by their ids, hex, with the faults of the lines between them. */
export interface SimNetwork {
  readonly time: VirtualTime;
  readonly faults: Faults;
  readonly random: SeededRandom;
  readonly nodes: Map<string, SimNode>;
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
  /** Resolves when it is final. */
  readonly end: Promise<PaymentState>;
}

const ZERO = msat(0n);

/** A Lightning node: what it keeps is durable, what is under way goes on after it was down. */
export class SimNode {
  readonly nodeId: Uint8Array;
  readonly id: string;
  readonly invoices = new Map<string, Invoice>();
  readonly payments = new Map<string, Payment>();
  /** How often money left for each payment hash. */
  readonly sent = new Map<string, number>();
  readonly peers = new Set<string>();
  readonly messageHandlers = new Set<(message: PeerMessage) => void>();
  readonly disconnectedHandlers = new Set<(peer: Uint8Array) => void>();
  readonly settledHandlers = new Set<(settled: SettledInvoice) => void>();
  /** Sees every message that leaves. */
  onSend: ((type: number, payload: Uint8Array) => void) | undefined;
  isDown = false;
  /** Payments to this node that its owner keeps pending, by hash, until a moment of the simulated time. */
  readonly holding = new Map<string, number>();
  /** Unix milliseconds. */
  readonly clock: () => number;
  readonly #network: SimNetwork;
  readonly #secretKey: Uint8Array;

  constructor(network: SimNetwork, name: string, clock: () => number) {
    this.#network = network;
    this.#secretKey = sha256(utf8(name));
    this.clock = clock;
    this.nodeId = secp256k1.publicKey(this.#secretKey);
    this.id = bytesToHex(this.nodeId);
    network.nodes.set(this.id, this);
  }

  createInvoice(request: { amount?: Msat; description: string; expirySeconds: number }): CreatedInvoice {
    const preimage = sha256(concatBytes(this.#secretKey, u32(this.invoices.size)));
    const paymentHash = sha256(preimage);
    const timestamp = this.#seconds();
    const invoice = encodeInvoice(
      { network: "bcrt", timestamp, amount: request.amount },
      {
        paymentHash,
        paymentSecret: sha256(paymentHash),
        description: request.description,
        expirySeconds: request.expirySeconds,
      },
      this.#secretKey,
    );
    const created = { invoice, paymentHash, expiresAt: timestamp + request.expirySeconds };
    const { amount } = request;
    this.invoices.set(bytesToHex(paymentHash), { created, amount, preimage, state: { state: "open" } });
    return created;
  }

  cancelInvoice(paymentHash: Uint8Array): void {
    const known = this.invoices.get(bytesToHex(paymentHash));
    if (!known) throw new NodeError("not-found", "no such invoice");
    if (known.state.state === "settled") throw new NodeError("already-settled", "it was paid");
    known.state = { state: "cancelled" };
  }

  lookupInvoice(paymentHash: Uint8Array): InvoiceState {
    const known = this.invoices.get(bytesToHex(paymentHash));
    if (!known) return { state: "not-found" };
    const { state, created } = known;
    return state.state === "open" && created.expiresAt <= this.#seconds() ? { state: "expired" } : state;
  }

  /** Joins the payment that there is; starts one otherwise, and anew after a failure. */
  pay({ invoice, maxFee }: PaymentRequest): Payment {
    const { paymentHash, payee, amount, expiresAt } = decodeInvoice(invoice);
    const hash = bytesToHex(paymentHash);
    const there = this.payments.get(hash);
    if (there && there.state.state !== "failed") return there;
    const expired = expiresAt <= this.#seconds();
    const run = expired
      ? Promise.resolve<PaymentState>({ state: "failed", reason: "the invoice has expired" })
      : this.#send(hash, this.#network.nodes.get(bytesToHex(payee)), amount ?? ZERO, maxFee);
    const payment: Payment = {
      amount: amount ?? ZERO,
      startedAt: this.#seconds(),
      state: { state: "unknown" },
      end: run.then((state) => {
        payment.state = state;
        return state;
      }),
    };
    this.payments.set(hash, payment);
    return payment;
  }

  listPayments(since: number): SentPaymentsPage {
    const payments = [...this.payments]
      .filter(([, { startedAt }]) => startedAt >= since)
      .map(([hash, { amount, startedAt, state }]) => {
        return { paymentHash: hexToBytes(hash), amount, startedAt, state };
      });
    return { payments, next: undefined };
  }

  /** Connects two nodes that are both up. */
  connect(peer: Uint8Array): void {
    const other = this.#network.nodes.get(bytesToHex(peer));
    if (!other || other.isDown) throw new NodeError("unreachable", "nobody answers there");
    this.peers.add(other.id);
    other.peers.add(this.id);
  }

  disconnect(other: SimNode): void {
    this.#lose(other);
    other.#lose(this);
  }

  sendMessage(peer: Uint8Array, type: number, payload: Uint8Array): void {
    const { nodes, faults } = this.#network;
    const other = nodes.get(bytesToHex(peer));
    if (!other || !this.peers.has(other.id)) throw new NodeError("not-connected", "not connected");
    this.onSend?.(type, payload);
    for (let copies = faults.copies(); copies > 0; copies--) void this.#carry(other, type, payload);
  }

  /** A node that starts again has no connections. */
  restart(): void {
    for (const id of [...this.peers]) {
      const peer = this.#network.nodes.get(id);
      if (peer) this.disconnect(peer);
    }
  }

  #lose(peer: SimNode): void {
    if (!this.peers.delete(peer.id)) return;
    for (const handler of [...this.disconnectedHandlers]) handler(peer.nodeId);
  }

  async #carry(other: SimNode, type: number, payload: Uint8Array): Promise<void> {
    const { time, faults } = this.#network;
    await time.sleep(faults.delay());
    if (!this.peers.has(other.id) || other.isDown) return;
    for (const handler of [...other.messageHandlers]) handler({ peer: this.nodeId, type, payload });
  }

  /** An HTLC arrives. @returns the preimage, or undefined: it is failed back */
  #receive(hash: string, received: Msat): Uint8Array | undefined {
    const known = this.invoices.get(hash);
    if (known?.state.state !== "open" || known.created.expiresAt <= this.#seconds()) return undefined;
    if (known.amount !== undefined && received < known.amount) return undefined;
    const { preimage } = known;
    const settled = { received, preimage, settledAt: this.#seconds() };
    known.state = { state: "settled", ...settled };
    for (const handler of [...this.settledHandlers])
      handler({ paymentHash: known.created.paymentHash, ...settled });
    return preimage;
  }

  async #send(hash: string, payee: SimNode | undefined, amount: Msat, maxFee: Msat): Promise<PaymentState> {
    const { time, faults, random } = this.#network;
    await time.sleep(faults.routeDelay());
    if (!payee || faults.routeFails()) return { state: "failed", reason: "no route" };
    while (payee.isDown || (payee.holding.get(hash) ?? 0) > time.now) await time.sleep(1_000);
    const preimage = payee.#receive(hash, amount);
    await time.sleep(faults.routeDelay());
    while (this.isDown) await time.sleep(1_000);
    if (!preimage) return { state: "failed", reason: "refused by the payee" };
    this.sent.set(hash, (this.sent.get(hash) ?? 0) + 1);
    // Half of those who route take all that the payment may cost.
    const fee = random.oneIn(2) ? maxFee : msat(BigInt(random.below(4)) * (maxFee / 4n));
    return { state: "settled", preimage, fee };
  }

  #seconds(): number {
    return Math.floor(this.clock() / 1000);
  }
}
