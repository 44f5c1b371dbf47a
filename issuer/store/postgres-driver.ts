import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import type pg from "pg";
import { storeError } from "./driver-error.js";
import { StoreError } from "./errors.js";
import type { PostgresPool } from "./postgres-pool.js";
import type { PostgresSession, TimeLimits } from "./postgres-session.js";

/** Payments look rows up by their keys; reports and the ledger's proof do read whole tables. */
const REPORT =
  "set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on";
/** For the answer to a roll-back, which has nothing to wait for. */
const ROLLBACK_MS = 5000;

/** A session while it is lent. */
class LentConnection implements DatabaseConnection {
  readonly session: PostgresSession;
  /** The work, for errors. */
  what = "reading the ledger";
  readonly #limits: TimeLimits;

  constructor(session: PostgresSession, limits: TimeLimits) {
    this.session = session;
    this.#limits = limits;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.send(sql, parameters);
    const changes = command === "INSERT" || command === "UPDATE" || command === "DELETE";
    return { rows: rows as R[], ...(changes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  send(text: string, values: readonly unknown[] = [], limits = this.#limits): Promise<pg.QueryResult> {
    return this.session.query(text, values, limits, this.what);
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for it, nothing here streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new StoreError("internal", "no statement of the ledger is streamed");
  }

  /** @throws StoreError unless the server says for certain that all is kept */
  async commit(isPrimary: boolean): Promise<void> {
    if (!isPrimary) throw new StoreError("unavailable", "another database server is the primary now");
    const { client } = this.session;
    let warning: string | undefined;
    const onNotice = ({ severity, code }: { severity?: string | undefined; code?: string | undefined }) => {
      if (severity === "WARNING") warning = code ?? "";
    };
    client.on("notice", onNotice);
    try {
      const { command } = await this.send("commit");
      if (command === "COMMIT" && warning === undefined) return;
      // A commit that does not wait for its standby any more is answered by COMMIT and a warning.
      this.session.sever();
      throw new StoreError(
        "unavailable",
        `the commit is not certain (${command}${warning ? `, ${warning}` : ""})`,
      );
    } finally {
      client.off("notice", onNotice);
    }
  }

  /** Rolls back; where the server does not confirm it, the connection is closed, which does it too. */
  async rollback(): Promise<void> {
    const { session } = this;
    if (session.client.getTransactionStatus() === "I") return;
    try {
      await session.query("rollback", [], { statementMs: ROLLBACK_MS }, "rolling back");
    } catch {
      session.sever();
    }
    if (!session.isClean) session.sever();
  }
}

/** Kysely's driver over a {@link PostgresPool}. */
class PostgresDriver implements Driver {
  readonly #pool: PostgresPool;
  readonly #limits: TimeLimits;

  constructor(pool: PostgresPool, limits: TimeLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LentConnection> {
    try {
      return new LentConnection(await this.#pool.lend(), this.#limits);
    } catch (cause) {
      throw storeError(cause, "connecting to the ledger");
    }
  }

  async beginTransaction(connection: LentConnection, settings: TransactionSettings): Promise<void> {
    const { isolationLevel = "serializable", accessMode = "read write" } = settings;
    const begin = `start transaction isolation level ${isolationLevel} ${accessMode}`;
    const isRead = accessMode === "read only";
    connection.what = isRead ? "reading the ledger" : "writing to the ledger";
    await connection.send(isRead ? `${begin}; ${REPORT}` : begin);
  }

  async commitTransaction(connection: LentConnection): Promise<void> {
    await connection.commit(this.#pool.isCurrent(connection.session));
  }

  async rollbackTransaction(connection: LentConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(connection: LentConnection): Promise<void> {
    this.#pool.takeBack(connection.session);
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

/** PostgreSQL for Kysely, with time limits. */
export const postgresDialect = (pool: PostgresPool, limits: TimeLimits): Dialect => ({
  createDriver: () => new PostgresDriver(pool, limits),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
});
