import { readFileSync, readlinkSync } from "node:fs";

/**
 * Tells one process from every other one: process ids are used again, also after a restart of the machine.
 * What a system does not tell is an empty string.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in clock ticks since the start of the machine. */
  readonly started: string;
  /** This start of the machine. */
  readonly boot: string;
  /** Where process ids count: they differ in containers. */
  readonly pidNamespace: string;
}

const told = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return "";
  }
};

/**
 * Field 22 of /proc/pid/stat; the process's name before it may hold blanks and brackets. A zombie, which its
 * parent has not yet taken notice of, runs no more: "ended".
 */
const startOf = (pid: number): string =>
  told(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? "ended" : (fields[18] ?? "");
  });

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    started: startOf(process.pid),
    boot: told(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")),
    pidNamespace: told(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** False when the process is certainly gone; true when it runs, or when this process cannot know. */
export function mayBeRunning(other: ProcessIdentity): boolean {
  const own = thisProcess();
  if (other.boot !== own.boot) return false;
  if (other.pidNamespace !== own.pidNamespace) return true;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return startOf(other.pid) === other.started;
}
