// One setup at a time: a file that names the process at work.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { throwIfInterrupted } from "../children.mjs";

const POLL_MS = 200;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** @returns {number} process that holds the lock; 0 when none does */
function holder(file) {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10) || 0;
  } catch {
    return 0;
  }
}

/** Moves the lock of a dead process aside; puts it back if it was taken over meanwhile. */
function removeStale(file, pid) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (holder(aside) !== pid) linkSync(aside, file);
  } catch {
    // Someone else was quicker.
  }
  for (const left of [aside, `${file}.${pid}`]) rmSync(left, { force: true });
}

/**
 * Runs `work` while holding the lock. Waits for a live holder, takes over from a dead one.
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(pid: number) => void} onWait called once if another process holds the lock
 * @template T
 */
export async function withLock(file, work, onWait = () => {}) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`);
  try {
    for (let waited = false; ; ) {
      throwIfInterrupted();
      try {
        linkSync(own, file);
        break;
      } catch (error) {
        if (error.code !== "EEXIST") throw error;
      }
      const pid = holder(file);
      if (pid !== 0 && !isAlive(pid)) removeStale(file, pid);
      else {
        if (!waited) onWait(pid);
        waited = true;
        await sleep(POLL_MS);
      }
    }
    try {
      return await work();
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}
