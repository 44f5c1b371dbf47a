import type { Socket } from "node:net";
import * as ldk from "lightningdevkit";
import { concatBytes } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import { Admission } from "./admission.js";
import { Connection } from "./connection.js";
import { Descriptors } from "./descriptors.js";
import { Doors } from "./doors.js";
import { withoutTrace } from "./free.js";
import type { CallbackGuard } from "./guard.js";
import { Intake, type IntakeCounts } from "./intake.js";
import type { KnownPeers } from "./known-peers.js";
import { ANSWER_ROOM, MESSAGE_COST, type PeerLimits } from "./peer-limits.js";
import { plain } from "./result.js";
import type { Log } from "./traits.js";

/** Bytes that one peer may make wait between two turns before LDK has to hold back. */
const MAX_OUTBOX = 1 << 18;
/** Bytes of one peer that may wait for LDK before the system has to hold back. */
const MAX_PENDING = 1 << 16;
/** Messages of ours that may wait because a peer does not read. */
const MAX_UNSENT = 32;
/** How long a connection that we end may take to send what it still holds. */
const LINGER_MS = 1000;
/** Length of the first message of a handshake (BOLT 8); LDK hears of a connection when it is there. */
const ACT_ONE_LENGTH = 50;
const SWEEP_MS = 1000;

export interface PeerSocketsOptions {
  readonly peers: ldk.PeerManager;
  readonly guard: CallbackGuard;
  readonly limits: PeerLimits;
  readonly known: KnownPeers;
  /** True for a peer with a channel that is ready. */
  readonly hasChannel: (peer: string) => boolean;
  /** Asks for a turn of the pump. */
  readonly wake: () => void;
  readonly log: Log | undefined;
}

const noAddress = () => ldk.Option_SocketAddressZ.constructor_none();

/**
 * BOLT 8 over TCP. What LDK wants to send waits here until {@link flush}, which the pump calls after its commit:
 * so no byte leaves the process before the state that it speaks of is durable. What peers send is bounded here,
 * before LDK decrypts it.
 */
export class PeerSockets {
  readonly #o: PeerSocketsOptions;
  readonly #admission: Admission;
  readonly #intake: Intake;
  readonly #descriptors = new Descriptors();
  readonly #connections = new Set<Connection>();
  /** By node id as hex. */
  readonly #peers = new Map<string, Connection>();
  /** Connections that {@link flush} has something to do for. */
  readonly #writing = new Set<Connection>();
  readonly #doors = new Doors();
  readonly #sweep: NodeJS.Timeout;
  readonly #counts = { handled: 0, flooded: 0, evicted: 0, late: 0 };
  /** The connection whose bytes LDK is reading. */
  #reading: Connection | undefined;
  #closed = false;

