import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { concatBytes, hexToBytes, secp256k1, u16 } from "../../common/index.js";
import { initiate, type Keys, respond, type Wire } from "./noise.js";

const INIT = 16;
const PING = 18;
const PONG = 19;
/** A ping that asks for as many bytes or more wants no answer (BOLT 1). */
const NO_PONG = 65_532;
/** `init` with the features that LDK asks of a peer. */
const INIT_PAYLOAD = hexToBytes("000000030aa282");

export interface RawMessage {
  readonly type: number;
  readonly payload: Uint8Array;
}

export interface RawAddress {
  readonly host: string;
  readonly port: number;
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
}

export interface RawDialOptions {
  /** Default: a new one. */
  readonly secretKey?: Uint8Array;
  /** Where the connection comes from, on loopback. */
  readonly from?: string;
}

const newKey = (): Uint8Array => new Uint8Array(randomBytes(32));

/** A peer that sends any bytes on demand: what a node must stand. */
export class RawPeer {
  readonly socket: Socket;
  /** Messages that came without having been asked for. */
  readonly received: RawMessage[] = [];
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #buffered: Uint8Array[] = [];
  #length = 0;
  #wake: () => void = () => undefined;
  #told: () => void = () => undefined;
  #keys: Keys | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => {
      this.#buffered.push(bytes);
      this.#length += bytes.length;
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.isClosed = true;
        this.#wake();
        this.#told();
        resolve();
      }),
    );
  }

  /** Connects, shakes hands and exchanges `init`. Rejects when the node does not let it in. */
  static async dial({ host, port, nodeId }: RawAddress, options: RawDialOptions = {}): Promise<RawPeer> {
    const { secretKey = newKey(), from } = options;
    const socket = connect({ host, port, ...(from ? { localAddress: from } : {}) });
    const peer = new RawPeer(socket);
    peer.#begin(await initiate(peer.#wire(), secretKey, newKey(), nodeId));
    await peer.next(INIT);
    return peer;
  }

  /** Shakes hands with every peer that dials; `visited` has the connection once keys are agreed. */
  static async listen(visited: (peer: RawPeer) => void): Promise<RawAddress & { close(): void }> {
    const secretKey = newKey();
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      const peer = new RawPeer(socket);
      respond(peer.#wire(), secretKey, newKey()).then(
        (keys) => {
          peer.#begin(keys);
          visited(peer);
        },
        () => socket.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return {
      host: "127.0.0.1",
      port: typeof address === "object" && address ? address.port : 0,
      nodeId: secp256k1.publicKey(secretKey),
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  /** The bytes of a message, in the order in which they must be sent. */
  frame(type: number, payload: Uint8Array): Uint8Array {
    if (!this.#keys) throw new RangeError("no keys are agreed");
    const message = concatBytes(u16(type), payload);
    const { sending } = this.#keys;
    return concatBytes(sending.seal(u16(message.length)), sending.seal(message));
  }

  send(type: number, payload: Uint8Array): void {
    this.socket.write(this.frame(type, payload));
  }

  /** Resolves when the system has taken what was written so far, or the connection has ended. */
  async drained(): Promise<void> {
    while (!this.isClosed && this.socket.writableLength > 0)
      await Promise.race([
        new Promise<void>((resolve) => this.socket.once("drain", () => resolve())),
        this.closed,
      ]);
  }

  /** The next message of a type, in the order in which they came. Rejects when the connection ends before. */
  async next(type: number): Promise<RawMessage> {
    for (;;) {
      const at = this.received.findIndex((message) => message.type === type);
      const [found] = at < 0 ? [] : this.received.splice(at, 1);
      if (found) return found;
      if (this.isClosed) throw new Error(`the connection ended before a message ${type} came`);
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #begin(keys: Keys): void {
    this.#keys = keys;
    this.send(INIT, INIT_PAYLOAD);
    this.#receive(keys).catch(() => this.socket.destroy());
  }

  async #receive({ receiving }: Keys): Promise<void> {
    for (;;) {
      const [high = 0, low = 0] = receiving.open(await this.#read(18));
      const message = receiving.open(await this.#read((high << 8) + low + 16));
      const [first = 0, second = 0, longHigh = 0, longLow = 0] = message;
      const type = (first << 8) + second;
      const length = (longHigh << 8) + longLow;
      if (type === PING && length < NO_PONG)
        this.send(PONG, concatBytes(u16(length), new Uint8Array(length)));
      else this.received.push({ type, payload: message.subarray(2) });
      this.#told();
    }
  }

  #wire(): Wire {
    return { write: (bytes) => void this.socket.write(bytes), read: (length) => this.#read(length) };
  }

  async #read(length: number): Promise<Uint8Array> {
    while (this.#length < length) {
      if (this.isClosed) throw new Error("the connection ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const all = this.#buffered.length === 1 ? this.#buffered[0] : concatBytes(...this.#buffered);
    const bytes = all ?? new Uint8Array(0);
    this.#buffered.splice(0, this.#buffered.length, bytes.subarray(length));
    this.#length -= length;
    return bytes.subarray(0, length);
  }
}
