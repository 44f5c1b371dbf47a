import type Database from "better-sqlite3";
import { type DatabaseForm, openDatabase, storageError } from "./database.js";

const FORM: DatabaseForm = {
  kind: "node",
  version: 1,
  exclusive: true,
  schema: `
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
  indexes: "CREATE INDEX IF NOT EXISTS payments_started ON payments (started_at, payment_hash)",
};

/** Names of the single values. */
export type StateName = "seed" | "cross-node-seed" | "manager" | "port" | "known-peers";

/**
 * Everything a node must not lose, in one SQLite file. Writes gather in one open transaction; nobody but this
 * process can see them until {@link commit} makes all of them durable at once. Reads see the gathered writes.
 */
export class NodeStore {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();

  /** @param file absent: in memory. @throws NodeError `storage` */
  constructor(file: string | undefined) {
    this.#db = openDatabase(file, FORM);
  }

  /** True when there are writes that no commit has made durable yet. */
  get staged(): boolean {
    return this.#db.inTransaction;
  }

  /** Runs one writing statement within the open transaction. @throws NodeError `storage` */
  write(sql: string, ...values: unknown[]): void {
    this.#guarded(() => {
      if (!this.#db.inTransaction) this.#db.exec("BEGIN IMMEDIATE");
      this.#statement(sql).run(...values);
    });
  }

  /** The first row of a query. @throws NodeError `storage` */
  first<Row>(sql: string, ...values: unknown[]): Row | undefined {
    return this.#guarded(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  /** All rows of a query. @throws NodeError `storage` */
  all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#guarded(() => this.#statement(sql).all(...values) as Row[]);
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
    if (this.#db.inTransaction) this.#guarded(() => this.#db.exec("COMMIT"));
  }

  /** Closes the file; gathered writes that were not committed are gone, as SQLite rolls them back. */
  close(): void {
    this.#db.close();
  }

  #statement(sql: string): Database.Statement<unknown[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare<unknown[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guarded<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw storageError(cause, "the node's file");
    }
  }
}
