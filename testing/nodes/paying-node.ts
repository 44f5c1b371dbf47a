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
import { decodeInvoice, encodeInvoice, type InvoiceContent } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type {
  LightningNode,
  PaymentLookup,
  PaymentRequest,
  PaymentState,
  SentPaymentsPage,
} from "../../lightning/nodes/port.js";

/** How a payment goes. */
export type Behaviour =
  | "settle"
  | "fail"
  /** Answers `unknown`, then settles when {@link MemoryNode.finish} is called. */
  | "stuck"
  /** Answers `unknown`, then fails when {@link MemoryNode.finish} is called. */
  | "stuck-then-fails"
  /** The node cannot be reached; nothing was sent. */
  | "unreachable";

interface Payment {
  readonly amount: Msat;
  /** Unix seconds. */
  readonly startedAt: number;
  state: PaymentState;
  behaviour: Behaviour;
  fee: Msat;
}

const PAYEE_SECRET = new Uint8Array(32).fill(0x22);

/** The preimage of the invoice with this number, known to payee and node of the tests. */
export const preimageOf = (serial: number): Uint8Array => sha256(concatBytes(utf8("test"), u32(serial)));

/** A regtest invoice; equal arguments give the equal invoice. */
export function testInvoice(
  serial: number,
  amount: Msat | undefined,
  timestamp: number,
  content: Partial<InvoiceContent> & { network?: "bcrt" | "bc"; payeeSecret?: Uint8Array } = {},
): string {
  const { network = "bcrt", payeeSecret = PAYEE_SECRET, ...rest } = content;
  return encodeInvoice(
    { network, amount, timestamp },
    {
      paymentHash: sha256(preimageOf(serial)),
      paymentSecret: new Uint8Array(32).fill(0x55),
      description: `sale ${serial}`,
      expirySeconds: 3600,
      ...rest,
    },
    payeeSecret,
  );
}

/** Node id of the payee of {@link testInvoice}, lower-case hex. */
export const PAYEE = bytesToHex(secp256k1.publicKey(PAYEE_SECRET));

/**
 * The part of a Lightning node that the issuer uses, in memory: idempotent by payment hash, slow, failing or
 * silent on demand. It knows the preimages of the invoices it was told of.
 */
export class MemoryNode implements Pick<LightningNode, "pay" | "lookupPayment" | "listPayments"> {
  readonly #payments = new Map<string, Payment>();
  readonly #preimages = new Map<string, Uint8Array>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #fees = new Map<string, Msat | "highest">();
  /** How often money left for each payment hash: never more than once. */
  readonly sent = new Map<string, number>();
  calls = 0;
  /** What routing costs; `highest`: whoever routes takes all that the payment may cost. */
  fee: Msat | "highest" = msat(1000n);
  /** Of the list of sent payments. */
  pageSize = 100;
  behaviour: Behaviour = "settle";
  delay: () => Promise<void> = async () => {};
  clock: () => number;

  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** Makes the preimages of the invoices up to this number known. */
  learn(serials: Iterable<number>): void {
    for (const serial of serials) {
      const preimage = preimageOf(serial);
      this.#preimages.set(bytesToHex(sha256(preimage)), preimage);
    }
  }

  /** Sets how one payment goes, by the number of its invoice. */
  set(serial: number, behaviour: Behaviour): void {
    this.#behaviours.set(bytesToHex(sha256(preimageOf(serial))), behaviour);
  }

  /** Sets what routing one payment costs, by the number of its invoice. */
  setFee(serial: number, fee: Msat | "highest"): void {
    this.#fees.set(bytesToHex(sha256(preimageOf(serial))), fee);
  }

  /** Ends what is stuck. */
  finish(): void {
    for (const [hash, payment] of this.#payments)
      if (payment.state.state === "unknown")
        payment.state =
          payment.behaviour === "stuck" ? this.#settle(hash) : { state: "failed", reason: "no route" };
  }

  async pay(request: PaymentRequest): Promise<PaymentState> {
    this.calls++;
    const invoice = decodeInvoice(request.invoice);
    const hash = bytesToHex(invoice.paymentHash);
    const behaviour = this.#behaviours.get(hash) ?? this.behaviour;
    if (behaviour === "unreachable") throw new NodeError("unreachable", "the node does not answer");
    await this.delay();
    const there = this.#payments.get(hash);
    if (there && there.state.state !== "failed") return there.state;
    if (invoice.expiresAt * 1000 < this.clock()) return { state: "failed", reason: "invoice expired" };
    const amount = request.amount ?? invoice.amount ?? msat(0n);
    const startedAt = Math.floor(this.clock() / 1000);
    const costs = this.#fees.get(hash) ?? this.fee;
    const fee = costs === "highest" ? request.maxFee : costs;
    const payment: Payment = { amount, startedAt, state: { state: "unknown" }, behaviour, fee };
    this.#payments.set(hash, payment);
    if (payment.fee > request.maxFee) {
      payment.state = { state: "failed", reason: "no route within the allowed fee" };
      return payment.state;
    }
    if (behaviour === "settle") payment.state = this.#settle(hash);
    if (behaviour === "fail") payment.state = { state: "failed", reason: "no route" };
    return payment.state;
  }

  async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return this.#payments.get(bytesToHex(paymentHash))?.state ?? { state: "not-found" };
  }

  async listPayments(query: { since: number; page?: string | undefined }): Promise<SentPaymentsPage> {
    if (this.behaviour === "unreachable") throw new NodeError("unreachable", "the node does not answer");
    const all = [...this.#payments]
      .filter(([, { startedAt }]) => startedAt >= query.since)
      .map(([hash, { amount, startedAt, state }]) => {
        return { paymentHash: hexToBytes(hash), amount, startedAt, state };
      });
    const from = Number.parseInt(query.page ?? "0", 10);
    return {
      payments: all.slice(from, from + this.pageSize),
      next: from + this.pageSize < all.length ? String(from + this.pageSize) : undefined,
    };
  }

  #settle(hash: string): PaymentState {
    const preimage = this.#preimages.get(hash);
    if (!preimage) throw new NodeError("internal", "the payee of this invoice is not there");
    this.sent.set(hash, (this.sent.get(hash) ?? 0) + 1);
    const fee = this.#payments.get(hash)?.fee ?? msat(0n);
    return { state: "settled", preimage, fee };
  }
}
