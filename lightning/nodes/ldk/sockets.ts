import { connect, createServer, type Server, type Socket } from "node:net";
import * as ldk from "lightningdevkit";
import { concatBytes } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { CallbackGuard } from "./guard.js";
import { plain } from "./result.js";

/** Bytes that one peer may make wait between two turns before LDK is told to hold back. */
const MAX_OUTBOX = 1 << 20;
/** How long a connection that we end may take to send what it still holds. */
const LINGER_MS = 1000;
const MAX_CONNECTIONS = 500;

interface Connection {
  readonly socket: Socket;
  readonly descriptor: ldk.SocketDescriptor;
  outbox: Uint8Array[];
  outboxLength: number;
  /** The operating system's buffer is full. */
  congested: boolean;
  /** LDK has more to send than we took. */
  starved: boolean;
  /** LDK wants this connection to end after what is in the outbox. */
  ending: boolean;
}

const noAddress = () => ldk.Option_SocketAddressZ.constructor_none();

/**
 * BOLT 8 over TCP. What LDK wants to send waits here until {@link flush}, which the pump calls after its commit:
 * so no byte leaves the process before the state that it speaks of is durable.
 */
export class PeerSockets {
  readonly #peers: ldk.PeerManager;
  readonly #guard: CallbackGuard;
  readonly #wake: () => void;
  readonly #connections = new Map<bigint, Connection>();
  readonly #servers = new Set<Server>();
  /** Outgoing connections that TCP has not opened yet. */
  readonly #dialing = new Set<Socket>();
  #nextId = 0n;
  #closed = false;

  /** @param wake asks for a turn of the pump */
  constructor(peers: ldk.PeerManager, guard: CallbackGuard, wake: () => void) {
    this.#peers = peers;
    this.#guard = guard;
    this.#wake = wake;
  }

  /** Listens for peers. @returns the port. @throws NodeError `unreachable` when the port cannot be had */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#accept(socket));
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

  /**
   * Opens a TCP connection and starts the handshake on it; LDK tells when it is through. `lost` is called when
   * the connection ends for whatever reason.
   */
  dial(host: string, port: number, nodeId: Uint8Array, lost: (cause?: Error) => void): Socket {
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
      if (this.#closed) return socket.destroy();
      const { descriptor } = this.#attach(socket);
      return this.#call(() => {
        const hello = this.#peers.new_outbound_connection(plain(nodeId), descriptor, noAddress());
        if (hello instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK) socket.write(hello.res);
        else socket.destroy();
      });
    });
    return socket;
  }

  /** Sends what waits. Only the pump calls it, right after a commit. */
  flush(): void {
    for (const connection of [...this.#connections.values()]) {
      const { socket, outbox } = connection;
      if (outbox.length > 0) {
        connection.outbox = [];
        connection.outboxLength = 0;
        connection.congested = !socket.write(concatBytes(...outbox));
      }
      if (connection.ending) this.#end(connection);
      else if (connection.starved && !connection.congested) this.#feed(connection);
    }
  }

  /** Stops listening and ends all connections; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#dialing) socket.destroy();
    const gone = [...this.#connections.values()].map(
      ({ socket }) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
    );
    for (const connection of this.#connections.values()) this.#end(connection);
    const stopped = [...this.#servers].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await Promise.all([...gone, ...stopped]);
  }

  /** Drops everything at once, nothing more is sent: for a node that must not go on. */
  destroy(): void {
    this.#closed = true;
    for (const socket of this.#dialing) socket.destroy();
    for (const { socket } of this.#connections.values()) socket.destroy();
    for (const server of this.#servers) server.close();
  }

  #accept(socket: Socket): void {
    if (this.#closed) return void socket.destroy();
    const { descriptor } = this.#attach(socket);
    this.#call(() => {
      if (!this.#peers.new_inbound_connection(descriptor, noAddress()).is_ok()) socket.destroy();
    });
  }

  /** Calls into LDK from an event of the system; a panic stops the node at the next turn of the pump. */
  #call(into: () => void): void {
    this.#guard.run(undefined, into);
    this.#wake();
  }

  #attach(socket: Socket): Connection {
    const id = this.#nextId++;
    socket.setNoDelay(true);
    const connection: Connection = {
      socket,
      descriptor: ldk.SocketDescriptor.new_impl({
        send_data: (data, resume) => this.#guard.run(0, () => this.#take(connection, data, resume)),
        disconnect_socket: () => {
          connection.ending = true;
          this.#wake();
        },
        eq: (other) => other.hash() === id,
        hash: () => id,
      }),
      outbox: [],
      outboxLength: 0,
      congested: false,
      starved: false,
      ending: false,
    };
    this.#connections.set(id, connection);
    socket.on("data", (bytes: Buffer) => this.#read(connection, bytes));
    socket.on("drain", () => {
      connection.congested = false;
      if (connection.starved) this.#feed(connection);
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#connections.delete(id);
      if (!connection.ending && !this.#closed)
        this.#call(() => this.#peers.socket_disconnected(connection.descriptor));
    });
    return connection;
  }

  #take(connection: Connection, data: Uint8Array, resume: boolean): number {
    if (resume) connection.socket.resume();
    if (connection.ending || data.length === 0) return 0;
    if (connection.congested || connection.outboxLength >= MAX_OUTBOX) {
      connection.starved = true;
      return 0;
    }
    connection.outbox.push(data);
    connection.outboxLength += data.length;
    this.#wake();
    return data.length;
  }

  #read(connection: Connection, bytes: Buffer): void {
    if (connection.ending || this.#closed) return;
    this.#call(() => {
      const read = this.#peers.read_event(connection.descriptor, plain(bytes));
      if (!(read instanceof ldk.Result_boolPeerHandleErrorZ_OK)) connection.ending = true;
      else if (read.res) connection.socket.pause();
    });
  }

  #feed(connection: Connection): void {
    if (this.#closed || connection.ending) return;
    connection.starved = false;
    this.#call(() => {
      if (!this.#peers.write_buffer_space_avail(connection.descriptor).is_ok()) connection.ending = true;
    });
  }

  #end(connection: Connection): void {
    connection.ending = true;
    const { socket } = connection;
    if (socket.destroyed) return;
    socket.end();
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  }
}
