import { bytesToHex, hexToBytes } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import type { PeerAddress } from "../port.js";
import type { PeerSockets } from "./sockets.js";
import type { NodeStore } from "./store.js";

const DEFAULT_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

export interface PeerKeeperOptions {
  readonly store: NodeStore;
  readonly sockets: PeerSockets;
  readonly isConnected: (peer: string) => boolean;
  /** True for a peer with whom there is a channel: such a connection is taken up again when it is lost. */
  readonly hasChannel: (peer: Uint8Array) => boolean;
  /** Milliseconds added before a connection is taken up again, so that two nodes do not dial each other at once. */
  readonly retryDelayMs: (peer: string) => number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

interface Dial {
  readonly done: Promise<void>;
  /** Ends the wait: connected, or not because of `error`. */
  readonly end: (error?: NodeError) => void;
}

/** Connections that this node opens, and takes up again as long as there is a channel. */
export class PeerKeeper {
  readonly #o: PeerKeeperOptions;
  readonly #addresses = new Map<string, Address>();
  readonly #dials = new Map<string, Dial>();
  readonly #retries = new Map<string, { timer: NodeJS.Timeout | undefined; waitMs: number }>();
  #closed = false;

  constructor(options: PeerKeeperOptions) {
    this.#o = options;
  }

  /** Takes up the connections of the last run to peers with a channel; forgets the others. */
  start(): void {
    const rows = this.#o.store.all<{ node_id: Buffer; host: string; port: number }>("SELECT * FROM peers");
    for (const { node_id, host, port } of rows) {
      const nodeId = new Uint8Array(node_id);
      if (this.#o.hasChannel(nodeId)) {
        this.#addresses.set(bytesToHex(nodeId), { host, port });
        this.#redial(bytesToHex(nodeId), { host, port });
      } else this.#o.store.write("DELETE FROM peers WHERE node_id = ?", nodeId);
    }
  }

  /** @throws NodeError `unreachable`, `timeout` */
  async connect(address: PeerAddress, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<void> {
    const peer = bytesToHex(address.nodeId);
    this.#o.sockets.expectWelcome(peer);
    if (!this.#o.isConnected(peer)) await this.#dial(peer, address, timeoutMs);
    const { host, port } = address;
    const known = this.#addresses.get(peer);
    if (known?.host === host && known.port === port) return;
    this.#addresses.set(peer, { host, port });
    this.#o.store.write(
      "INSERT OR REPLACE INTO peers (node_id, host, port) VALUES (?, ?, ?)",
      address.nodeId,
      host,
      port,
    );
  }

  /** LDK has exchanged `init` with the peer. Called from within LDK. */
  onConnected(peer: string): void {
    clearTimeout(this.#retries.get(peer)?.timer);
    this.#retries.delete(peer);
    this.#dials.get(peer)?.end();
  }

  /** LDK has lost the peer. Called from within LDK. */
  onDisconnected(peer: string): void {
    this.#retry(peer);
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#retries.values()) clearTimeout(timer);
    this.#retries.clear();
    for (const { end } of [...this.#dials.values()]) end(new NodeError("closed", "the node was closed"));
  }

  #dial(peer: string, { host, port }: Address, timeoutMs: number): Promise<void> {
    const under = this.#dials.get(peer);
    if (under) return under.done;
    const { promise, resolve, reject } = withResolvers();
    const socket = this.#o.sockets.dial(host, port, hexToBytes(peer), (cause) =>
      end(
        new NodeError("unreachable", `no Lightning connection to ${peer}@${host}:${port}`, {
          cause,
          hint: cause ? "Nothing answers there." : "Another node may be listening there.",
        }),
      ),
    );
    const timer = setTimeout(() => {
      end(new NodeError("timeout", `${peer}@${host}:${port} did not answer within ${timeoutMs} ms`));
      socket.destroy();
    }, timeoutMs);
    const end = (error?: NodeError) => {
      clearTimeout(timer);
      if (this.#dials.get(peer)?.done === promise) this.#dials.delete(peer);
      if (error) reject(error);
      else resolve();
    };
    this.#dials.set(peer, { done: promise, end });
    return promise;
  }

  #retry(peer: string): void {
    const address = this.#addresses.get(peer);
    if (!address || this.#closed) return;
    const last = this.#retries.get(peer);
    const waitMs = last ? Math.min(2 * last.waitMs, LAST_RETRY_MS) : FIRST_RETRY_MS;
    clearTimeout(last?.timer);
    const timer = setTimeout(() => this.#redial(peer, address), waitMs + this.#o.retryDelayMs(peer));
    this.#retries.set(peer, { timer, waitMs });
  }

  #redial(peer: string, address: Address): void {
    if (this.#closed || this.#o.isConnected(peer) || !this.#o.hasChannel(hexToBytes(peer))) return;
    this.#dial(peer, address, DEFAULT_TIMEOUT_MS).catch(() => this.#retry(peer));
  }
}

function withResolvers() {
  let resolve!: () => void;
  let reject!: (error: NodeError) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
