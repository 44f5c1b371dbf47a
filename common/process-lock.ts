import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errno } from "./durable-file.js";
import { mayBeRunning, type ProcessIdentity, thisProcess } from "./process-identity.js";

/** A lock that this process holds. */
export interface ProcessLock {
  /** Gives the lock up. A second call does nothing. */
  release(): void;
}

/** A killed process leaves its lock, one killed while taking that over leaves another: this many in a row are enough. */
const MAX_DEPTH = 4;

/**
 * Takes the lock file at `path`, which names the process that holds it. The lock of a process that no longer
 * runs (kill -9, power cut) is taken over; who may do so is decided by a lock of its own, so that two processes
 * that find the same leftover never both win.
 * @returns the lock, or the id of the process that holds it
 * @throws NodeJS.ErrnoException when the file cannot be written
 */
export function acquireProcessLock(path: string, depth = 0): ProcessLock | number {
  const content = JSON.stringify({ ...thisProcess(), nonce: randomBytes(8).toString("hex") });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  removeLeftovers(path);
  writeFileSync(temporary, content, { mode: 0o600, flag: "wx" });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (tryLink(temporary, path)) return heldLock(path, content);
      const found = read(path);
      if (found === undefined) continue;
      const holder = parse(found);
      if (holder && mayBeRunning(holder)) return holder.pid;
      if (depth === MAX_DEPTH) break;
      const guard = acquireProcessLock(`${path}.takeover`, depth + 1);
      if (typeof guard === "number") return guard;
      try {
        if (read(path) !== found) continue;
        renameSync(temporary, path);
        return heldLock(path, content);
      } finally {
        guard.release();
      }
    }
    return parse(read(path) ?? "")?.pid ?? 0;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Removes the temporary files of processes that were killed while they took this lock. */
function removeLeftovers(path: string): void {
  const start = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(start) || !/^\d+\.[0-9a-f]{8}$/.test(name.slice(start.length))) continue;
    const file = join(dirname(path), name);
    const owner = parse(read(file) ?? "");
    if (owner && !mayBeRunning(owner)) rmSync(file, { force: true });
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

/** Undefined for what is no lock: locks appear whole, so something else wrote it and nobody holds it. */
function parse(content: string): ProcessIdentity | undefined {
  try {
    const { pid, started, boot, pidNamespace } = JSON.parse(content);
    return Number.isInteger(pid) && pid > 0 ? { pid, started, boot, pidNamespace } : undefined;
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
