import { createConnection } from "node:net";
import { endianness } from "node:os";
import { TransportError } from "../../apdu/transport.js";
import { START_PCSCD } from "./scard.js";

const DEFAULT_SOCKET = "/run/pcscd/pcscd.comm";
const PROBE_TIMEOUT_MS = 3_000;

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

/**
 * Makes sure that pcscd answers. The native part must not be asked before: it waits for the service by spinning
 * in the main thread, for as long as there is none.
 * @throws TransportError `no-service`: not running, refusing this user, or silent; `closed` when `signal` aborts
 */
export function probeService(
  options: { socket?: string | undefined; timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const path = options.socket ?? serviceSocket();
  if (path === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const settle = (error?: TransportError) => {
      socket.destroy();
      options.signal?.removeEventListener("abort", abort);
      error ? reject(error) : resolve();
    };
    const abort = () => settle(new TransportError("closed", "Asking for the PC/SC service was given up."));
    if (options.signal?.aborted) return abort();
    options.signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(options.timeoutMs ?? PROBE_TIMEOUT_MS, () =>
      settle(
        new TransportError("no-service", "The PC/SC service (pcscd) does not answer.", {
          hint: "Restart it, for example with `systemctl restart pcscd`.",
        }),
      ),
    );
    socket.once("connect", () => socket.write(versionRequest()));
    socket.once("data", () => settle());
    socket.once("error", (error) => settle(explain(error)));
    socket.once("close", () =>
      settle(
        new TransportError("no-service", "The PC/SC service (pcscd) turned this program away.", {
          hint: "It is being stopped, or polkit does not allow this user (actions org.debian.pcsc-lite.*).",
        }),
      ),
    );
  });
}
