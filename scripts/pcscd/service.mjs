// The PC/SC daemon: whether one runs, whether it has the virtual reader, and one of our own.
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { boundToParent, capture, findProgram } from "../children.mjs";
import { statePath } from "../setup/places.mjs";

export const PCSCD_DIRECTORY = "/run/pcscd";
const SOCKET = `${PCSCD_DIRECTORY}/pcscd.comm`;
const VIRTUAL_DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/** Port on which the first slot of the virtual reader waits for a card; the second has the next. */
export const VIRTUAL_READER_PORT = 35963;
const LISTENING = "0A";
const START_MS = 60_000;
const STOP_MS = 10_000;

/** Whether a pcscd accepts connections (one that systemd starts on demand does). */
export function isRunning(socket = SOCKET) {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    const settle = (answer) => {
      connection.destroy();
      resolve(answer);
    };
    connection.once("connect", () => settle(true));
    // Its queue of new connections is short; a full one means that it runs.
    connection.once("error", (error) => settle(error.code === "EAGAIN"));
  });
}

/**
 * Whether a port is listened on, by the kernel's table (proc(5), /proc/net/tcp). Connecting to find out would lay
 * a card on the virtual reader.
 */
export function isListening(table, port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === LISTENING && local?.endsWith(suffix);
  });
}

/** Whether a virtual reader waits for a card. */
export function hasVirtualReader() {
  return ["/proc/net/tcp", "/proc/net/tcp6"].some(
    (file) => existsSync(file) && isListening(readFileSync(file, "utf8"), VIRTUAL_READER_PORT),
  );
}

async function until(condition, timeoutMs) {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(20))
    if (await condition()) return true;
  return condition();
}

/** Waits for a running pcscd to open the virtual reader: one that systemd starts on demand takes a moment. */
export const virtualReaderAppears = () => until(hasVirtualReader, 5_000);

/** Whether pcscd and the driver of the virtual reader are installed. */
export const isInstalled = () => findProgram("pcscd") !== undefined && existsSync(VIRTUAL_DRIVER);

/**
 * Starts a pcscd of our own, with the readers of CHEQUECARD_PCSCD_CONFIG (a reader.conf) if that is set, which must be able to write to {@link PCSCD_DIRECTORY}.
 * @returns {Promise<{ pid: number, stop: () => Promise<void> } | undefined>} undefined when it does not come up
 */
export async function startPcscd() {
  const program = findProgram("pcscd") ?? "pcscd";
  // Newer versions ask polkit about every client, and refuse all where it does not run.
  const { output } = await capture(program, ["--help"]);
  const config = process.env.CHEQUECARD_PCSCD_CONFIG;
  const readers = config ? ["--config", config] : [];
  const args = [
    "--foreground",
    ...readers,
    ...(output.includes("--disable-polkit") ? ["--disable-polkit"] : []),
  ];
  const log = openSync(statePath("log", "pcscd.log"), "w");
  const [file, fileArgs] = boundToParent(program, args);
  // A group of its own, so that Ctrl-C does not end it before its user has finished.
  const child = spawn(file, fileArgs, { detached: true, stdio: ["ignore", log, log] });
  const exited = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(kill);
  };
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const ready = await until(async () => hasEnded() || (hasVirtualReader() && (await isRunning())), START_MS);
  if (ready && child.pid !== undefined && !hasEnded()) return { pid: child.pid, stop };
  await stop();
  return undefined;
}
