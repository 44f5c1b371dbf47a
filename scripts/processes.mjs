// Finds and ends processes by a mark in their environment, which every descendant inherits: also one that has a
// group or a session of its own, and one whose parent is gone.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Variable with the mark. A descendant may extend the mark with "/" and more; it is still found by its beginning. */
export const MARK = "CHEQUECARD_TEST_RUN";
const POLL_MS = 50;
/** A process that not even SIGKILL ends waits for the kernel; it is left to it. */
const PATIENCE_MS = 10_000;

/** A mark that no other run has, below the one that this process has itself. */
export function newMark(name) {
  const own = process.env[MARK];
  const fresh = `${name}-${process.pid}-${Date.now().toString(36)}`;
  return own ? `${own}/${fresh}` : fresh;
}

function markOf(pid) {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
    return variables.find((variable) => variable.startsWith(`${MARK}=`))?.slice(MARK.length + 1);
  } catch {
    // It ended meanwhile, or belongs to another user.
    return undefined;
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
  } catch {
    return "";
  }
}

/**
 * The processes with a mark, without this one. Empty where there is no /proc.
 * @returns {readonly { pid: number, command: string }[]}
 */
export function markedProcesses(mark) {
  let entries;
  try {
    entries = readdirSync("/proc");
  } catch {
    return [];
  }
  const found = [];
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const theirs = markOf(entry);
    if (theirs !== mark && !theirs?.startsWith(`${mark}/`)) continue;
    found.push({ pid: Number(entry), command: commandOf(entry) });
  }
  return found;
}

function signalAll(processes, signal) {
  for (const { pid } of processes)
    try {
      process.kill(pid, signal);
    } catch {
      // It ended meanwhile.
    }
}

/**
 * Ends every process with a mark, and what they start meanwhile: asks with SIGTERM, and kills those that are still
 * there when the grace is over.
 * @param {string} mark
 * @param {{ graceMs?: number }} options
 * @returns {Promise<readonly string[]>} command lines of what was ended
 */
export async function endMarked(mark, { graceMs = 2_000 } = {}) {
  const begun = performance.now();
  const asked = new Map();
  for (;;) {
    const found = markedProcesses(mark);
    const waited = performance.now() - begun;
    if (found.length === 0 || waited > graceMs + PATIENCE_MS) return [...asked.values()];
    if (waited >= graceMs) signalAll(found, "SIGKILL");
    else
      signalAll(
        found.filter(({ pid }) => !asked.has(pid)),
        "SIGTERM",
      );
    for (const { pid, command } of found) asked.set(pid, command);
    await sleep(POLL_MS);
  }
}
