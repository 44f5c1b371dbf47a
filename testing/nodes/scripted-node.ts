import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, type Msat, msat, secp256k1, u32, utf8 } from "../../common/index.js";
import { decodeInvoice, encodeInvoice, type InvoiceContent } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { PaymentRequest, PaymentState, SentPaymentsPage } from "../../lightning/nodes/port.js";
import { FakeNetwork, FakeNode, type Routed } from "./fake-node.js";

/** How a payment goes. */
export type Behaviour =
  | "settle"
  | "fail"
  /** Answers `unknown`, then settles when {@link ScriptedNode.finish} is called. */
  | "stuck"
  /** Answers `unknown`, then fails when {@link ScriptedNode.finish} is called. */
  | "stuck-then-fails"
  /** The node cannot be reached; nothing was sent. */
  | "unreachable";

const SECRET = new Uint8Array(32).fill(0x21);
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

/** A node whose payments go as a test says. It knows the preimages of the invoices that it was given. */
export class ScriptedNode extends FakeNode {
  readonly #preimages = new Map<string, Uint8Array>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #fees = new Map<string, Msat | "highest">();
  /** How each payment goes that was asked for. */
  readonly #asked = new Map<string, Behaviour>();
  /** How what is stuck ends. */
  readonly #ends = new Map<string, () => PaymentState>();
  calls = 0;
  /** What routing costs; `highest`: the routing node takes all that the payment may cost. */
  fee: Msat | "highest" = msat(1000n);
  behaviour: Behaviour = "settle";
  delay: () => Promise<void> = async () => {};

  constructor(clock: () => number) {
    super(new FakeNetwork(), SECRET, clock);
  }

  /** Makes the preimages of the invoices with these numbers known. */
  learn(serials: Iterable<number>): void {
    for (const serial of serials) this.#preimages.set(hashOf(serial), preimageOf(serial));
  }

  /** Sets how one payment goes, by the number of its invoice. */
  set(serial: number, behaviour: Behaviour): void {
    this.#behaviours.set(hashOf(serial), behaviour);
  }

  /** Sets what routing one payment costs, by the number of its invoice. */
  setFee(serial: number, fee: Msat | "highest"): void {
    this.#fees.set(hashOf(serial), fee);
  }

  /** Ends what is stuck. */
  finish(): void {
    for (const [hash, payment] of this.payments) {
      const end = payment.state.state === "unknown" ? this.#ends.get(hash) : undefined;
      if (end) this.end(hash, payment, end());
    }
  }

  override async pay(request: PaymentRequest): Promise<PaymentState> {
    this.calls++;
    const hash = bytesToHex(decodeInvoice(request.invoice).paymentHash);
    const behaviour = this.#behaviours.get(hash) ?? this.behaviour;
    if (behaviour === "unreachable") throw unreachable();
    this.#asked.set(hash, behaviour);
    await this.delay();
    return await super.pay(request);
  }

  override async listPayments(query: {
    since: number;
    page?: string | undefined;
  }): Promise<SentPaymentsPage> {
    if (this.behaviour === "unreachable") throw unreachable();
    return await super.listPayments(query);
  }

  protected override async route({ hash, maxFee }: Routed): Promise<PaymentState> {
    const costs = this.#fees.get(hash) ?? this.fee;
    const fee = costs === "highest" ? maxFee : costs;
    if (fee > maxFee) return { state: "failed", reason: "no route within the allowed fee" };
    const preimage = this.#preimages.get(hash);
    const settle = (): PaymentState => {
      if (!preimage) throw new NodeError("internal", "the payee of this invoice is not there");
      return { state: "settled", preimage, fee };
    };
    const fail = (): PaymentState => ({ state: "failed", reason: "no route" });
    const behaviour = this.#asked.get(hash);
    if (behaviour === "settle") return settle();
    if (behaviour === "fail") return fail();
    this.#ends.set(hash, behaviour === "stuck" ? settle : fail);
    return { state: "unknown" };
  }
}

const hashOf = (serial: number): string => bytesToHex(sha256(preimageOf(serial)));
const unreachable = (): NodeError => new NodeError("unreachable", "the node does not answer");
