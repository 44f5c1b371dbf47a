import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expectFileAt, FileError } from "../../../common/index.js";
import { NodeError } from "../errors.js";

export interface DatabaseForm {
  /** What the file holds, for messages. */
  readonly kind: string;
  /** Number of the schema. */
  readonly version: number;
  readonly schema: string;
  /** Statements that are run at every opening and do nothing the second time: indexes that an older file lacks. */
  readonly indexes?: string;
  /** True when one process alone may have it open. */
  readonly exclusive: boolean;
}

/**
 * Opens or makes an SQLite file whose every commit is durable (write-ahead log, full synchronization). The file
 * has mode 600, a new folder 700.
 * @param file absent: in memory
 * @throws NodeError `storage`: not readable, in use by another process, damaged, or made by a newer version
 */
export function openDatabase(file: string | undefined, form: DatabaseForm): Database.Database {
  let db: Database.Database | undefined;
  try {
    if (file !== undefined) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // A pipe would be waited for.
      if (existsSync(file)) expectFileAt(file);
      closeSync(openSync(file, "a", 0o600));
      chmodSync(file, 0o600);
    }
    db = new Database(file ?? ":memory:", { timeout: form.exclusive ? 0 : 5000 });
    if (form.exclusive) db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    prepareSchema(db, form);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof NodeError || cause instanceof FileError) throw cause;
    throw storageError(cause, `the ${form.kind}'s file ${file ?? "in memory"}`);
  }
}

function prepareSchema(db: Database.Database, form: DatabaseForm): void {
  db.transaction(() => {
    const found = db.pragma("user_version", { simple: true });
    if (found !== form.version && found !== 0)
      throw new NodeError(
        "storage",
        `the ${form.kind}'s file has version ${found}, this software reads ${form.version}`,
        {
          hint: "Use the software that made the file, or another file.",
        },
      );
    if (found === 0) {
      db.exec(form.schema);
      db.pragma(`user_version = ${form.version}`);
    }
    if (form.indexes) db.exec(form.indexes);
  }).immediate();
}

/** An error of SQLite or of the file system as a NodeError that says what to do. */
export function storageError(cause: unknown, what: string): NodeError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code.startsWith("SQLITE_BUSY"))
    return new NodeError("storage", `${what} is in use by another process`, {
      cause,
      hint: "Stop the other process first; one node must never run twice.",
    });
  if (code === "SQLITE_FULL" || code === "ENOSPC")
    return new NodeError("storage", `${what} cannot be written: the disk is full`, {
      cause,
      hint: "Free some space and start again; nothing was lost.",
    });
  if (code === "SQLITE_CORRUPT" || code === "SQLITE_NOTADB")
    return new NodeError("storage", `${what} is damaged`, { cause });
  return new NodeError("storage", `${what} cannot be used${code ? ` (${code})` : ""}`, { cause });
}
