import { Kysely } from "kysely";
import pg from "pg";
import { storeError } from "./driver-error.js";
import { migrate } from "./migrate.js";
import { readPostgresAddress } from "./postgres-address.js";
import { postgresDialect } from "./postgres-driver.js";
import { postgresMany } from "./postgres-many.js";
import { PostgresPool } from "./postgres-pool.js";
import type { TimeLimits } from "./postgres-session.js";
import type { Tables } from "./schema.js";
import { timelineMemory } from "./timelines.js";
import { transactions } from "./transactions.js";
import type { Store } from "./types.js";

export interface PostgresOptions {
  /** `postgresql://user@host:port/database`, or a socket directory as `?host=`. */
  readonly url: string;
  /** Connections of this process. Default 5. */
  readonly connections?: number;
  /** Milliseconds to wait for a connection and for a lock; a statement may take half as long again. Default 10,000. */
  readonly timeoutMs?: number;
  /** Milliseconds that a statement of a report or a migration may take. Default 600,000. */
  readonly longTimeoutMs?: number;
  /** File that remembers promotions of the server across restarts; without one they are forgotten. */
  readonly timelineFile?: string;
}

/** A connection without traffic is probed after this time: firewalls forget it later, and its end is noticed. */
const PROBE_AFTER_MS = 30_000;
/** A server that did not answer for so long is doubted: what comes next gets a new connection. */
const DOUBT_MS = 2000;
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
const sessionSettings = (timeoutMs: number): Readonly<Record<string, string>> => ({
  synchronous_commit: "on",
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  jit: "off",
  statement_timeout: "0",
  lock_timeout: `${timeoutMs}`,
  idle_in_transaction_session_timeout: `${6 * timeoutMs}`,
});

/**
 * Opens the database server: any number of service processes may share one database. Every commit is on disk
 * before it counts. Brought to the newest schema.
 * @throws ValueError for an address that is not understood; StoreError `unavailable`, `access`, `newer-version`
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const { url, options: ownOptions } = readPostgresAddress(options.url);
  const settings = sessionSettings(timeoutMs);
  // In the start-up packet: a connection is never there without them. The server, too, gives silent peers up.
  const startUp = { ...settings, tcp_user_timeout: `${3 * timeoutMs}`, tcp_keepalives_idle: "30" };
  const pool = new PostgresPool({
    client: {
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: PROBE_AFTER_MS,
      application_name: "chequecard issuer",
      options: [ownOptions, ...Object.entries(startUp).map(([name, value]) => `-c ${name}=${value}`)].join(
        " ",
      ),
      types,
    },
    connections: options.connections ?? 5,
    timeoutMs,
    timelines: timelineMemory(options.timelineFile),
    settings,
  });
  const statementMs = 1.5 * timeoutMs;
  const quick: TimeLimits = { statementMs, doubtMs: Math.min(DOUBT_MS, statementMs / 2) };
  const long: TimeLimits = { statementMs: options.longTimeoutMs ?? 600_000 };
  let queries = 0;
  const log = () => {
    queries++;
  };
  const db = new Kysely<Tables>({ dialect: postgresDialect(pool, quick), log });
  const store: Store = {
    kind: "postgres",
    db,
    many: postgresMany,
    queries: () => queries,
    ...transactions(db, new Kysely<Tables>({ dialect: postgresDialect(pool, long), log })),
    close: () => pool.end(),
  };
  try {
    await migrate(store);
  } catch (cause) {
    await store.close();
    throw storeError(cause, "opening the database server");
  }
  return store;
}
