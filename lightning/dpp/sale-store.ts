import { msat } from "../../common/msat.js";
import { SqliteFile, type SqliteValue } from "../../common/sqlite-file.js";
import { deputyFile } from "./deputy-file.js";
import type { DeputyInvoice } from "./invoice.js";

/** How a sale stands. An open one whose time is over is not accepted either. */
export type SaleState = "open" | "paid" | "cancelled";

/** A sale of the point of sale. */
export interface Sale extends DeputyInvoice {
  readonly state: SaleState;
  /** Unix seconds since which it is paid or cancelled. */
  readonly closedAt: number | undefined;
}

/** Where a point of sale keeps its sales. Whatever returns is durable. */
export interface SaleStore {
  add(sale: DeputyInvoice): void;
  /** Open sales, oldest first. */
  open(): Sale[];
  /** Paid and cancelled ones, the one that was closed last first, whatever the clock said; at most `limit`. */
  closed(limit: number): Sale[];
  /** From open to closed. @returns false when the sale is not there or not open any more */
  close(paymentHash: Uint8Array, state: "paid" | "cancelled", at: number): boolean;
  /** Forgets open sales that ended before `before` (Unix seconds). */
  forgetExpired(before: number): void;
}

/** Closed sales that are kept; older ones are forgotten. */
export const MAX_CLOSED_SALES = 10_000;

const FORM = deputyFile(
  "a file of open sales",
  0x63715053, // "cqPS"
  [
    `CREATE TABLE sales (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      payment_hash BLOB NOT NULL UNIQUE CHECK (length(payment_hash) = 32),
      invoice TEXT NOT NULL,
      amount INTEGER,
      description TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
      closed_at INTEGER
    ) STRICT;
    CREATE INDEX sales_by_state ON sales (state, closed_at);`,
    // The clock of a board without a clock module goes back at a power cut, so it does not say which sale closed last.
    `ALTER TABLE sales ADD COLUMN closing INTEGER;
    UPDATE sales SET closing = ranked.closing FROM
      (SELECT number, row_number() OVER (ORDER BY closed_at, number) AS closing
       FROM sales WHERE state <> 'open') AS ranked
      WHERE ranked.number = sales.number;
    DROP INDEX sales_by_state;
    CREATE INDEX sales_by_state ON sales (state, number);
    CREATE UNIQUE INDEX sales_by_closing ON sales (closing);`,
  ],
);

interface Row {
  readonly payment_hash: Uint8Array;
  readonly invoice: string;
  readonly amount: bigint | null;
  readonly description: string;
  readonly created_at: bigint;
  readonly expires_at: bigint;
  readonly state: SaleState;
  readonly closed_at: bigint | null;
}

const fromRow = (row: Row): Sale => ({
  paymentHash: Uint8Array.from(row.payment_hash),
  invoice: row.invoice,
  amount: row.amount === null ? undefined : msat(row.amount, "amount"),
  description: row.description,
  createdAt: Number(row.created_at),
  expiresAt: Number(row.expires_at),
  state: row.state,
  closedAt: row.closed_at === null ? undefined : Number(row.closed_at),
});

/** Sales in an SQLite file of this process alone; they survive a power cut. */
export class SaleFile implements SaleStore {
  readonly #file: SqliteFile;

  /** @throws DeputyError `locked`, `damaged`, `foreign`, `newer`, `storage` */
  constructor(path: string) {
    this.#file = new SqliteFile(path, FORM);
  }

  add(sale: DeputyInvoice): void {
    const { paymentHash, invoice, amount, description, createdAt, expiresAt } = sale;
    this.#file.run(
      `INSERT INTO sales (payment_hash, invoice, amount, description, created_at, expires_at, state)
       VALUES (?, ?, ?, ?, ?, ?, 'open')`,
      [paymentHash, invoice, amount ?? null, description, createdAt, expiresAt],
    );
  }

  open(): Sale[] {
    return this.#sales("WHERE state = 'open' ORDER BY number");
  }

  closed(limit: number): Sale[] {
    return this.#sales("WHERE closing IS NOT NULL ORDER BY closing DESC LIMIT ?", [limit]);
  }

  close(paymentHash: Uint8Array, state: "paid" | "cancelled", at: number): boolean {
    return this.#file.transaction(() => {
      const { changes } = this.#file.run(
        `UPDATE sales SET state = ?, closed_at = ?, closing = (SELECT coalesce(max(closing), 0) + 1 FROM sales)
         WHERE payment_hash = ? AND state = 'open'`,
        [state, at, paymentHash],
      );
      if (changes > 0)
        this.#file.run(
          `DELETE FROM sales WHERE number IN
           (SELECT number FROM sales WHERE closing IS NOT NULL ORDER BY closing DESC
            LIMIT -1 OFFSET ${MAX_CLOSED_SALES})`,
        );
      return changes > 0;
    });
  }

  forgetExpired(before: number): void {
    this.#file.run("DELETE FROM sales WHERE state = 'open' AND expires_at < ?", [before]);
  }

  /** Closes the file. A second call does nothing. */
  end(): void {
    this.#file.close();
  }

  #sales(rest: string, values: SqliteValue[] = []): Sale[] {
    return this.#file.all(
      `SELECT payment_hash, invoice, amount, description, created_at, expires_at, state, closed_at FROM sales ${rest}`,
      values,
      fromRow,
    );
  }
}
