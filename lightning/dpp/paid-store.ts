import { ParseError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { SqliteFile } from "../../common/sqlite-file.js";
import { deputyFile } from "./deputy-file.js";

/** A payment that the recipient has decided to claim. */
export interface PaidRecord {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** 32 bytes; known to every node on the way once the payment is claimed. */
  readonly preimage: Uint8Array;
  /** Ids of the HTLCs that are claimed with it. */
  readonly htlcs: readonly string[];
  /** All of them together; 0 in a record from before this was kept. */
  readonly received: Msat;
  /** Unix seconds of the decision. */
  readonly paidAt: number;
  /** Unix seconds; undefined: the record is kept for ever (draft-819 has no expiry in the payment). */
  readonly expiresAt: number | undefined;
}

/** Where a recipient keeps which invoices were paid, so that none is paid twice. Synchronous: no gap to race in. */
export interface PaidHashes {
  find(paymentHash: Uint8Array): PaidRecord | undefined;
  /** Durable when it returns. There is no record for the payment hash yet. */
  record(paid: PaidRecord): void;
  /** Forgets records whose invoice expired before `before` (Unix seconds). */
  forgetExpired(before: number): void;
}

const FORM = deputyFile(
  "a file of paid deputy invoices",
  0x63715044, // "cqPD"
  [
    `CREATE TABLE paid (
      payment_hash BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
      preimage BLOB NOT NULL CHECK (length(preimage) = 32),
      htlcs TEXT NOT NULL,
      paid_at INTEGER NOT NULL,
      expires_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX paid_by_expiry ON paid (expires_at);`,
    "ALTER TABLE paid ADD COLUMN received INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0);",
  ],
);

interface Row {
  readonly payment_hash: Uint8Array;
  readonly preimage: Uint8Array;
  readonly htlcs: string;
  readonly received: bigint;
  readonly paid_at: bigint;
  readonly expires_at: bigint | null;
}

const fromRow = (row: Row): PaidRecord => ({
  paymentHash: Uint8Array.from(row.payment_hash),
  preimage: Uint8Array.from(row.preimage),
  htlcs: htlcsOf(row.htlcs),
  received: msat(row.received),
  paidAt: Number(row.paid_at),
  expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
});

function htlcsOf(text: string): string[] {
  const htlcs: unknown = JSON.parse(text);
  if (!Array.isArray(htlcs) || !htlcs.every((htlc) => typeof htlc === "string"))
    throw new ParseError("htlcs", "need a list of texts");
  return htlcs;
}

/** Paid invoices in an SQLite file of this process alone; they survive a power cut. */
export class PaidFile implements PaidHashes {
  readonly #file: SqliteFile;

  /** @throws DeputyError `locked`, `damaged`, `foreign`, `newer`, `storage` */
  constructor(path: string) {
    this.#file = new SqliteFile(path, FORM);
  }

  find(paymentHash: Uint8Array): PaidRecord | undefined {
    const sql =
      "SELECT payment_hash, preimage, htlcs, received, paid_at, expires_at FROM paid WHERE payment_hash = ?";
    return this.#file.all(sql, [paymentHash], fromRow)[0];
  }

  record({ paymentHash, preimage, htlcs, received, paidAt, expiresAt }: PaidRecord): void {
    this.#file.run(
      "INSERT INTO paid (payment_hash, preimage, htlcs, received, paid_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
      [paymentHash, preimage, JSON.stringify(htlcs), received, paidAt, expiresAt ?? null],
    );
  }

  forgetExpired(before: number): void {
    this.#file.run("DELETE FROM paid WHERE expires_at < ?", [before]);
  }

  /** Closes the file. A second call does nothing. */
  end(): void {
    this.#file.close();
  }
}
