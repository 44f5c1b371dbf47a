import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.js";

export type StoreKind = "sqlite" | "postgres";

/** Inside one database transaction. */
export type Tx = Transaction<Tables>;
/** For queries outside of a transaction of their own. */
export type Db = Kysely<Tables>;

/** A value that both databases store and return unchanged. */
export type Value = bigint | string | Buffer | null;
export type ColumnType = "int" | "text" | "bytes";

/** A statement that is run once for each of many rows of parameters, in as few round trips as possible. */
export interface ManyStatement<P extends string = string> {
  readonly columns: Readonly<Record<P, ColumnType>>;
  /** For SQLite: the statement for one row, with `@column` for each parameter. */
  readonly single: string;
  /** Of an insert: the part of `single` that stands for its row. Several of them, with commas, insert as many rows. */
  readonly values?: string;
  /** For PostgreSQL: the statement for all rows, with one array parameter for each column. */
  readonly bulk: string;
}

/** Finds at most one row for each row of parameters. `bulk` is what follows `from`: parameters `k`, the row `q`. */
export interface FindStatement<P extends string = string, Row = unknown> extends ManyStatement<P> {
  readonly returns: Readonly<Record<keyof Row & string, ColumnType>>;
  /** Never there: carries the type of the row. */
  readonly row?: Row;
}

/** Parameters of one row. */
export type ManyRow<P extends string> = Readonly<Record<P, Value>>;

/** A find with its parameters. */
export interface Find<P extends string = string, Row = unknown> {
  readonly statement: FindStatement<P, Row>;
  readonly rows: readonly ManyRow<P>[];
}

/** A change with its parameters. */
export interface Change<P extends string = string> {
  readonly statement: ManyStatement<P>;
  readonly rows: readonly ManyRow<P>[];
  /** Rows that are not there are no fault. Default false. */
  readonly lenient?: boolean;
}

/** For each find of a list, the row of each row of parameters. */
export type Found<F extends readonly Find<never>[]> = {
  readonly [I in keyof F]: F[I] extends { readonly statement: { readonly row?: infer Row } }
    ? readonly (Row | undefined)[]
    : never;
};

/** How a database runs a {@link ManyStatement} inside a transaction. */
export interface ManyRunner {
  /** The first row found for each row of parameters, in their order; undefined where there is none. */
  find<P extends string, Row>(
    tx: Tx | Db,
    statement: FindStatement<P, Row>,
    rows: readonly ManyRow<P>[],
  ): Promise<(Row | undefined)[]>;
  /** Several finds on one snapshot, on a server as one statement. None of them may lock. */
  findAll<const F extends readonly Find<never>[]>(tx: Tx, ...finds: F): Promise<Found<F>>;
  /** Changes rows. @returns for each row of parameters, whether it changed one */
  change<P extends string>(
    tx: Tx,
    statement: ManyStatement<P>,
    rows: readonly ManyRow<P>[],
  ): Promise<boolean[]>;
  /**
   * Changes every row of every change, or fails. A server runs them as one statement, on one snapshot and in no fixed
   * order: no two may touch the same row of a table, or insert what another deletes.
   * @throws StoreError `locked` when a row is not as the change needs it: it was changed meanwhile
   */
  changeAll(tx: Tx, ...changes: readonly Change<never>[]): Promise<void>;
}

export interface WorkOptions {
  /** Statements that take long by nature, as those of reports and migrations: they have a time limit of their own. */
  readonly long?: boolean;
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
   * Runs `work` on one unchanging snapshot; it must not write. Its statements run one after the other, see
   * {@link Store.write}.
   * @throws StoreError
   */
  read<T>(work: (tx: Tx) => Promise<T>, options?: WorkOptions): Promise<T>;
  /**
   * Runs `work` in one transaction that is durable when this resolves. Repeated from the start, some ten times, while
   * another process is in the way, so `work` must have no effect outside the transaction. Its statements run one after
   * the other: a second one while one runs is refused, and nothing of the transaction is kept.
   * @throws StoreError
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: WorkOptions): Promise<T>;
  close(): Promise<void>;
}
