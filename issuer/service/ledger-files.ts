import { randomBytes } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { errno, FileError, syncFolder } from "../../common/index.js";
import { type LedgerReport, verifyLedger } from "../ledger/index.js";
import { storeError } from "../store/errors.js";
import { openSqlite, StoreError } from "../store/index.js";

/** SQLite's files beside the database itself. */
const COMPANIONS = ["-wal", "-shm"] as const;

const partOf = (path: string): string => `${path}.${randomBytes(6).toString("hex")}.part`;

/**
 * Copies a ledger that may be in use into a new file, as it stands at one moment, and proves the copy.
 * @returns the proof of the copy; a copy that does not hold is kept too
 * @throws FileError when there is a file of that name already; StoreError
 */
export async function backupLedger(from: string, to: string): Promise<LedgerReport> {
  if (existsSync(to)) throw new FileError(to, "exists already and is not overwritten");
  if (!existsSync(from)) throw new StoreError("access", `${from}: no ledger there`);
  const part = partOf(to);
  try {
    closeSync(openSync(part, "wx", 0o600));
    await copyOnline(from, part);
    const report = await prove(part);
    // A link never replaces a file, as a renaming would.
    linkSync(part, to);
    syncFolder(dirname(to));
    return report;
  } catch (cause) {
    if (cause instanceof Error && "syscall" in cause)
      throw new FileError(to, `cannot be written (${errno(cause)})`, { cause });
    throw cause;
  } finally {
    removeWithCompanions(part);
  }
}

async function copyOnline(from: string, to: string): Promise<void> {
  try {
    const source = new Database(from, { fileMustExist: true, timeout: 10_000 });
    try {
      await source.backup(to);
    } finally {
      source.close();
    }
  } catch (cause) {
    throw storeError(cause, `backing up ${from}`);
  }
  sync(to);
}

/** What {@link restoreLedger} did. */
export interface Restored {
  readonly report: LedgerReport;
  /** Where the ledger that was there before lies now. */
  readonly kept: string | undefined;
}

/**
 * Puts a backup in the place of a ledger. The backup is copied, brought to the newest schema and proven first; what
 * was there is kept beside it.
 * @param force replace a ledger that is there; @param now Unix milliseconds
 * @throws FileError when there is a ledger and `force` is not set; StoreError `damaged` when the backup does not hold,
 *   `locked` while a service or a command uses the ledger
 */
export async function restoreLedger(
  backup: string,
  to: string,
  { force = false, now = Date.now() }: { readonly force?: boolean; readonly now?: number } = {},
): Promise<Restored> {
  if (existsSync(to) && !force)
    throw new FileError(to, "there is a ledger already", {
      hint: "With --force it is set aside and the backup takes its place.",
    });
  // A copy of a ledger in use, made by other means: part of it lies in its log, and would be left behind.
  if (existsSync(`${backup}-wal`) && statSync(`${backup}-wal`).size > 0)
    throw new FileError(backup, "not a backup but a ledger in use, or a copy of one", {
      hint: "Make backups with: chequecard ledger backup <file>",
    });
  const part = partOf(to);
  try {
    copyFileSync(backup, part);
    sync(part);
    const report = await prove(part);
    if (report.violations.length > 0)
      throw new StoreError(
        "damaged",
        `${backup}: the backup does not hold: ${report.violations[0]?.invariant}`,
        {
          hint: "See all that is wrong: chequecard ledger verify --file <backup>. Nothing was changed.",
        },
      );
    const kept = existsSync(to) ? setAside(to, new Date(now)) : undefined;
    renameSync(part, to);
    syncFolder(dirname(to));
    return { report, kept };
  } catch (cause) {
    if (cause instanceof Error && "syscall" in cause)
      throw new FileError(to, `cannot be written (${errno(cause)})`, { cause });
    throw cause;
  } finally {
    removeWithCompanions(part);
  }
}

/** Gives the ledger a second name; the first is then replaced in one step, so that there is always a ledger. */
function setAside(path: string, now: Date): string {
  const kept = `${path}.before-${now.toISOString().replace(/[:.]/g, "-")}`;
  closeUnused(path);
  linkSync(path, kept);
  // Changes that a damaged ledger still has in its log belong to it, and to no other.
  for (const end of COMPANIONS) if (existsSync(path + end)) renameSync(path + end, kept + end);
  return kept;
}

/** Writes the log into the ledger, unless it is damaged. @throws StoreError `locked` while anybody uses it */
function closeUnused(path: string): void {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: 0 });
    database.pragma("locking_mode = exclusive");
    database.exec("begin exclusive; commit");
    database.pragma("wal_checkpoint(truncate)");
  } catch (cause) {
    const error = storeError(cause, `setting ${path} aside`);
    if (!(error instanceof StoreError) || error.code !== "locked") return;
    throw new StoreError("locked", `${path}: another process uses this ledger`, {
      cause,
      hint: "Stop the issuer service first.",
    });
  } finally {
    database?.close();
  }
}

/** Opens a ledger's file, which brings it to the newest schema, and proves it. */
async function prove(path: string): Promise<LedgerReport> {
  const store = await openSqlite({ path });
  try {
    return await verifyLedger(store);
  } finally {
    await store.close();
  }
}

function sync(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function removeWithCompanions(path: string): void {
  for (const end of ["", ...COMPANIONS]) rmSync(path + end, { force: true });
}
