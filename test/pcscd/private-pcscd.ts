import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { MARK } from "../../scripts/processes.mjs";

const SOCKET = "/run/pcscd/pcscd.comm";
const PID_FILE = "/run/pcscd/pcscd.pid";
const PATIENCE_MS = 120_000;

/** Whether the pcscd of this run was started for it alone (scripts/test.mjs), so that tests may kill it. */
export const isPrivate = process.env.CHEQUECARD_PCSCD === "private";

async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !(await condition()); await sleep(20))
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
}

function accepts(): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(SOCKET);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EAGAIN"));
  });
}

const hasEnded = (pid: number): boolean => {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
};

/** Ends the private pcscd and waits until it is gone. */
export async function killPcscd(signal: NodeJS.Signals): Promise<void> {
  if (!isPrivate) throw new Error("this pcscd is not ours");
  const pid = Number.parseInt(readFileSync(PID_FILE, "utf8"), 10);
  process.kill(pid, signal);
  await until(() => hasEnded(pid), "pcscd ends");
  // A killed one leaves these behind, and the next refuses to start while a zombie has the number in them.
  for (const file of [PID_FILE, SOCKET]) rmSync(file, { force: true });
}

/** Starts one if none is running, for the tests that follow a failed one. */
export async function ensurePcscd(): Promise<void> {
  if (!(await accepts())) await startPcscd();
}

/** Starts another in its place. The owner of the namespace ends it by its pid file. */
export async function startPcscd(): Promise<void> {
  if (!isPrivate) throw new Error("pcscd may only be started in a namespace of our own");
  // Not a process of this file, with which it would be ended: the files that follow use it.
  const mark = process.env[MARK]?.replace(/\/?file-.*$/, "");
  const env = { ...process.env, [MARK]: mark };
  const child = spawn("pcscd", ["--foreground"], { detached: true, stdio: "ignore", env });
  await once(child, "spawn");
  child.unref();
  await until(accepts, "pcscd answers");
}
