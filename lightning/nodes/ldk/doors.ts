import { connect, createServer, type Server, type Socket } from "node:net";
import { NodeError } from "../errors.js";

/** The last resort, above all bounds of `PeerLimits` together. */
const MAX_CONNECTIONS = 1500;

/** TCP: listens for peers and dials them. What is said on the connections is the matter of `PeerSockets`. */
export class Doors {
  readonly #servers = new Set<Server>();
  /** Outgoing connections that TCP has not opened yet. */
  readonly #dialing = new Set<Socket>();

  /** @returns the port. @throws NodeError `unreachable` when the port cannot be had */
  listen(host: string, port: number, accept: (socket: Socket) => void): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer(accept);
      server.maxConnections = MAX_CONNECTIONS;
      server.once("error", (cause) =>
        reject(new NodeError("unreachable", `cannot listen on ${host}:${port}`, { cause })),
      );
      server.listen(port, host, () => {
        this.#servers.add(server);
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  /** @param lost called when the connection ends for whatever reason */
  dial(host: string, port: number, opened: (socket: Socket) => void, lost: (cause?: Error) => void): Socket {
    const socket = connect({ host, port });
    this.#dialing.add(socket);
    let failure: Error | undefined;
    socket.once("error", (cause) => {
      failure = cause;
    });
    socket.once("close", () => {
      this.#dialing.delete(socket);
      lost(failure);
    });
    socket.once("connect", () => {
      this.#dialing.delete(socket);
      opened(socket);
    });
    return socket;
  }

  /** Gives up what is being dialed. */
  stopDialing(): void {
    for (const socket of this.#dialing) socket.destroy();
  }

  /** Stops listening; resolves when every accepted connection is gone. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }
}
