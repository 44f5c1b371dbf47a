import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errno } from "./file-error.js";
import { canSee, mayBeRunning, type ProcessIdentity, thisProcess } from "./process-identity.js";
import { writableFile } from "./real-file.js";
import { mayBeShared } from "./shared-folder.js";

/** A lock that this process holds. */
export interface ProcessLock {
  /** Gives the lock up. A second call does nothing. */
  release(): void;
}

/** Who holds a lock. */
export interface LockHolder {
  readonly pid: number;
  /** For messages: `process 77`, or `process 77 of the machine "till"`. */
  readonly name: string;
  /** What to do when that process cannot be seen from here. */
  readonly hint: string | undefined;
}

/** Whether a lock is another's. */
export const isHeld = <T extends ProcessLock>(taken: T | LockHolder): taken is LockHolder => "pid" in taken;

/** A killed process leaves its lock, one killed while taking that over leaves another: this many in a row are enough. */
const MAX_DEPTH = 4;

/**
 * Takes the lock file at `path`, which names the process that holds it. The lock of a process that no longer
 * runs (kill -9, power cut) is taken over; who may do so is decided by a lock of its own, so that two processes
 * that find the same leftover never both win. In a folder that other machines may use, the lock of a process that
 * cannot be seen from here counts as held, also after a restart.
 * @param shared whether other machines may use the folder
 * @returns the lock, or who holds it
 * @throws NodeJS.ErrnoException when the file cannot be written
 */
export const acquireProcessLock = (
  path: string,
  shared = mayBeShared(dirname(path)),
): ProcessLock | LockHolder => acquire(path, shared, 0);

function acquire(path: string, shared: boolean, depth: number): ProcessLock | LockHolder {
  const content = JSON.stringify({ ...thisProcess(), nonce: randomBytes(8).toString("hex") });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  removeLeftovers(path, shared);
  try {
    writeFileSync(temporary, content, { mode: 0o600, flag: "wx" });
    for (let attempt = 0; attempt < 3; attempt++) {
      if (tryLink(temporary, path)) return heldLock(path, content);
      const found = read(path);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder && mayBeRunning(holder, shared)) return holderOf(holder, path);
      if (depth === MAX_DEPTH) break;
      const guard = acquire(`${path}.takeover`, shared, depth + 1);
      if (isHeld(guard)) return guard;
      try {
        if (read(path) !== found) continue;
        renameSync(temporary, path);
        return heldLock(path, content);
      } finally {
        guard.release();
      }
    }
    return holderOf(parse(read(path) ?? "") ?? { ...thisProcess(), pid: 0 }, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A lock of a file, wherever symbolic links to it lie. */
export interface FileLock extends ProcessLock {
  /** The real name of the file. */
  readonly path: string;
}

/**
 * Takes the lock of a file: beside the real file, whichever link names it.
 * @throws FileError for what is no file or has several names; NodeJS.ErrnoException when the lock cannot be written
 */
export function lockFile(path: string): FileLock | LockHolder {
  const real = writableFile(path);
  const lock = acquireProcessLock(`${real}.lock`);
  return isHeld(lock) ? lock : { path: real, release: () => lock.release() };
}

function holderOf(holder: ProcessIdentity, path: string): LockHolder {
  const { pid, host } = holder;
  const far = holder.boot !== thisProcess().boot;
  return {
    pid,
    name: `process ${pid}${far ? ` of the machine ${host ?? "without a name"}` : ""}`,
    hint: canSee(holder)
      ? undefined
      : `It cannot be seen from here whether that process still runs (another machine, or a container). If it does not, delete ${path}.`,
  };
}

/** Removes the temporary files of processes that were killed while they took this lock. */
function removeLeftovers(path: string, shared: boolean): void {
  const start = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(start) || !/^\d+\.[0-9a-f]{8}$/.test(name.slice(start.length))) continue;
    const file = join(dirname(path), name);
    const owner = parse(read(file) ?? "");
    if (owner && !mayBeRunning(owner, shared)) rmSync(file, { force: true });
  }
}

function tryLink(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Undefined for what is no lock: locks appear whole, so something else wrote it and no process holds it. */
function parse(content: string): ProcessIdentity | undefined {
  try {
    const { pid, started, boot, pidNamespace, host } = JSON.parse(content);
    const name = /^[\w.-]{1,64}$/.test(host ?? "") ? host : undefined;
    return Number.isInteger(pid) && pid > 0 ? { pid, started, boot, pidNamespace, host: name } : undefined;
  } catch {
    return undefined;
  }
}

function heldLock(path: string, content: string): ProcessLock {
  return {
    release() {
      if (read(path) === content) rmSync(path, { force: true });
    },
  };
}
