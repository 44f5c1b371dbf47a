import { type Msat, msat } from "../../../common/index.js";
import type { PaymentState } from "../port.js";
import type { NodeStore } from "./store.js";

interface Row {
  state: "pending" | "settled" | "failed";
  preimage: Buffer | null;
  fee: string | null;
  reason: string | null;
}

/** What this node has paid or is paying, by payment hash. */
export class PaymentRows {
  readonly #store: NodeStore;

  constructor(store: NodeStore) {
    this.#store = store;
  }

  /** How the payment stands; `unknown` is one under way. */
  get(paymentHash: Uint8Array): PaymentState | undefined {
    const row = this.#store.first<Row>("SELECT * FROM payments WHERE payment_hash = ?", paymentHash);
    if (!row) return undefined;
    if (row.state === "settled" && row.preimage && row.fee !== null)
      return { state: "settled", preimage: new Uint8Array(row.preimage), fee: msat(BigInt(row.fee)) };
    if (row.state === "failed") return { state: "failed", reason: row.reason ?? "" };
    return { state: "unknown" };
  }

  /** A new try, in place of a failed one if there was one. */
  start(paymentHash: Uint8Array, invoice: string, amount: Msat, startedAt: number): void {
    this.#store.write(
      "INSERT OR REPLACE INTO payments (payment_hash, invoice, amount, started_at, state) VALUES (?, ?, ?, ?, 'pending')",
      paymentHash,
      invoice,
      amount.toString(),
      startedAt,
    );
  }

  settle(paymentHash: Uint8Array, preimage: Uint8Array, fee: Msat): void {
    this.#store.write(
      "UPDATE payments SET state = 'settled', preimage = ?, fee = ? WHERE payment_hash = ?",
      preimage,
      fee.toString(),
      paymentHash,
    );
  }

  fail(paymentHash: Uint8Array, reason: string): void {
    this.#store.write(
      "UPDATE payments SET state = 'failed', reason = ? WHERE payment_hash = ? AND state = 'pending'",
      reason,
      paymentHash,
    );
  }
}
