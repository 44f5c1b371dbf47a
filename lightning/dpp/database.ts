import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { syncFolder } from "../../common/durable-file.js";
import { ChequecardError } from "../../common/errors.js";
import { FileError } from "../../common/file-error.js";
import { writableFile } from "../../common/real-file.js";
import { DeputyError } from "./errors.js";

/** A kind of file: what it holds, and how its SQLite schema is told from others. */
export interface FileKind {
  /** For messages: "the file of open sales". */
  readonly name: string;
  /** `application_id` of SQLite: four letters as a number. */
  readonly applicationId: number;
  /** Schemas by version: the n-th turns version n - 1 into n. */
  readonly migrations: readonly string[];
}

/** An SQLite file of this process alone, with the statements that are run on it. */
export class OpenFile<T> {
  readonly #path: string;
  readonly #kind: FileKind;
  readonly #db: Database.Database;
  readonly #statements: T;

  /**
   * Opens the file or makes it. Every commit is on the disk when it returns, and a kill or power cut at any moment
   * leaves the state before or after it. A file that is refused is not touched.
   * @param path of the file, mode 600
   * @throws DeputyError `locked`, `damaged`, `foreign`, `newer`, `storage`
   */
  constructor(path: string, kind: FileKind, statements: (db: Database.Database) => T) {
    this.#path = path;
    this.#kind = kind;
    this.#db = openFile(path, kind);
    try {
      this.#statements = statements(this.#db);
    } catch (cause) {
      this.#db.close();
      throw storageError(cause, path, kind);
    }
  }

  /** Runs statements and reads their rows. @throws DeputyError `damaged`, `storage` */
  run<R>(work: (statements: T) => R): R {
    try {
      return work(this.#statements);
    } catch (cause) {
      throw storageError(cause, this.#path, this.#kind);
    }
  }

  /** The same, all of it or nothing. */
  commit<R>(work: (statements: T) => R): R {
    return this.run((statements) => this.#db.transaction(() => work(statements))());
  }

  /** Gives the file back. A second call does nothing. */
  end(): void {
    this.#db.close();
  }
}

function openFile(path: string, kind: FileKind): Database.Database {
  let db: Database.Database | undefined;
  try {
    const real = writableFile(path);
    if (!existsSync(real)) {
      closeSync(openSync(real, "ax", 0o600));
      syncFolder(dirname(real));
    }
    db = new Database(real, { timeout: 0 });
    db.defaultSafeIntegers(true);
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("synchronous = EXTRA");
    prepare(db, path, kind);
    chmodSync(real, 0o600);
    return db;
  } catch (cause) {
    db?.close();
    throw cause instanceof DeputyError ? cause : storageError(cause, path, kind);
  }
}

function prepare(db: Database.Database, path: string, { name, applicationId, migrations }: FileKind): void {
  const number = (pragma: string) => Number(db.pragma(pragma, { simple: true }));
  // The exclusive lock is taken by the first write transaction and kept until the file is closed.
  db.exec("BEGIN EXCLUSIVE");
  const version = number("user_version");
  const empty = number("schema_version") === 0;
  if (!empty && number("application_id") !== applicationId)
    throw new DeputyError("foreign", `${path} is not ${name}, but a file of another program`);
  if (version > migrations.length)
    throw new DeputyError("newer", `${path} was made by a newer version of this software`, {
      hint: "Update this software, or use another file.",
    });
  if (db.pragma("quick_check(1)", { simple: true }) !== "ok")
    throw new DeputyError("damaged", `${path}, ${name}, is damaged`);
  for (const migration of migrations.slice(version)) db.exec(migration);
  if (version < migrations.length) {
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${migrations.length}`);
  }
  db.exec("COMMIT");
}

/** An error of SQLite, of the file system or of what a row holds, in the words of this project. */
function storageError(cause: unknown, path: string, { name }: FileKind): DeputyError {
  if (cause instanceof FileError)
    return new DeputyError("storage", cause.message, {
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  if (cause instanceof ChequecardError || cause instanceof SyntaxError)
    return new DeputyError("damaged", `${path}, ${name}, is damaged: a row cannot be read`, { cause });
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  if (code.startsWith("SQLITE_BUSY") || code === "SQLITE_LOCKED")
    return new DeputyError("locked", `${path}, ${name}, is open in another process`, {
      cause,
      hint: "Only one terminal may use it at a time; stop the other one, or use another file.",
    });
  // The schema of its version is not there.
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB" || code === "SQLITE_ERROR")
    return new DeputyError("damaged", `${path}, ${name}, is damaged or no such file`, { cause });
  if (code === "SQLITE_FULL" || code === "ENOSPC")
    return new DeputyError("storage", `${path}, ${name}, cannot be written: the disk is full`, { cause });
  return new DeputyError("storage", `${path}, ${name}, cannot be used (${code})`, { cause });
}
