import { bytesToHex, type Msat } from "../../common/index.js";
import { parseInvoice } from "../../lightning/bolt11/parse.js";
import { type DeputyKeys, DeputyRecipient, PaidFile, recomputeModern } from "../../lightning/dpp/index.js";
import type { PaymentRequest, PaymentState } from "../../lightning/nodes/port.js";
import { type FakeNetwork, FakeNode } from "../../testing/nodes/fake-node.js";

/** A merchant's node in memory that takes its deputy's payments as well, as specs/07 §9 has it. */
export class DeputyNode extends FakeNode {
  /** How often a preimage was given out for each payment hash, hex: never more than once. */
  readonly claims = new Map<string, number>();
  /** What payers read, by payment hash: their onions carry its metadata. */
  readonly #onions = new Map<string, string>();
  readonly #paid: PaidFile;
  readonly #recipient: DeputyRecipient;

  /** @param file of the deputy's paid invoices */
  constructor(
    network: FakeNetwork,
    secretKey: Uint8Array,
    clock: () => number,
    keys: DeputyKeys,
    file: string,
  ) {
    super(network, secretKey, clock);
    this.#paid = new PaidFile(file);
    const now = () => Math.floor(clock() / 1000);
    this.#recipient = new DeputyRecipient({ recompute: recomputeModern(keys), paid: this.#paid, now });
  }

  onion(paymentHash: Uint8Array, invoice: string): void {
    this.#onions.set(bytesToHex(paymentHash), invoice);
  }

  override settle(hash: string, received: Msat, quietly = false): Uint8Array | undefined {
    const preimage = this.invoices.has(hash)
      ? super.settle(hash, received, quietly)
      : this.#settleDeputys(hash, received, quietly);
    if (preimage) this.claims.set(hash, (this.claims.get(hash) ?? 0) + 1);
    return preimage;
  }

  #settleDeputys(hash: string, received: Msat, quietly: boolean): Uint8Array | undefined {
    const invoice = this.#onions.get(hash);
    if (invoice === undefined) return undefined;
    const { paymentHash, metadata, expiresAt } = parseInvoice(invoice);
    const preimage = this.#recipient.preimageFor({ paymentHash, received, proof: { metadata } });
    if (!preimage) return undefined;
    const created = { invoice, paymentHash, expiresAt };
    this.invoices.set(hash, { created, amount: received, preimage, state: { state: "open" } });
    return super.settle(hash, received, quietly);
  }

  override async close(): Promise<void> {
    this.#paid.end();
    await super.close();
  }
}

/** An issuer's node, whose payments bring the metadata of deputies' invoices along. */
export class PayerNode extends FakeNode {
  #merchant: DeputyNode | undefined;

  meets(merchant: DeputyNode): void {
    this.#merchant = merchant;
  }

  override pay(request: PaymentRequest): Promise<PaymentState> {
    this.#merchant?.onion(parseInvoice(request.invoice).paymentHash, request.invoice);
    return super.pay(request);
  }
}
