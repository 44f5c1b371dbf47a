import type { Database } from "better-sqlite3";
import { ParseError } from "../../common/index.js";
import { type FileKind, OpenFile } from "./database.js";

/** A payment that the recipient has decided to claim. */
export interface PaidRecord {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** 32 bytes; known to every node on the way once the payment is claimed. */
  readonly preimage: Uint8Array;
  /** Ids of the HTLCs that are claimed with it. */
  readonly htlcs: readonly string[];
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

const KIND: FileKind = {
  name: "a file of paid deputy invoices",
  applicationId: 0x63715044, // "cqPD"
  migrations: [
    `CREATE TABLE paid (
      payment_hash BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
      preimage BLOB NOT NULL CHECK (length(preimage) = 32),
      htlcs TEXT NOT NULL,
      paid_at INTEGER NOT NULL,
      expires_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX paid_by_expiry ON paid (expires_at);`,
  ],
};

interface Row {
  readonly payment_hash: Uint8Array;
  readonly preimage: Uint8Array;
  readonly htlcs: string;
  readonly paid_at: bigint;
  readonly expires_at: bigint | null;
}

const fromRow = (row: Row): PaidRecord => ({
  paymentHash: Uint8Array.from(row.payment_hash),
  preimage: Uint8Array.from(row.preimage),
  htlcs: htlcsOf(row.htlcs),
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
  readonly #file: OpenFile<ReturnType<typeof prepareStatements>>;

  /** @throws DeputyError `locked`, `damaged`, `foreign`, `newer`, `storage` */
  constructor(path: string) {
    this.#file = new OpenFile(path, KIND, prepareStatements);
  }

  find(paymentHash: Uint8Array): PaidRecord | undefined {
    return this.#file.run(({ find }) => {
      const row = find.get(paymentHash);
      return row && fromRow(row);
    });
  }

  record({ paymentHash, preimage, htlcs, paidAt, expiresAt }: PaidRecord): void {
    this.#file.run(({ record }) =>
      record.run(paymentHash, preimage, JSON.stringify(htlcs), paidAt, expiresAt ?? null),
    );
  }

  forgetExpired(before: number): void {
    this.#file.run(({ forget }) => forget.run(before));
  }

  /** Gives the file back. A second call does nothing. */
  end(): void {
    this.#file.end();
  }
}

function prepareStatements(db: Database) {
  return {
    find: db.prepare<[Uint8Array], Row>(
      "SELECT payment_hash, preimage, htlcs, paid_at, expires_at FROM paid WHERE payment_hash = ?",
    ),
    record: db.prepare(
      "INSERT INTO paid (payment_hash, preimage, htlcs, paid_at, expires_at) VALUES (?, ?, ?, ?, ?)",
    ),
    forget: db.prepare("DELETE FROM paid WHERE expires_at < ?"),
  };
}
