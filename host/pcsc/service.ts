import { createConnection } from "node:net";
import { endianness } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { TransportError } from "../../apdu/transport.js";
import { START_PCSCD, turnedAway } from "./scard.js";

const DEFAULT_SOCKET = "/run/pcscd/pcscd.comm";
const PROBE_TIMEOUT_MS = 10_000;
const BUSY_PAUSE_MS = 20;

/** Where pcsc-lite's library will look for the service; undefined where PC/SC is a part of the system. */
export function serviceSocket(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (platform === "win32" || platform === "darwin") return undefined;
  return environment.PCSCLITE_CSOCK_NAME ?? DEFAULT_SOCKET;
}

/** pcsc-lite's first message, CMD_VERSION: header {size u32, command u32}, {major i32, minor i32, result u32}, host order. */
function versionRequest(): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  const little = endianness() === "LE";
  for (const [index, word] of [12, 0x11, 4, 4, 0].entries()) view.setUint32(4 * index, word, little);
  return new Uint8Array(view.buffer);
}

function explain(error: NodeJS.ErrnoException): TransportError {
  if (error.code === "EACCES" || error.code === "EPERM")
    return new TransportError("no-service", "This user may not use the PC/SC service (pcscd).", {
      cause: error,
      hint: "Allow the user in polkit (actions org.debian.pcsc-lite.*), or run as a user who may.",
    });
  return new TransportError("no-service", "The PC/SC service (pcscd) is not running.", {
    cause: error,
    hint: START_PCSCD,
  });
}

/** One attempt. @returns whether the service answered; false when its queue of new connections is full */
function ask(path: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path, signal });
    socket.once("connect", () => socket.write(versionRequest()));
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EAGAIN" ? resolve(false) : reject(signal.aborted ? signal.reason : explain(error)),
    );
    socket.once("close", () => reject(turnedAway()));
  });
}

/**
 * Makes sure that pcscd answers. The native part must not be asked before: it waits for the service by spinning
 * in the main thread, for as long as there is none.
 * @throws TransportError `no-service`: not running, refusing this user, or silent; `closed` when `signal` aborts
 */
export async function probeService(
  options: { socket?: string | undefined; timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const path = options.socket ?? serviceSocket();
  if (path === undefined) return;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? PROBE_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    while (!(await ask(path, signal))) await sleep(BUSY_PAUSE_MS, undefined, { signal });
  } catch (error) {
    if (options.signal?.aborted)
      throw new TransportError("closed", "Asking for the PC/SC service was given up.", { cause: error });
    if (timeout.aborted)
      throw new TransportError("no-service", "The PC/SC service (pcscd) does not answer.", {
        cause: error,
        hint: "Restart it, for example with `systemctl restart pcscd`.",
      });
    throw error;
  }
}
