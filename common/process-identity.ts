import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

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
  /** Name of the machine, for people. Absent in what earlier versions wrote. */
  readonly host?: string | undefined;
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
    host: hostname(),
  };
}

/** Whether this process can see the processes of another: those of the same machine, start and container. */
export function canSee(other: ProcessIdentity): boolean {
  const own = thisProcess();
  // Where the system does not tell one start of a machine from another, its name tells machines apart.
  const sameMachine = own.boot !== "" || other.host === undefined || other.host === own.host;
  return sameMachine && other.boot === own.boot && other.pidNamespace === own.pidNamespace;
}

/**
 * False when the process is certainly gone; true when it runs, or when this process cannot know.
 * @param shared whether it may be a process of another machine. If not, one of another boot ended with that.
 */
export function mayBeRunning(other: ProcessIdentity, shared = false): boolean {
  if (!canSee(other)) return shared || other.boot === thisProcess().boot;
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return startOf(other.pid) === other.started;
}
