import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import { storeError } from "./errors.js";
import { migrate } from "./migrate.js";
import type { Tables } from "./schema.js";
import { transactions } from "./transactions.js";
import type { ManyRow, ManyRunner, ManyStatement, Store, Value } from "./types.js";

export interface PostgresOptions {
  /** `postgresql://user@host:port/database`, or a socket directory as host. */
  readonly url: string;
  /** Connections of this process. Default 5. */
  readonly connections?: number;
  /** Milliseconds to wait for a connection and for a lock. Default 10,000. */
  readonly timeoutMs?: number;
}

/** How long a connection stays open without being used, and after what time it is probed so that nobody forgets it. */
const IDLE_MS = 600_000;
const PROBE_AFTER_MS = 30_000;

const INT8 = 20;
const NUMERIC = 1700;

/** Integers of 64 bits, and sums of them, as bigint; the rest as the driver reads it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8 || oid === NUMERIC
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format as "text")) as pg.CustomTypesConfig["getTypeParser"],
};

/**
 * Payments look rows up by their keys, many at a time. A planner whose statistics are from a time when the tables
 * were small would rather read them whole.
 */
const SESSION = `set synchronous_commit = on; set enable_seqscan = off; set enable_hashjoin = off;
  set enable_mergejoin = off; set jit = off`;
/** Reports and the ledger's proof do read whole tables. */
const REPORT =
  "set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on";

class IndexedPostgresDriver extends PostgresDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await super.beginTransaction(connection, settings);
    if (settings.accessMode === "read only") await connection.executeQuery(CompiledQuery.raw(REPORT));
  }
}

class IndexedPostgresDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): PostgresDriver {
    return new IndexedPostgresDriver(this.#config);
  }
}

/**
 * Opens the database server: any number of service processes may share one database. Every commit is on disk
 * before it counts. Brought to the newest schema.
 * @throws StoreError `unavailable`, `access`, `newer-version`
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const timeout = options.timeoutMs ?? 10_000;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections ?? 5,
    connectionTimeoutMillis: timeout,
    // A tap after a quiet minute must not wait for a new connection and its plans.
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: PROBE_AFTER_MS,
    lock_timeout: timeout,
    idle_in_transaction_session_timeout: 6 * timeout,
    application_name: "chequecard issuer",
    types,
  });
  // A connection that dies is replaced at the next query, idle or in use; without listeners it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => void client.on("error", () => {}));
  let queries = 0;
  const db = new Kysely<Tables>({
    dialect: new IndexedPostgresDialect({
      pool: planned(pool),
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(SESSION));
      },
    }),
    log: () => {
      queries++;
    },
  });
  const store: Store = {
    kind: "postgres",
    db,
    many: runner,
    queries: () => queries,
    ...transactions(db, { isolationLevel: "repeatable read" }),
    close: () => db.destroy(),
  };
  try {
    await migrate(store);
  } catch (cause) {
    await store.close();
    throw storeError(cause, "opening the database server");
  }
  return store;
}

/** Names of the statements that payments run again and again, by their texts; few and fixed. */
const statementNames = new Map<string, string>();

function named(statement: ManyStatement): string {
  if (!statementNames.has(statement.bulk)) statementNames.set(statement.bulk, `many_${statementNames.size}`);
  return statement.bulk;
}

/** Has each connection parse and plan the named statements once. */
function planned(pool: pg.Pool): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    async connect() {
      const client = await pool.connect();
      const there = clients.get(client);
      if (there) return there;
      const query: unknown = (text: string, values: readonly unknown[] = []) => {
        const name = statementNames.get(text);
        return client.query({ text, values: [...values], ...(name ? { name } : {}) });
      };
      // Kysely's type also allows cursors, which are not used.
      const made = { query: query as PostgresPoolClient["query"], release: () => client.release() };
      clients.set(client, made);
      return made;
    },
    end: () => pool.end(),
  };
}

const runner: ManyRunner = {
  async find<R, P extends string>(
    tx: Pick<Kysely<Tables>, "executeQuery">,
    statement: ManyStatement<P>,
    rows: readonly ManyRow<P>[],
  ): Promise<(R | undefined)[]> {
    const found = new Array<R | undefined>(rows.length).fill(undefined);
    if (rows.length === 0) return found;
    const result = await tx.executeQuery(
      CompiledQuery.raw(named(statement), arrays(statement, rows)) as CompiledQuery<R & { ordinal: bigint }>,
    );
    // Ordinals count rows, not money; the first row of each wins.
    for (const row of result.rows) found[Number.parseInt(row.ordinal.toString(), 10) - 1] ??= row;
    return found;
  },
  async change(tx, statement, rows) {
    if (rows.length === 0) return [];
    const result = await tx.executeQuery(
      CompiledQuery.raw(named(statement), arrays(statement, rows)) as CompiledQuery<Record<string, Value>>,
    );
    const [first] = result.rows;
    if (!first) return rows.map(() => false);
    const key = Object.keys(first);
    const changed = new Set(result.rows.map((row) => key.map((name) => row[name]).join(":")));
    return rows.map((row) => changed.has(key.map((name) => (row as Record<string, Value>)[name]).join(":")));
  },
};

/** One array for each column, as `unnest` takes them. */
function arrays<P extends string>(statement: ManyStatement<P>, rows: readonly ManyRow<P>[]): Value[][] {
  return (Object.keys(statement.columns) as P[]).map((name) => rows.map((row) => row[name]));
}
