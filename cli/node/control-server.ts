import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { ChequecardError, systemReason } from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { InputError } from "../error-report.js";
import { controlSocketPath, MAX_REQUEST_BYTES, readLine, toLine } from "./control-line.js";

const MAX_CONNECTIONS = 16;
/** Milliseconds for a request to arrive whole. */
const REQUEST_MS = 5000;

/** The control channel of a node that this process runs. */
export interface ControlServer {
  /** Takes no further requests; the socket is gone when it resolves. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Serves requests on the unix socket in a node's folder, which only its owner can reach (mode 600). One line of JSON
 * asks, one answers, and the connection ends. The caller holds the node's lock, so that a socket found there is a
 * leftover of a process that was killed. Windows has no such sockets: nothing is served there.
 * @param answer what a request comes to; it may reject
 * @throws InputError when the socket cannot be made
 */
export async function serveControl(
  folder: string,
  answer: (request: unknown) => Promise<unknown>,
): Promise<ControlServer> {
  if (process.platform === "win32") return { close: async () => undefined };
  const path = controlSocketPath(folder);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that goes away in mid-answer is no concern of the node.
    socket.on("error", () => socket.destroy());
    serveOne(socket, answer).catch(() => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listenPrivately(server, path, folder);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The socket never exists with another mode: it is bound before the mask is put back. */
function listenPrivately(server: Server, path: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new InputError(`${folder}: no control channel can be made there (${systemReason(cause)})`, { cause }),
      ),
    );
    rmSync(path, { force: true });
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => resolve());
    } finally {
      process.umask(mask);
    }
  });
}

async function serveOne(socket: Socket, answer: (request: unknown) => Promise<unknown>): Promise<void> {
  let reply: unknown;
  try {
    const line = await readLine(socket, MAX_REQUEST_BYTES, REQUEST_MS);
    reply = { ok: true, answer: await answer(parseJson(line)) };
  } catch (error) {
    reply = { ok: false, error: describe(error) };
  }
  socket.end(toLine(reply));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new NodeError("bad-request", "a request on the node's control channel is not JSON");
  }
}

/** What the asking process needs to say the same as it would have said itself. */
function describe(error: unknown): object {
  if (!(error instanceof ChequecardError))
    return { kind: "node", code: "internal", message: "the process that runs the node failed" };
  const { message, hint } = error;
  return error instanceof NodeError
    ? { kind: "node", code: error.code, message, hint }
    : { kind: "input", message, hint };
}
