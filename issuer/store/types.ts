import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.js";

export type StoreKind = "sqlite" | "postgres";

/** Inside one database transaction. */
export type Tx = Transaction<Tables>;
/** For queries outside of a transaction of their own. */
export type Db = Kysely<Tables>;

/** A value that both databases take and give back unchanged. */
export type Value = bigint | string | Buffer | null;
export type ColumnType = "int" | "text" | "bytes";

/** A statement that is run once for each of many rows of parameters, in as few round trips as possible. */
export interface ManyStatement<P extends string = string> {
  readonly columns: Readonly<Record<P, ColumnType>>;
  /** For SQLite: the statement for one row, with `@column` for each parameter. */
  readonly single: string;
  /** For PostgreSQL: the statement for all rows, with one array parameter for each column. */
  readonly bulk: string;
}

/** Parameters of one row. */
export type ManyRow<P extends string> = Readonly<Record<P, Value>>;

/** How a database runs a {@link ManyStatement} inside a transaction. */
export interface ManyRunner {
  /** The first row found for each row of parameters, in their order; undefined where there is none. */
  find<R, P extends string>(
    tx: Tx | Db,
    statement: ManyStatement<P>,
    rows: readonly ManyRow<P>[],
  ): Promise<(R | undefined)[]>;
  /** Changes rows. @returns for each row of parameters, whether it changed one */
  change<P extends string>(
    tx: Tx,
    statement: ManyStatement<P>,
    rows: readonly ManyRow<P>[],
  ): Promise<boolean[]>;
}

/** The database of one issuer. */
export interface Store {
  readonly kind: StoreKind;
  /** For single queries. */
  readonly db: Db;
  readonly many: ManyRunner;
  /** Queries run by this store so far, transaction control not counted. */
  readonly queries: () => number;
  /**
   * Runs `work` on one unchanging snapshot; it must not write.
   * @throws StoreError
   */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction that is durable when this resolves. Repeated from the start while another
   * process is in the way, so `work` must have no effect outside the transaction.
   * @throws StoreError
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
