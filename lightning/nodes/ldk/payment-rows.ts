import { bytesToHex, hexToBytes, type Msat, msat } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { PaymentState, SentPaymentsPage } from "../port.js";
import type { NodeStore } from "./store.js";

/** Payments on one page of a list. */
const PAGE = 500;

interface Row {
  payment_hash: Buffer;
  amount: string;
  started_at: number;
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

  /** How the payment stands; `unknown` is one in flight. */
  get(paymentHash: Uint8Array): PaymentState | undefined {
    const row = this.#store.first<Row>("SELECT * FROM payments WHERE payment_hash = ?", paymentHash);
    return row && stateOf(row);
  }

  /**
   * Payments that began at or after `since`, Unix seconds, in the order of their beginning.
   * @throws NodeError `bad-request` for a page that there is not
   */
  list(since: number, page: string | undefined): SentPaymentsPage {
    const [startedAt, hash] = page === undefined ? [since, new Uint8Array()] : readPage(page);
    const rows = this.#store.all<Row>(
      "SELECT * FROM payments WHERE (started_at, payment_hash) > (?, ?) ORDER BY started_at, payment_hash LIMIT ?",
      startedAt,
      hash,
      PAGE,
    );
    const last = rows.length < PAGE ? undefined : rows.at(-1);
    return {
      payments: rows.map((row) => ({
        paymentHash: new Uint8Array(row.payment_hash),
        amount: msat(BigInt(row.amount)),
        startedAt: row.started_at,
        state: stateOf(row),
      })),
      next: last && `${last.started_at}:${bytesToHex(last.payment_hash)}`,
    };
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

function stateOf(row: Row): PaymentState {
  if (row.state === "settled" && row.preimage && row.fee !== null)
    return { state: "settled", preimage: new Uint8Array(row.preimage), fee: msat(BigInt(row.fee)) };
  if (row.state === "failed") return { state: "failed", reason: row.reason ?? "" };
  return { state: "unknown" };
}

/** Where a page begins: behind this beginning and payment hash. */
function readPage(page: string): [startedAt: number, paymentHash: Uint8Array] {
  const [, startedAt, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(page) ?? [];
  if (startedAt === undefined || hash === undefined)
    throw new NodeError("bad-request", "page: need the name of a next page, as an earlier page gave it");
  return [Number.parseInt(startedAt, 10), hexToBytes(hash)];
}
