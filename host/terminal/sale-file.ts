import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { syncFolder } from "../../common/durable-file.js";
import { ChequecardError } from "../../common/errors.js";
import { FileError } from "../../common/file-error.js";
import { writableFile } from "../../common/real-file.js";
import { SaleError } from "./sale.js";

const VERSION = 1;
const APPLICATION_ID = 0x63687173; // "chqs"

const SCHEMA = `
create table sale (
  number integer primary key autoincrement,
  amount integer not null check (amount > 0),
  description text not null,
  fiat text,
  invoice text not null unique,
  payment_hash blob not null unique check (length(payment_hash) = 32),
  created_at integer not null,
  expires_at integer not null,
  state text not null default 'open' check (state in ('open', 'cancelling', 'paid', 'cancelled')),
  cancel_reason text,
  reason_code integer,
  token blob,
  node_uri text,
  initiation text not null,
  paid_at integer,
  received integer,
  refund_invoice text,
  refund_amount integer,
  refund_state text check (refund_state in ('pending', 'paid')),
  check ((state = 'paid') = (received is not null))
) strict;
create index sale_unfinished on sale (state) where state in ('open', 'cancelling');
create index sale_paid_at on sale (paid_at);
`;

/**
 * Opens or makes the file of sales for this process alone. A file that is refused is not touched.
 * @param path mode 600; `:memory:` for tests
 * @throws SaleError `locked`, `damaged`, `newer-version`, `io`
 */
export function openSaleFile(path: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    const real = path === ":memory:" ? path : makeFile(path);
    db = new Database(real, { timeout: 1000 });
    db.defaultSafeIntegers();
    db.pragma("locking_mode = exclusive");
    const isNew = check(db, path);
    db.pragma("journal_mode = wal");
    db.pragma("synchronous = full");
    if (isNew) create(db);
    if (real !== ":memory:") chmodSync(real, 0o600);
    return db;
  } catch (cause) {
    db?.close();
    throw cause instanceof SaleError ? cause : fileError(path, cause);
  }
}

/** @returns the real name of the file, which is there @throws FileError for what is no file or has several names */
function makeFile(path: string): string {
  const real = writableFile(path);
  if (!existsSync(real)) {
    closeSync(openSync(real, "ax", 0o600));
    syncFolder(dirname(real));
  }
  return real;
}

/** @returns true when the file is empty and has to be made */
function check(db: Database.Database, path: string): boolean {
  const number = (pragma: string) => Number.parseInt(String(db.pragma(pragma, { simple: true })), 10);
  const version = number("user_version");
  if (number("schema_version") === 0) return true;
  if (number("application_id") !== APPLICATION_ID)
    throw new SaleError("damaged", `${path}: not a file of sales, but of another program`, {
      hint: "Choose another file with --sales.",
    });
  if (version > VERSION)
    throw new SaleError("newer-version", `${path}: need version ${VERSION}, have ${version}`, {
      hint: "Use the newer version of this software that wrote it.",
    });
  if (version !== VERSION || db.pragma("quick_check(1)", { simple: true }) !== "ok")
    throw new SaleError("damaged", `${path}: the file of sales is damaged`, { hint: RESTORE });
  return false;
}

function create(db: Database.Database): void {
  db.transaction(() => {
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${VERSION}`);
  })();
}

const RESTORE = "Restore it from a copy, or start a new one with --sales.";

/** An error of SQLite or the file system in the words of a terminal. */
export function fileError(path: string, cause: unknown): SaleError {
  if (cause instanceof FileError)
    return new SaleError("io", cause.message, {
      cause,
      ...(cause.hint === undefined ? {} : { hint: cause.hint }),
    });
  const { code = "" } = cause as { code?: string };
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"))
    return new SaleError("locked", `${path}: another terminal uses this file`, {
      cause,
      hint: "Stop the other terminal, or give this one a file of its own with --sales.",
    });
  // A schema that is not there, or a row that cannot be read.
  const isStrange = code === "SQLITE_ERROR" || cause instanceof ChequecardError;
  if (isStrange || code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT"))
    return new SaleError("damaged", `${path}: not a file of sales, or damaged`, { cause, hint: RESTORE });
  if (code === "SQLITE_FULL" || code === "ENOSPC")
    return new SaleError("io", `${path}: cannot be written, the disk is full`, { cause });
  return new SaleError("io", `${path}: cannot be used (${code || "closed"})`, { cause });
}
