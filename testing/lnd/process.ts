import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** More than any step takes on a busy machine, less than for ever. */
const PATIENCE_MS = 120_000;
const SETPRIV = "/usr/bin/setpriv";

/** A server program in a process of its own, with its output in a file. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  /** @param signal SIGKILL is a crash */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program that ends with this process, however that ends. Its environment is empty, so that nothing of the
 * user's own lnd is read.
 */
export function startServer(program: string, args: readonly string[], log: string): ServerProcess {
  const output = openSync(log, "a");
  const bound = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", program] : [program];
  const [file = program, ...before] = bound;
  const child = spawn(file, [...before, ...args], {
    stdio: ["ignore", output, output],
    env: { HOME: "/nonexistent", PATH: "", ...markOfRun() },
  });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    gone,
    async stop(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** By which the runner of the tests finds what a part leaves running (scripts/processes.mjs). */
function markOfRun(): Readonly<Record<string, string>> {
  const name = "CHEQUECARD_TEST_RUN";
  const mark = process.env[name];
  return mark === undefined ? {} : { [name]: mark };
}

/**
 * Reads until there is a value.
 * @param what for the error
 * @throws Error with the end of the log file, if there is one
 */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | undefined | false> | T | undefined | false,
  log?: string,
): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms\n${tail(log)}`);
    await sleep(25);
  }
}

const tail = (log: string | undefined): string =>
  log === undefined ? "" : (readIf(log)?.toString("utf8").slice(-2_000) ?? "");

/** A file's bytes, or undefined while there is none. */
export function readIf(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}

/** Ports of loopback that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === "object" && address ? address.port : 0;
    }),
  );
}
