import { type Msat, msat } from "../../../common/index.js";
import type { NodeStore } from "./store.js";

/** `claiming`: decided and handed to LDK; becomes `settled` when LDK has claimed it for certain. */
export type StoredInvoiceState = "open" | "claiming" | "settled" | "cancelled";

export interface StoredInvoice {
  readonly preimage: Uint8Array;
  /** Absent: the payer chose. */
  readonly amount: Msat | undefined;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly state: StoredInvoiceState;
  readonly received: Msat | undefined;
  /** Unix seconds. */
  readonly settledAt: number | undefined;
}

interface Row {
  preimage: Buffer;
  amount: string | null;
  expires_at: number;
  state: StoredInvoiceState;
  received: string | null;
  settled_at: number | null;
}

const amountOf = (text: string | null): Msat | undefined => (text === null ? undefined : msat(BigInt(text)));

/** What this node has asked to be paid, and deputy payments that it took, by payment hash. */
export class InvoiceRows {
  readonly #store: NodeStore;

  constructor(store: NodeStore) {
    this.#store = store;
  }

  get(paymentHash: Uint8Array): StoredInvoice | undefined {
    const row = this.#store.first<Row>("SELECT * FROM invoices WHERE payment_hash = ?", paymentHash);
    return (
      row && {
        preimage: new Uint8Array(row.preimage),
        amount: amountOf(row.amount),
        expiresAt: row.expires_at,
        state: row.state,
        received: amountOf(row.received),
        settledAt: row.settled_at ?? undefined,
      }
    );
  }

  insert(invoice: {
    paymentHash: Uint8Array;
    preimage: Uint8Array;
    /** Absent for a deputy payment: its invoice was never here. */
    text?: string;
    amount: Msat | undefined;
    expiresAt: number;
    state: StoredInvoiceState;
  }): void {
    this.#store.write(
      "INSERT INTO invoices (payment_hash, invoice, preimage, amount, expires_at, state) VALUES (?, ?, ?, ?, ?, ?)",
      invoice.paymentHash,
      invoice.text ?? null,
      invoice.preimage,
      invoice.amount?.toString() ?? null,
      invoice.expiresAt,
      invoice.state,
    );
  }

  setState(paymentHash: Uint8Array, state: "claiming" | "cancelled"): void {
    this.#store.write("UPDATE invoices SET state = ? WHERE payment_hash = ?", state, paymentHash);
  }

  settle(paymentHash: Uint8Array, received: Msat, settledAt: number): void {
    this.#store.write(
      "UPDATE invoices SET state = 'settled', received = ?, settled_at = ? WHERE payment_hash = ?",
      received.toString(),
      settledAt,
      paymentHash,
    );
  }
}
