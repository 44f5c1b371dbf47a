import type { SqliteFile, SqliteValue } from "../../../common/sqlite-file.js";
import { openNodeFile } from "../node-file.js";

/** The second version has the file's application id, and an index that the first may lack. */
const MIGRATIONS = [
  `
    CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE monitors (outpoint TEXT PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE monitor_updates (
      sequence INTEGER PRIMARY KEY, outpoint TEXT NOT NULL, bytes BLOB NOT NULL
    );
    CREATE TABLE invoices (
      payment_hash BLOB PRIMARY KEY, invoice TEXT, preimage BLOB NOT NULL, amount TEXT, expires_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'claiming', 'settled', 'cancelled')),
      received TEXT, settled_at INTEGER
    );
    CREATE TABLE payments (
      payment_hash BLOB PRIMARY KEY, invoice TEXT NOT NULL, amount TEXT NOT NULL, started_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'settled', 'failed')),
      preimage BLOB, fee TEXT, reason TEXT
    );
    CREATE TABLE peers (node_id BLOB PRIMARY KEY, host TEXT NOT NULL, port INTEGER NOT NULL);
    CREATE TABLE broadcasts (sequence INTEGER PRIMARY KEY, raw BLOB NOT NULL);
  `,
  "CREATE INDEX IF NOT EXISTS payments_started ON payments (started_at, payment_hash)",
];

/** Names of the single values. */
export type StateName = "seed" | "cross-node-seed" | "manager" | "port" | "known-peers";

/**
 * Everything a node must not lose, in one SQLite file. Writes gather in one open transaction; only this
 * process can see them until {@link commit} makes all of them durable at once. Reads see the gathered writes.
 */
export class NodeStore {
  readonly #file: SqliteFile;

  /** @param file absent: in memory. @throws NodeError `storage` */
  constructor(file: string | undefined) {
    this.#file = openNodeFile(file, {
      name: "an embedded node's file",
      applicationId: 0x63714e44, // "cqND"
      migrations: MIGRATIONS,
      markedFrom: 2,
    });
  }

  /** True when there are writes that no commit has made durable yet. */
  get staged(): boolean {
    return this.#file.inTransaction;
  }

  /** Runs one writing statement within the open transaction. @throws NodeError `storage` */
  write(sql: string, ...values: SqliteValue[]): void {
    if (!this.#file.inTransaction) this.#file.run("BEGIN IMMEDIATE");
    this.#file.run(sql, values);
  }

  /** The first row of a query. @throws NodeError `storage` */
  first<Row>(sql: string, ...values: SqliteValue[]): Row | undefined {
    return this.all<Row>(sql, ...values)[0];
  }

  /** All rows of a query. @throws NodeError `storage` */
  all<Row>(sql: string, ...values: SqliteValue[]): Row[] {
    return this.#file.all(sql, values, (row: Row) => row);
  }

  getState(name: StateName): Uint8Array | undefined {
    const row = this.first<{ value: Buffer }>("SELECT value FROM state WHERE name = ?", name);
    return row && new Uint8Array(row.value);
  }

  setState(name: StateName, value: Uint8Array): void {
    this.write("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", name, value);
  }

  /** Transactions for the chain that wait for {@link commit} to be behind them, oldest first. */
  broadcasts(): { readonly sequence: number; readonly raw: Uint8Array }[] {
    return this.all<{ sequence: number; raw: Buffer }>("SELECT * FROM broadcasts ORDER BY sequence").map(
      ({ sequence, raw }) => ({ sequence, raw: new Uint8Array(raw) }),
    );
  }

  /** Makes all gathered writes durable, or none. @throws NodeError `storage` */
  commit(): void {
    if (this.#file.inTransaction) this.#file.run("COMMIT");
  }

  /** Closes the file; gathered writes that were not committed are gone, as SQLite rolls them back. */
  close(): void {
    this.#file.close();
  }
}
