import { chmodSync, closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteDialect,
  SqliteDriver,
  type TransactionSettings,
} from "kysely";
import { storeError } from "./driver-error.js";
import { changedMeanwhile, StoreError } from "./errors.js";
import { migrate } from "./migrate.js";
import type { Tables } from "./schema.js";
import { SqliteBackground } from "./sqlite-background.js";
import { inTurn } from "./statement-guard.js";
import { transactions } from "./transactions.js";
import type { Db, FindStatement, ManyRow, ManyRunner, ManyStatement, Store, Tx, Value } from "./types.js";

export interface SqliteOptions {
  /** File of the database; made with mode 600 where there is none. */
  readonly path: string;
  /** How long to wait for another process that writes, in milliseconds. Default 10,000. */
  readonly busyTimeoutMs?: number;
  /** Page cache of this process in KiB. Default 16,384. */
  readonly cacheKib?: number;
  /**
   * For a service: commits are synced, and the log is moved to the file, while this thread goes on with other work.
   * A commit counts when it is on disk, as ever; in between, this process reads nothing, another may see it already.
   * Default false: the thread that writes does it all.
   */
  readonly background?: boolean;
}

/** `CHEQ` in the header of the file, so that another program's database is never taken for a ledger. */
const APPLICATION_ID = 0x43484551;
const HEADER = "SQLite format 3\0";
/** Rows of one table that one statement inserts: its start and its end cost more than a row. */
const INSERTED_AT_ONCE = 8;
/** Pages in the write-ahead log before the connection that writes moves what is left there to the file. */
const CHECKPOINT_PAGES = 32_768;

/**
 * Opens the embedded database: write-ahead log, every commit synced, migrated to the newest schema.
 * @throws StoreError `damaged`, `access`, `locked`, `newer-version`, `foreign`
 */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const database = openFile(options);
  try {
    return await openStore(database, options);
  } catch (cause) {
    if (database.open) database.close();
    throw storeError(cause, `opening ${options.path}`);
  }
}

function openFile(options: SqliteOptions): Database.Database {
  const { path } = options;
  try {
    prepareFile(path);
    const database = new Database(path, { timeout: options.busyTimeoutMs ?? 10_000 });
    try {
      checkApplication(database, path);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      database.pragma("trusted_schema = OFF");
      database.pragma(`cache_size = -${options.cacheKib ?? 16_384}`);
      database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      database.defaultSafeIntegers(true);
      return database;
    } catch (cause) {
      database.close();
      throw cause;
    }
  } catch (cause) {
    throw storeError(cause, `opening ${path}`);
  }
}

/** Makes the file for its owner alone, or checks that it begins as a database does. */
function prepareFile(path: string): void {
  if (!existsSync(path)) {
    closeSync(openSync(path, "wx", 0o600));
    return;
  }
  if (!statSync(path).isFile())
    throw new StoreError("access", `${path}: not a file`, { hint: "Name a file for the database." });
  const header = Buffer.alloc(HEADER.length);
  const file = openSync(path, "r");
  const length = readSync(file, header, 0, HEADER.length, 0);
  closeSync(file);
  if (length > 0 && header.toString("latin1") !== HEADER)
    throw new StoreError("damaged", `${path}: not a SQLite database`, {
      hint: "Keep the file as it is and restore the latest backup beside it.",
    });
  chmodSync(path, 0o600);
}

function checkApplication(database: Database.Database, path: string): void {
  const id = database.pragma("application_id", { simple: true });
  if (id === APPLICATION_ID) return;
  const tables = database.prepare("select count(*) as n from sqlite_master").pluck().get();
  if (id !== 0 || tables !== 0)
    throw new StoreError("foreign", `${path}: a database of another program`, {
      hint: "Name the issuer's own database file.",
    });
  database.pragma(`application_id = ${APPLICATION_ID}`);
}

const totalChanges = (database: Database.Database): bigint =>
  database.prepare("select total_changes()").pluck().get() as bigint;

/** The only connection; what it throws is wrapped. */
class WrappingConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;

  constructor(inner: DatabaseConnection) {
    this.#inner = inner;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return await this.#inner.executeQuery<R>(query);
    } catch (cause) {
      throw storeError(cause, "using the ledger");
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#inner.streamQuery(query, chunkSize);
  }
}

/** Takes the write lock when a transaction begins, so that it never fails half-way for want of it. */
class ImmediateDriver extends SqliteDriver {
  readonly #database: Database.Database;
  readonly #prepared: Prepared;
  #connection: WrappingConnection | undefined;
  /** Where it is set, what a commit leaves to be done. */
  background: SqliteBackground | undefined;

