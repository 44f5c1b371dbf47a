import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { syncFolder } from "./durable-file.js";
import { ChequecardError } from "./errors.js";
import { errno, FileError } from "./file-error.js";
import { writableFile } from "./real-file.js";
import { type SqliteProblem, sqliteProblem } from "./sqlite-error.js";

/** A kind of SQLite file: what it holds, and what distinguishes it from others. */
export interface SqliteForm {
  /** For messages: "a file of sales". */
  readonly name: string;
  /** `application_id` of SQLite: four letters as a number. */
  readonly applicationId: number;
  /** The n-th turns version n - 1 into n. A released one never changes. */
  readonly migrations: readonly string[];
  /** The first version whose files carry the application id. Default 1. */
  readonly markedFrom?: number;
  /** Several processes may have it open. Default false: this process alone. */
  readonly shared?: boolean;
  /** How long to wait for another process, in milliseconds. Default 0. */
  readonly waitMs?: number;
  /** Integers are read as bigint. Default false. */
  readonly bigints?: boolean;
  /** What the reader of a message can do next. */
  readonly hints?: Partial<Record<SqliteProblem, string>>;
  /** Makes the error of the layer that the file belongs to; a FileError as `cause` has the better words. */
  error(
    problem: SqliteProblem,
    message: string,
    options: { readonly cause?: unknown; readonly hint?: string },
  ): Error;
}

/** What a statement is given. */
export type SqliteValue = string | number | bigint | Uint8Array | null;

/**
 * An SQLite file. Every commit is on the disk when it returns (write-ahead log, full synchronization), and a kill or
 * power cut at any moment leaves the state before or after it. Every method throws what the form's `error` makes.
 */
export class SqliteFile {
  readonly #path: string;
  readonly #form: SqliteForm;
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<SqliteValue[]>>();

  /**
   * Opens the file or makes it, mode 600, and brings it to the newest version. A file that is refused is not touched.
   * @param path undefined: in memory
   */
  constructor(path: string | undefined, form: SqliteForm) {
    this.#path = path ?? "in memory";
    this.#form = form;
    let db: Database.Database | undefined;
    let refusal: Refusal | undefined;
    try {
      const real = path === undefined ? ":memory:" : makeFile(path);
      db = new Database(real, { timeout: form.waitMs ?? 0 });
      refusal = prepare(db, form);
      if (!refusal && path !== undefined) chmodSync(real, 0o600);
    } catch (cause) {
      db?.close();
      throw this.#wrapped(cause);
    }
    if (refusal) {
      db.close();
      throw this.#error(...refusal);
    }
    this.#db = db;
  }

  /** True between a `begin` and its end. */
  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  /** Runs a writing statement. */
  run(sql: string, values: readonly SqliteValue[] = []): Database.RunResult {
    return this.#guard(() => this.#statement(sql).run(...values));
  }

  /**
   * Reads rows.
   * @param read makes a row into what is wanted; a row that it refuses (ChequecardError, SyntaxError) is damage
   */
  all<Row, T>(sql: string, values: readonly SqliteValue[], read: (row: Row) => T): T[] {
    return this.#guard(() =>
      this.#statement(sql)
        .all(...values)
        .map((row) => read(row as Row)),
    );
  }

  /** All of it or nothing. `work` must not end the transaction. */
  transaction<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      return result;
    } catch (cause) {
      // SQLite has rolled back by itself after a full disk or a failed write.
      if (this.#db.inTransaction) this.run("ROLLBACK");
      throw cause;
    }
  }

  /** Closes the file; a transaction that was not committed is rolled back. A second call does nothing. */
  close(): void {
    this.#db.close();
  }

  #statement(sql: string): Database.Statement<SqliteValue[]> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare<SqliteValue[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw this.#wrapped(cause);
    }
  }

  #error(problem: SqliteProblem, detail: string, cause?: unknown): Error {
    const isNamed = cause instanceof FileError;
    const message = isNamed ? cause.message : `${this.#path}: ${SENTENCES[problem](this.#form.name, detail)}`;
    const hint = isNamed ? cause.hint : this.#form.hints?.[problem];
    return this.#form.error(problem, message, { cause, ...(hint === undefined ? {} : { hint }) });
  }

  /** An error of SQLite, of the file system or of what a row holds. */
  #wrapped(cause: unknown): Error {
    if (cause instanceof FileError) return this.#error("access", "", cause);
    if (cause instanceof ChequecardError || cause instanceof SyntaxError)
      return this.#error("damaged", "a row cannot be read", cause);
    const code =
      cause instanceof Error && /connection is not open/.test(cause.message) ? "closed" : errno(cause);
    // The schema of its version is not there.
    const problem = code === "SQLITE_ERROR" ? "damaged" : (sqliteProblem(code) ?? "io");
    return this.#error(problem, code, cause);
  }
}

type Refusal = readonly [problem: SqliteProblem, detail: string];

const SENTENCES: Readonly<Record<SqliteProblem, (name: string, detail: string) => string>> = {
  locked: (name) => `${name}, in use by another process`,
  damaged: (name, detail) => `not ${name}, or damaged: ${detail}`,
  foreign: (name) => `not ${name}, but a database of another program`,
  "newer-version": (name, detail) => `${name}, made by a newer version of this software: ${detail}`,
  full: () => "cannot be written, the disk is full",
  access: (_, detail) => `cannot be used (${detail})`,
  io: (_, detail) => `cannot be used (${detail})`,
  constraint: (name, detail) => `the change breaks a rule of ${name} (${detail})`,
};

/** @returns the real name of the file, which is there @throws FileError for what is no file or has several names */
function makeFile(path: string): string {
  const real = writableFile(path);
  if (!existsSync(real)) {
    closeSync(openSync(real, "ax", 0o600));
    syncFolder(dirname(real));
  }
  return real;
}

/** Checks and migrates in one transaction. An exclusive lock that it takes stays until the file is closed. */
function prepare(db: Database.Database, form: SqliteForm): Refusal | undefined {
  db.defaultSafeIntegers(form.bigints ?? false);
  db.pragma("trusted_schema = OFF");
  db.pragma("synchronous = FULL");
  if (!form.shared) db.pragma("locking_mode = EXCLUSIVE");
  db.exec(form.shared ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE");
  const { applicationId, migrations } = form;
  const version = numberOf(db, "user_version");
  const refusal = refusalOf(db, version, form);
  if (refusal) return refusal;
  for (const migration of migrations.slice(version)) db.exec(migration);
  if (version < migrations.length) {
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${migrations.length}`);
  }
  db.exec("COMMIT");
  db.pragma("journal_mode = WAL");
  return undefined;
}

function refusalOf(db: Database.Database, version: number, form: SqliteForm): Refusal | undefined {
  const { applicationId, migrations, markedFrom = 1 } = form;
  if (version > migrations.length)
    return ["newer-version", `need version ${migrations.length}, have version ${version}`];
  if (numberOf(db, "schema_version") > 0 && numberOf(db, "application_id") !== applicationId) {
    const isUnmarked = numberOf(db, "application_id") === 0 && version > 0 && version < markedFrom;
    if (!isUnmarked) return ["foreign", ""];
  }
  if (db.pragma("quick_check(1)", { simple: true }) !== "ok") return ["damaged", "its own check fails"];
  return undefined;
}

const numberOf = (db: Database.Database, pragma: string): number =>
  Number(db.pragma(pragma, { simple: true }));
