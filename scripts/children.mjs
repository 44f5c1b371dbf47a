// Child processes that never outlive this one, and signals that end both in order.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";

const SYSTEM_DIRECTORIES = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

const running = new Set();
const interruptHandlers = new Set();
/** @type {NodeJS.Signals | undefined} */
let received;

/** Ended by a signal from outside; `exitCode` is the shell's number for it. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + osConstants.signals[signal];
  }
}

/**
 * Takes over SIGINT, SIGTERM and SIGHUP: children are signalled, and callers waiting for one get Interrupted. A terminal
 * gives Ctrl-C to all of them itself.
 */
export function handleSignals() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      if (!received) for (const handle of interruptHandlers) handle();
      received ??= signal;
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      for (const child of running) child.kill(signal);
    });
}

/** Calls back at the first of these signals. @param {() => unknown} handle @returns {() => void} ends it */
export function onInterrupt(handle) {
  interruptHandlers.add(handle);
  return () => void interruptHandlers.delete(handle);
}

/** Throws when a signal has come in. */
export function throwIfInterrupted() {
  if (received) throw new Interrupted(received);
}

/** Full path of a program on PATH or in the system's directories; undefined when there is none. */
export function findProgram(name, path = process.env.PATH ?? "") {
  for (const directory of [...path.split(delimiter), ...SYSTEM_DIRECTORIES]) {
    const file = join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** The command, made to end with this process even where this one is killed outright. */
export function boundToParent(command, args) {
  const setpriv = process.platform === "linux" ? findProgram("setpriv") : undefined;
  return setpriv ? [setpriv, ["--pdeathsig", "TERM", command, ...args]] : [command, args];
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: object, cwd?: string, stdio?: any, bind?: boolean, onOutput?: (chunk: Buffer) => void }} options
 *   with `onOutput`, what it prints goes there instead of to the terminal; `bind: false` lets it outlive a killed parent
 * @returns {Promise<number>} its exit code, 127 when it could not be started
 */
export async function run(command, args, options = {}) {
  throwIfInterrupted();
  const [file, fileArgs] = options.bind === false ? [command, args] : boundToParent(command, args);
  const child = spawn(file, fileArgs, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: options.onOutput ? ["ignore", "pipe", "pipe"] : (options.stdio ?? "inherit"),
  });
  running.add(child);
  child.stdout?.on("data", options.onOutput ?? (() => {}));
  child.stderr?.on("data", options.onOutput ?? (() => {}));
  const code = await new Promise((resolve) => {
    child.once("error", (error) => {
      options.onOutput?.(Buffer.from(`${error.message}\n`));
      resolve(127);
    });
    child.once("close", (exitCode, signal) => resolve(exitCode ?? 128 + osConstants.signals[signal]));
  });
  running.delete(child);
  throwIfInterrupted();
  return code;
}

/** Runs a command and collects what it prints. @returns {Promise<{ code: number, output: string }>} */
export async function capture(command, args, options = {}) {
  const chunks = [];
  const code = await run(command, args, { ...options, onOutput: (chunk) => chunks.push(chunk) });
  return { code, output: Buffer.concat(chunks).toString("utf8") };
}
