import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import {
  acquireProcessLock,
  expectFileAt,
  FileError,
  isHeld,
  realFile,
  syncFolder,
  systemReason,
} from "../../common/index.js";
import { type LedgerReport, verifyLedger } from "../ledger/index.js";
import { storeError } from "../store/driver-error.js";
import { openSqlite, StoreError } from "../store/index.js";

/** SQLite's files beside the database itself. */
const COMPANIONS = ["-wal", "-shm"] as const;

/**
 * Lends a file beside `to` in which a ledger takes shape, for this process alone; what a killed run left of it is
 * removed first.
 * @throws FileError when another process is at it, or the folder cannot be written
 */
async function withPart<T>(to: string, use: (part: string) => Promise<T>): Promise<T> {
  const part = `${to}.part`;
  try {
    const lock = acquireProcessLock(`${part}.lock`);
    if (isHeld(lock))
      throw new FileError(
        to,
        `${lock.name} is writing it right now`,
        lock.hint === undefined ? {} : { hint: lock.hint },
      );
    try {
      removeWithCompanions(part);
      // Private from the first byte on.
      closeSync(openSync(part, "wx", 0o600));
      return await use(part);
    } finally {
      removeWithCompanions(part);
      lock.release();
    }
  } catch (cause) {
    if (cause instanceof Error && "syscall" in cause)
      throw new FileError(to, `cannot be written (${systemReason(cause)})`, { cause });
    throw cause;
  }
}

/**
 * Copies a ledger that may be in use into a new file, as it stands at one moment, and proves the copy.
 * @returns the proof of the copy; a copy that does not hold is kept too
 * @throws FileError when there is a file of that name already; StoreError
 */
export async function backupLedger(from: string, to: string): Promise<LedgerReport> {
  if (existsSync(to)) {
    dropSecondName(`${to}.part`, to);
    throw new FileError(to, "exists already and is not overwritten");
  }
  if (!existsSync(from)) throw new StoreError("access", `${from}: no ledger there`);
  return await withPart(to, async (part) => {
    await copyOnline(from, part);
    const report = await prove(part);
    // A link never replaces a file, as a renaming would.
    linkSync(part, to);
    syncFolder(dirname(to));
    return report;
  });
}

/** A backup that was killed at its very end has left the file under both names. */
function dropSecondName(second: string, path: string): void {
  if (existsSync(second) && isSameFile(second, path)) rmSync(second);
}

const isSameFile = (one: string, other: string): boolean => {
  const [a, b] = [statSync(one), statSync(other)];
  return a.ino === b.ino && a.dev === b.dev;
};

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
  /** Where the log of a ledger that somebody took away lies now: that ledger is not whole without it. */
  readonly orphanedLog: string | undefined;
}

/**
 * Puts a backup in the place of a ledger. The backup is copied, brought to the newest schema and proven first; what
 * was there is kept beside it. Ended at any moment it has either not happened, or happened whole; run again it is done.
 * @param options force: replace a ledger that is there; now: Unix milliseconds
 * @throws FileError when there is a ledger and `force` is not set; StoreError `damaged` when the backup does not hold,
 *   `locked` while a service or a command uses the ledger
 */
export async function restoreLedger(
  backup: string,
  given: string,
  { force = false, now = Date.now() }: { readonly force?: boolean; readonly now?: number } = {},
): Promise<Restored> {
  expectFileAt(backup);
  // The ledger itself is replaced, and not a symbolic link to it.
  const to = realFile(given);
  if (existsSync(to) && !force)
    throw new FileError(to, "there is a ledger already", {
      hint: "With --force it is set aside and the backup takes its place.",
    });
  // A copy of a ledger in use, made by other means: part of it lies in its log, and would be left behind.
  if (existsSync(`${backup}-wal`) && statSync(`${backup}-wal`).size > 0)
    throw new FileError(backup, "not a backup but a ledger in use, or a copy of one", {
      hint: "Make backups with: chequecard ledger backup <file>",
    });
  return await withPart(to, async (part) => {
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
    const there = existsSync(to);
    const aside = setAside(to, there, new Date(now));
    // On the disk first: the new ledger must never meet the log of the old one.
    syncFolder(dirname(to));
    if (there) renameSync(part, to);
    else linkSync(part, to);
    syncFolder(dirname(to));
    return {
      report,
      kept: there ? aside : undefined,
      orphanedLog: !there && existsSync(`${aside}-wal`) ? `${aside}-wal` : undefined,
    };
  });
}

/**
 * Gives the ledger a second name; the first is then replaced in one step, so that there is always a ledger. Its log
 * is moved to that name: SQLite would play it into whatever ledger lies beside it.
 */
function setAside(path: string, there: boolean, now: Date): string {
  const kept = asideBefore(path, there) ?? `${path}.before-${now.toISOString().replace(/[:.]/g, "-")}`;
  if (there) {
    closeUnused(path);
    if (!existsSync(kept)) linkSync(path, kept);
  }
  for (const end of COMPANIONS) if (existsSync(path + end)) renameSync(path + end, kept + end);
  return kept;
}

/** The second name that a run gave this ledger which was killed before it replaced the first. */
function asideBefore(path: string, there: boolean): string | undefined {
  if (!there) return undefined;
  const folder = dirname(path);
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(path)}.before-`))
    .map((name) => join(folder, name))
    .find((name) => isSameFile(name, path) && !COMPANIONS.some((end) => bothHave(path, name, end)));
}

/** A log that was set aside is never replaced by another one. */
const bothHave = (one: string, other: string, end: string): boolean =>
  existsSync(one + end) && existsSync(other + end);

const HEADER = "SQLite format 3\0";

function beginsAsDatabase(path: string): boolean {
  const begin = Buffer.alloc(HEADER.length);
  const file = openSync(path, "r");
  try {
    readSync(file, begin, 0, HEADER.length, 0);
  } finally {
    closeSync(file);
  }
  return begin.toString("latin1") === HEADER;
}

/** Writes the log into the ledger, unless it is damaged. @throws StoreError `locked` while anybody uses it */
function closeUnused(path: string): void {
  // SQLite would play the log into whatever this is, or delete it: both are kept as they were found.
  if (!beginsAsDatabase(path)) return;
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
