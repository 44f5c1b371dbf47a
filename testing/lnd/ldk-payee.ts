import { bytesToHex, type Msat, sat } from "../../common/index.js";
import type { PaymentState } from "../../lightning/nodes/port.js";
import type { LdkOnBtcd } from "./ldk-on-btcd.js";

/** An invoice of the embedded node, with what the payer's side has said of it last. */
interface Billed {
  readonly paymentHash: Uint8Array;
  readonly amount: Msat;
  state: PaymentState["state"] | undefined;
}

/** What an embedded node has billed, against what its payer says that it has paid. */
export class LdkPayee {
  readonly #network: LdkOnBtcd;
  readonly #billed = new Map<string, Billed>();
  #received = 0n;

  constructor(network: LdkOnBtcd) {
    this.#network = network;
    network.ldk.onInvoiceSettled(({ paymentHash, received }) => {
      if (this.#billed.has(bytesToHex(paymentHash))) this.#received += received;
    });
  }

  async bill(amount = sat(100)): Promise<{ readonly invoice: string; readonly paymentHash: Uint8Array }> {
    const request = { amount, description: "beer", expirySeconds: 3_600 };
    const { invoice, paymentHash } = await this.#network.ldk.createInvoice(request);
    this.#billed.set(bytesToHex(paymentHash), { paymentHash, amount, state: undefined });
    return { invoice, paymentHash };
  }

  /** Notes what the payer's side says of a payment in the end. */
  note(paymentHash: Uint8Array, state: PaymentState["state"]): void {
    const billed = this.#billed.get(bytesToHex(paymentHash));
    if (billed) billed.state = state;
  }

  /** What does not fit: a payment that is called settled and did not arrive, or arrived and is not called so. */
  async contradictions(): Promise<readonly string[]> {
    const found: string[] = [];
    let settled = 0n;
    for (const [hash, { paymentHash, amount, state }] of this.#billed) {
      const here = await this.#network.ldk.lookupInvoice(paymentHash);
      const isPaid = here.state === "settled";
      if (isPaid) settled += here.received;
      if (isPaid && here.received !== amount) found.push(`${hash} received ${here.received}, not ${amount}`);
      if (isPaid !== (state === "settled")) found.push(`${hash} is ${here.state}, its payer says ${state}`);
    }
    if (settled !== this.#received)
      found.push(`${this.#received} msat were reported, ${settled} are settled`);
    return found;
  }
}