  constructor(options: PeerSocketsOptions) {
    this.#o = options;
    const { limits, known, hasChannel } = options;
    this.#intake = new Intake((connection, slice) => this.#read(connection, slice));
    this.#admission = new Admission({
      limits,
      known,
      hasChannel,
      evict: (connection) => {
        this.#counts.evicted++;
        this.#cut(connection);
      },
    });
    this.#sweep = setInterval(() => this.#endLate(performance.now()), SWEEP_MS);
  }

  get counts(): IntakeCounts {
    return { ...this.#counts, connections: this.#connections.size };
  }

  /** Listens for peers. @returns the port. @throws NodeError `unreachable` when the port cannot be had */
  listen(host: string, port: number): Promise<number> {
    return this.#doors.listen(host, port, (socket) => this.#accept(socket));
  }

  /**
   * Opens a TCP connection and starts the handshake on it; LDK tells when it is through. `lost` is called when
   * the connection ends for whatever reason.
   */
  dial(host: string, port: number, nodeId: Uint8Array, lost: (cause?: Error) => void): Socket {
    const opened = (socket: Socket) => {
      if (this.#closed) return void socket.destroy();
      this.#begin(this.#watch(socket, true), (descriptor) => {
        const { peers } = this.#o;
        const hello = withoutTrace(peers, () =>
          peers.new_outbound_connection(plain(nodeId), descriptor, noAddress()),
        );
        if (!(hello instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK)) return false;
        socket.write(hello.res);
        return true;
      });
    };
    return this.#doors.dial(host, port, opened, lost);
  }

  /**
   * Holds that a node may be dialed.
   * @throws NodeError `unreachable` when it was cut off a short time ago
   */
  expectWelcome(peer: string): void {
    const ms = this.#admission.shunnedFor(peer, performance.now());
    if (ms > 0)
      throw new NodeError(
        "unreachable",
        `the node ${peer} sent far more than it was asked for and was cut off`,
        {
          hint: `It is dialed again in ${Math.ceil(ms / 1000)} s at the earliest.`,
        },
      );
  }

  /** LDK has decrypted a message and hands it over. Called from within LDK. */
  onRead(): void {
    if (this.#reading) this.#reading.debt += MESSAGE_COST;
  }

  /** LDK has exchanged `init` with the peer on the connection that it reads. Called from within LDK. */
  onConnected(peer: string): void {
    if (this.#reading) this.#reading.peer = peer;
  }

  /** The peer has sent a message of the project. Called from within LDK. */
  onMessage(): void {
    if (this.#reading) this.#admission.active(this.#reading, performance.now());
  }

  /** LDK is handed a message of ours to the peer. Called from within LDK. */
  onSending(peer: string): void {
    const connection = this.#peers.get(peer);
    if (!connection) return;
    connection.unsent++;
    if (connection.isOutbound) connection.allowance.grant(ANSWER_ROOM);
  }

  /** False when the peer leaves unread what it was sent. */
  takes(peer: string): boolean {
    return (this.#peers.get(peer)?.unsent ?? 0) < MAX_UNSENT;
  }

  /** The peer has asked successfully: a place is kept for it from now on. */
  keepPlace(peer: string): void {
    this.#o.known.add(peer);
    const connection = this.#peers.get(peer);
    if (connection) this.#admission.succeeded(connection, performance.now());
  }

  /** Sends what waits. Only the pump calls it, right after a commit. */
  flush(): void {
    const now = performance.now();
    for (const connection of [...this.#writing]) {
      this.#writing.delete(connection);
      const { socket, outbox } = connection;
      if (outbox.length > 0 && !socket.destroyed) {
        connection.outbox = [];
        connection.outboxLength = 0;
        if (!socket.write(concatBytes(...outbox))) connection.congestedAt = now;
      }
      this.#charge(connection, 0);
      if (connection.isEnding) this.#end(connection);
      else if (connection.isStarved && connection.congestedAt === undefined) this.#feed(connection);
    }
  }

  /** Stops listening and ends all connections; resolves when they are gone. */
  async close(): Promise<void> {
    this.#stop();
    const gone = [...this.#connections].map(
      ({ socket }) =>
        new Promise<void>((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve()))),
    );
    for (const connection of this.#connections) this.#end(connection);
    await Promise.all([...gone, this.#doors.close()]);
  }

  /** Drops everything at once, nothing more is sent: for a node that must not go on. */
  destroy(): void {
    this.#stop();
    for (const { socket } of this.#connections) socket.destroy();
    void this.#doors.close();
  }

  #stop(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    this.#intake.stop();
    this.#doors.stopDialing();
  }

  #accept(socket: Socket): void {
    if (this.#closed || !socket.remoteAddress) return void socket.destroy();
    this.#admission.opened(this.#watch(socket, false));
  }

  /** Calls into LDK from an event of the system; a panic stops the node at the next turn of the pump. */
  #call(into: () => void): void {
    this.#o.guard.run(undefined, into);
    this.#o.wake();
  }

  #watch(socket: Socket, isOutbound: boolean): Connection {
    socket.setNoDelay(true);
    const connection = new Connection(socket, isOutbound, this.#o.limits, performance.now());
    this.#connections.add(connection);
    socket.on("data", (bytes: Buffer) => this.#arrived(connection, bytes));
    socket.on("drain", () => {
      connection.congestedAt = undefined;
      if (connection.isStarved) this.#feed(connection);
    });
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      this.#admission.left(connection);
      // What the peer sent before it left is still handed over.
      const { stage, pendingLength, isHeld, isCut, isEnding } = connection;
      const isOver = stage === "silent" || pendingLength === 0 || isHeld || isCut || isEnding;
      if (isOver || this.#closed) this.#forget(connection);
    });
    return connection;
  }

  /** Tells LDK of a connection. @param hello false when LDK does not want it */
  #begin(connection: Connection, hello: (descriptor: ldk.SocketDescriptor) => boolean): void {
    connection.stage = "handshake";
    const descriptor = this.#descriptors.take({
      send: (data, resume) => this.#o.guard.run(0, () => this.#take(connection, data, resume)),
      disconnect: () => {
        connection.isForgotten = true;
        connection.isEnding = true;
        this.#writing.add(connection);
        this.#o.wake();
      },
    });
    connection.descriptor = descriptor;
    this.#call(() => {
      if (hello(descriptor.socket)) return;
      connection.isForgotten = true;
      this.#cut(connection);
    });
  }

  #arrived(connection: Connection, bytes: Buffer): void {
    if (connection.isEnding || connection.isCut || this.#closed) return;
    connection.pending.push(plain(bytes));
    connection.pendingLength += bytes.length;
    if (connection.pendingLength > MAX_PENDING) connection.socket.pause();
    if (connection.stage === "peer") this.#charge(connection, bytes.length);
    else if (connection.stage === "silent" && connection.pendingLength >= ACT_ONE_LENGTH) {
      this.#admission.spoke(connection);
      const { peers } = this.#o;
      this.#begin(connection, (descriptor) =>
        withoutTrace(peers, () => peers.new_inbound_connection(descriptor, noAddress()).is_ok()),
      );
    }
    if (connection.stage !== "silent") this.#intake.push(connection);
  }

  /** Hands LDK a part of what has arrived. */
  #read(connection: Connection, slice: Uint8Array): void {
    const { descriptor, socket } = connection;
    if (!descriptor || connection.isEnding || this.#closed) return;
    const isNew = connection.stage !== "peer";
    connection.handled += slice.length;
    this.#counts.handled += slice.length;
    if (isNew) connection.debt += slice.length;
    this.#reading = connection;
    this.#call(() => {
      const read = this.#o.peers.read_event(descriptor.socket, slice);
      if (!(read instanceof ldk.Result_boolPeerHandleErrorZ_OK)) {
        connection.isForgotten = true;
        connection.isEnding = true;
        this.#writing.add(connection);
      } else if (read.res) connection.isHeld = true;
    });
    this.#reading = undefined;
    this.#charge(connection, 0);
    if (isNew && connection.peer && !connection.isEnding && !connection.isCut)
      this.#introduced(connection, connection.peer);
    if (connection.pendingLength <= MAX_PENDING && !connection.isHeld) socket.resume();
    if (socket.closed && (connection.pendingLength === 0 || connection.isHeld)) this.#forget(connection);
  }

  #introduced(connection: Connection, peer: string): void {
    const now = performance.now();
    connection.stage = "peer";
    this.#peers.set(peer, connection);
    this.#admission.introduced(connection, now);
    if (this.#admission.shunnedFor(peer, now) > 0) this.#cut(connection);
    else this.#charge(connection, connection.pendingLength);
  }

  /** Takes from what a peer may send, its debt included. Not called from within LDK. A peer that sends more is cut off; one with a channel is held back. */
  #charge(connection: Connection, cost: number): void {
    const now = performance.now();
    const wait = connection.allowance.take(cost + connection.debt, now);
    connection.debt = 0;
    if (wait === 0 || connection.isCut) return;
    if (connection.standing === "channel") connection.notBefore = now + wait;
    if (this.#admission.hasChannel(connection, now)) return;
    this.#counts.flooded++;
    const { peer, handled } = connection;
    if (peer) this.#admission.shun(peer, now);
    this.#o.log?.("warn", `${peer ?? "a peer"} was cut off: it sent too much; ${handled} bytes were handled`);
    this.#cut(connection);
  }

  #take(connection: Connection, data: Uint8Array, resume: boolean): number {
    if (resume && connection.isHeld) {
      connection.isHeld = false;
      connection.socket.resume();
      this.#intake.push(connection);
    }
    if (data.length === 0) return 0;
    // Nothing reaches a connection that is over: LDK need not keep it.
    if (connection.isEnding || connection.isCut || connection.socket.destroyed) return data.length;
    if (connection.congestedAt !== undefined || connection.outboxLength >= MAX_OUTBOX) {
      connection.isStarved = true;
      this.#writing.add(connection);
      return 0;
    }
    connection.outbox.push(data);
    connection.outboxLength += data.length;
    this.#writing.add(connection);
    if (connection.unsent > 0) connection.unsent--;
    else connection.debt += MESSAGE_COST + data.length;
    this.#o.wake();
    return data.length;
  }

  #feed(connection: Connection): void {
    if (this.#closed || connection.isEnding || connection.isCut || !connection.descriptor) return;
    const { descriptor } = connection;
    connection.isStarved = false;
    this.#call(() => {
      if (this.#o.peers.write_buffer_space_avail(descriptor.socket).is_ok()) return;
      connection.isForgotten = true;
      connection.isEnding = true;
      this.#writing.add(connection);
    });
  }

  /** Ends the connections whose time is up. */
  #endLate(now: number): void {
    for (const connection of this.#connections) {
      if (connection.isCut || !connection.isLate(this.#o.limits, now)) continue;
      this.#counts.late++;
      this.#cut(connection);
    }
  }

  /** Lets the last bytes out and closes. */
  #end(connection: Connection): void {
    connection.isEnding = true;
    const { socket } = connection;
    if (socket.closed) this.#forget(connection);
    if (socket.destroyed) return;
    socket.end();
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  }

  /** Closes at once; nothing more is read or sent. */
  #cut(connection: Connection): void {
    connection.isCut = true;
    if (connection.socket.closed) this.#forget(connection);
    else connection.socket.destroy();
  }

  /** The connection is over for LDK as well. */
  #forget(connection: Connection): void {
    const { descriptor, peer } = connection;
    if (!this.#connections.delete(connection)) return;
    this.#intake.delete(connection);
    this.#writing.delete(connection);
    if (peer && this.#peers.get(peer) === connection) this.#peers.delete(peer);
    if (!descriptor) return;
    if (!connection.isForgotten && !this.#closed)
      this.#call(() => this.#o.peers.socket_disconnected(descriptor.socket));
    this.#descriptors.release(descriptor);
  }
}
