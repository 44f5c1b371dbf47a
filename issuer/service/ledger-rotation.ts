import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { acquireProcessLock, FileError, isHeld, syncFolder } from "../../common/index.js";
import type { LedgerReport } from "../ledger/index.js";
import { backupLedger } from "./ledger-files.js";

/** Of a backup that was made here, and of what a killed run left of one. */
const OURS = /^ledger-(\d{4}-\d{2}-\d{2})T\d{6}Z\.db$/;
const LEFT = /^ledger-\d{4}-\d{2}-\d{2}T\d{6}Z\.db\.part(-wal|-shm|\.lock)?$/;
/** The last backup of so many days is kept beside the newest ones. */
const DAYS = 30;

const nameAt = (now: number): string =>
  `ledger-${new Date(now).toISOString().slice(0, 19).replaceAll(":", "")}Z.db`;

/**
 * Backups that are no longer needed: neither among the newest nor the last one of their day, for the last 30 days
 * that have any.
 * @param names of files; those that were not made here are never named
 * @param keep how many of the newest stay, at least 1
 */
export function dueBackups(names: readonly string[], keep: number): string[] {
  const ours = names.filter((name) => OURS.test(name)).sort((a, b) => (a < b ? 1 : -1));
  const kept = new Set(ours.slice(0, keep));
  const days = new Set<string>();
  for (const name of ours) {
    const day = OURS.exec(name)?.[1] ?? "";
    if (days.has(day) || days.size === DAYS) continue;
    days.add(day);
    kept.add(name);
  }
  return ours.filter((name) => !kept.has(name));
}

/** What one round has done. */
export interface BackupRound {
  /** Path of the new backup. */
  readonly file: string;
  readonly report: LedgerReport;
  /** Names of older ones that were removed. */
  readonly removed: readonly string[];
}

/** A folder into which one process backs a ledger up again and again. */
export class BackupFolder {
  readonly #from: string;
  readonly #folder: string;
  readonly #keep: number;
  readonly #release: () => void;

  private constructor(from: string, folder: string, keep: number, release: () => void) {
    this.#from = from;
    this.#folder = folder;
    this.#keep = keep;
    this.#release = release;
  }

  /**
   * @param from the ledger; @param folder must be there: made here, it would hide a disk that is not mounted
   * @throws FileError when there is none, or another process backs up into it
   */
  static open(from: string, folder: string, keep: number): BackupFolder {
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new FileError(folder, "is no folder", {
        hint: "Make it first, on another disk or machine than the ledger's.",
      });
    const lock = acquireProcessLock(join(folder, "ledger-backups.lock"));
    if (isHeld(lock))
      throw new FileError(
        folder,
        `${lock.name} backs up into it`,
        lock.hint === undefined ? {} : { hint: lock.hint },
      );
    return new BackupFolder(from, folder, keep, () => lock.release());
  }

  /**
   * Makes a backup, proves it, and only then removes what is no longer needed. A backup that does not hold is kept, and
   * nothing is removed then.
   * @param now Unix milliseconds
   * @throws FileError, StoreError as `backupLedger` does
   */
  async round(now: number): Promise<BackupRound> {
    for (const name of readdirSync(this.#folder))
      if (LEFT.test(name)) rmSync(join(this.#folder, name), { force: true });
    const file = join(this.#folder, nameAt(now));
    const report = await backupLedger(this.#from, file);
    const removed = report.violations.length === 0 ? dueBackups(readdirSync(this.#folder), this.#keep) : [];
    for (const name of removed) rmSync(join(this.#folder, name));
    if (removed.length > 0) syncFolder(this.#folder);
    return { file, report, removed };
  }

  close(): void {
    this.#release();
  }
}
