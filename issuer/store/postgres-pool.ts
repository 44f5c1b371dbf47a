import pg from "pg";
import { StoreError } from "./errors.js";
import { refuseTransactionPooling } from "./postgres-pooler.js";
import { answerInTime, PostgresSession, type ServerPosition, sever } from "./postgres-session.js";
import type { TimelineMemory } from "./timelines.js";

export interface PostgresPoolOptions {
  /** Of the driver; with the settings of the sessions in it. */
  readonly client: pg.ClientConfig;
  readonly connections: number;
  /** Milliseconds to wait for a connection. */
  readonly timeoutMs: number;
  /** The highest timelines that were seen, also by earlier processes. */
  readonly timelines: TimelineMemory;
  /** Settings that every session must have, by their names; set again where a pooler did not pass them on. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How long a connection stays open without being used. */
const IDLE_MS = 600_000;

/** PgBouncer refuses start-up parameters that it does not know. */
function refusedSettings(cause: unknown): never {
  if (cause instanceof pg.DatabaseError && cause.code === "08P01" && /startup parameter/.test(cause.message))
    throw new StoreError("access", "a pooler does not pass on the settings of the ledger's sessions", {
      cause,
      hint: "Connect to PostgreSQL itself, or set pool_mode = session and ignore_startup_parameters = options.",
    });
  throw cause;
}

interface Introduction {
  readonly standby: boolean;
  readonly pid: number;
  readonly system: string;
  readonly timeline: bigint;
  readonly settings: Readonly<Record<string, string>>;
}

/** Who answers. The first eight digits of a WAL file's name are its timeline. */
const INTRODUCTION = `select pg_is_in_recovery() as standby, pg_backend_pid() as pid,
  (select system_identifier::text from pg_control_system()) as system,
  case when pg_is_in_recovery() then 0::bigint
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint end as timeline,
  (select json_object_agg(name, setting) from pg_settings where name = any($1)) as settings`;

/**
 * Connections to the primary. A connection to a standby, or to a primary before the one that was seen last, is
 * refused: half of a pool there would be a second ledger. When a server does not answer, connections made before are
 * not used again: each would cost a time limit to find out.
 */
export class PostgresPool {
  readonly #options: PostgresPoolOptions;
  readonly #pool: pg.Pool;
  readonly #sessions = new WeakMap<pg.PoolClient, PostgresSession>();
  #made = 0;
  /** Sessions made before this one are not lent again. */
  #oldest = 0;
  #isPoolingChecked = false;

  constructor(options: PostgresPoolOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      ...options.client,
      max: options.connections,
      connectionTimeoutMillis: options.timeoutMs,
      // A tap after a quiet minute must not wait for a new connection and its plans.
      idleTimeoutMillis: IDLE_MS,
    });
    // A connection that dies is replaced at the next query, idle or in use; without listeners it would end the process.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => void client.on("error", () => {}));
  }

  /** A session that leads to the primary. @throws StoreError; what the driver throws */
  async lend(): Promise<PostgresSession> {
    for (;;) {
      const client = await this.#pool.connect().catch(refusedSettings);
      const session = this.#sessions.get(client) ?? (await this.#introduce(client));
      if (this.isCurrent(session) && session.age >= this.#oldest) return session;
      session.sever();
      client.release(true);
    }
  }

  /** Takes a session back; closes it where it is in the middle of something. */
  takeBack(session: PostgresSession): void {
    if (!session.isClean) session.sever();
    session.client.release(!session.isClean);
  }

  /** Whether no later primary was seen since. */
  isCurrent({ position: { system, timeline } }: PostgresSession): boolean {
    return timeline >= this.#options.timelines.highest(system);
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  async #introduce(client: pg.PoolClient): Promise<PostgresSession> {
    try {
      const position = await this.#position(client);
      this.#options.timelines.saw(position);
      const age = this.#made++;
      const session = new PostgresSession(client, position, age, () => {
        // Sessions made after this one may lead to a server that answers.
        if (age >= this.#oldest) this.#oldest = this.#made;
      });
      this.#sessions.set(client, session);
      return session;
    } catch (cause) {
      sever(client);
      client.release(true);
      throw cause;
    }
  }

  async #position(client: pg.PoolClient): Promise<ServerPosition> {
    const { settings, timelines, timeoutMs } = this.#options;
    const inTime = <T>(answer: Promise<T>) =>
      answerInTime(answer, { statementMs: timeoutMs }, { onLate: () => sever(client) });
    const { rows } = await inTime(client.query<Introduction>(INTRODUCTION, [Object.keys(settings)]));
    const [found] = rows;
    if (!found || found.standby)
      throw new StoreError("unavailable", "the database server that answers is a standby", {
        hint: "Give the address of the primary, or of a proxy that leads to it.",
      });
    const { system, timeline, pid } = found;
    if (timeline < timelines.highest(system))
      throw new StoreError(
        "unavailable",
        `the database server that answers was replaced: it has timeline ${timeline}, ${timelines.highest(system)} was seen`,
        {
          hint: "A later primary has newer bookings. Stop the old server, and give the address of the new one.",
        },
      );
    if (pid !== (client as pg.PoolClient & { readonly processID: number }).processID)
      await this.#checkPooling(client, inTime);
    const missing = Object.entries(settings).filter(([name, value]) => found.settings[name] !== value);
    if (missing.length > 0)
      await inTime(client.query(missing.map(([name, value]) => `set ${name} = '${value}'`).join("; ")));
    return { system, timeline };
  }

  async #checkPooling(client: pg.PoolClient, inTime: <T>(answer: Promise<T>) => Promise<T>): Promise<void> {
    if (this.#isPoolingChecked) return;
    await inTime(refuseTransactionPooling(client, this.#options.client));
    this.#isPoolingChecked = true;
  }
}