  constructor(database: Database.Database, prepared: Prepared) {
    super({ database: { prepare: (sql) => prepared.get(sql), close: () => database.close() } });
    this.#database = database;
    this.#prepared = prepared;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await super.acquireConnection();
    this.#connection ??= new WrappingConnection(inner);
    return this.#connection;
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings = {},
  ): Promise<void> {
    this.background?.check();
    const mode = settings.accessMode === "read only" ? "deferred" : "immediate";
    await connection.executeQuery(CompiledQuery.raw(`begin ${mode}`));
    this.#prepared.inTransaction = true;
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#prepared.inTransaction = false;
    await this.background?.committed(totalChanges(this.#database));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    this.#prepared.inTransaction = false;
    // SQLite has rolled back by itself after a full disk or a failed write.
    if (this.#database.inTransaction) await connection.executeQuery(CompiledQuery.raw("rollback"));
  }
}

/** A statement with `?` for each parameter: the driver would look up every name again for every row. */
interface Positional {
  readonly sql: string;
  /** Of the parameters of one row, in this order; one may come again. */
  readonly names: readonly string[];
  /** Place of the values while the statement runs, used again and again. */
  readonly bound: (Value | undefined)[];
}

/** @param text with `@name` for each parameter @param rows how often it holds all of them */
function positionalOf(text: string, rows = 1): Positional {
  const names: string[] = [];
  const sql = text.replace(/@(\w+)/g, (_, name: string) => {
    names.push(name);
    return "?";
  });
  return { sql, names: names.slice(0, names.length / rows), bound: new Array(names.length) };
}

/** Statements are compiled once; the texts are few and fixed. */
class Prepared {
  /**
   * Whether a transaction was begun here and not ended here. SQLite ends one by itself when the disk is full; what
   * was to be part of it must not be run, and kept, without it.
   */
  inTransaction = false;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #positional = new Map<string, Positional>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** @throws StoreError when the transaction that the statement belongs to is over */
  get(sql: string): Database.Statement {
    if (this.inTransaction && !this.#database.inTransaction)
      throw new StoreError("full", "the transaction was given up in an earlier statement");
    let statement = this.#statements.get(sql);
    if (!statement) {
      if (this.#statements.size >= 500) this.#statements.clear();
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Runs a statement for one row after the other.
   * @param one runs it with the values of a row
   * @throws StoreError when the transaction that the statement belongs to is over
   */
  eachRow<P extends string, T>(
    { single }: ManyStatement<P>,
    rows: readonly ManyRow<P>[],
    one: (query: Database.Statement, values: readonly unknown[]) => T,
  ): T[] {
    const positional = this.#positionalOf(single, () => positionalOf(single));
    const query = this.get(positional.sql);
    return rows.map((row) => one(query, bind(positional, [row])));
  }

  /**
   * Inserts {@link INSERTED_AT_ONCE} rows as often as there are so many.
   * @returns how many rows were taken, and how many of them went in
   */
  insertTogether<P extends string>({ single, values }: ManyStatement<P>, rows: readonly ManyRow<P>[]) {
    const taken = values ? rows.length - (rows.length % INSERTED_AT_ONCE) : 0;
    let changed = 0;
    if (!values || taken === 0) return { taken, changed };
    const positional = this.#positionalOf(`${INSERTED_AT_ONCE} ${single}`, () =>
      positionalOf(
        single.replace(values, new Array(INSERTED_AT_ONCE).fill(values).join(", ")),
        INSERTED_AT_ONCE,
      ),
    );
    const query = this.get(positional.sql);
    for (let at = 0; at < taken; at += INSERTED_AT_ONCE)
      changed += query.run(bind(positional, rows.slice(at, at + INSERTED_AT_ONCE))).changes;
    return { taken, changed };
  }

  #positionalOf(key: string, make: () => Positional): Positional {
    let positional = this.#positional.get(key);
    if (!positional) {
      positional = make();
      this.#positional.set(key, positional);
    }
    return positional;
  }
}

/** The values of rows in the order in which the statement has them; until the next call. */
function bind<P extends string>({ names, bound }: Positional, rows: readonly ManyRow<P>[]) {
  let at = 0;
  for (const row of rows) for (const name of names) bound[at++] = row[name as P];
  return bound;
}

async function openStore(database: Database.Database, { background }: SqliteOptions): Promise<Store> {
  const prepared = new Prepared(database);
  const driver = new ImmediateDriver(database, prepared);
  let queries = 0;
  const dialect = new SqliteDialect({ database });
  const db = new Kysely<Tables>({
    dialect: {
      createDriver: (): Driver => driver,
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (any) => dialect.createIntrospector(any),
    },
    log: () => {
      queries++;
    },
  });
  // The transaction of `tx` runs on this very connection, the only one there is.
  const counted = <T>(tx: Tx | Db, work: () => T): Promise<T> => {
    queries++;
    return inTurn(tx, work);
  };
  const findRows = <P extends string, Row>(statement: FindStatement<P, Row>, rows: readonly ManyRow<P>[]) =>
    prepared.eachRow(statement, rows, (query, values) => query.get(values) as Row | undefined);
  const changeRows = <P extends string>(statement: ManyStatement<P>, rows: readonly ManyRow<P>[]) =>
    prepared.eachRow(statement, rows, (query, values) => query.run(values).changes > 0);
  const changesEvery = <P extends string>(statement: ManyStatement<P>, rows: readonly ManyRow<P>[]) => {
    const { taken, changed } = prepared.insertTogether(statement, rows);
    return changed === taken && !changeRows(statement, rows.slice(taken)).includes(false);
  };
  const many: ManyRunner = {
    find: (tx, statement, rows) => counted(tx, () => findRows(statement, rows)),
    findAll: (tx, ...finds) =>
      counted(tx, () => finds.map(({ statement, rows }) => findRows(statement, rows)) as never),
    change: (tx, statement, rows) => counted(tx, () => changeRows(statement, rows)),
    changeAll: (tx, ...changes) =>
      counted(tx, () => {
        for (const { statement, rows, lenient } of changes)
          if (!changesEvery(statement, rows) && !lenient) throw changedMeanwhile();
      }),
  };
  const store: Store = {
    kind: "sqlite",
    db,
    many,
    queries: () => queries,
    ...transactions(db),
    async close() {
      try {
        await driver.background?.close();
      } finally {
        await db.destroy();
      }
    },
  };
  await migrate(store);
  if (background) {
    driver.background = new SqliteBackground(database, totalChanges(database));
    // The log is still synced before it is moved to the file.
    database.pragma("synchronous = NORMAL");
    database.pragma(`wal_autocheckpoint = ${4 * CHECKPOINT_PAGES}`);
  }
  return store;
}
