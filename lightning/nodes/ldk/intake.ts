import { TokenBucket } from "../../../common/token-bucket.js";
import type { Connection } from "./connection.js";
import { FairQueue } from "./fair-queue.js";

/** What came of what peers sent, since the node started. */
export interface IntakeCounts {
  /** Bytes that LDK was handed. */
  readonly handled: number;
  /** Peers that were cut off because they sent more than their flow. */
  readonly flooded: number;
  /** Connections that lost their place to others. */
  readonly evicted: number;
  /** Connections that ended because of what they did not do in time. */
  readonly late: number;
  /** Open now. */
  readonly connections: number;
}

/** Bytes that LDK is handed in one go: what a few bytes can make it do must not hold the process up. */
const TRUSTED_SLICE = 4096;
const SLICE = 512;
/** Milliseconds after which others have their turn, timers and cards included. */
const TURN_MS = 4;
/** Milliseconds for peers of which nothing is known: a quarter of the time. */
const SHARE = { burst: 100, perSecond: 250 } as const;

/**
 * Hands LDK what peers have sent, in small slices and fair turns: peers with a channel and known ones first, then
 * the others, address by address. Only how long it takes depends on the time; what is handed over does not.
 */
export class Intake {
  readonly #trusted = new FairQueue<Connection>();
  readonly #others = new FairQueue<Connection>();
  readonly #handle: (connection: Connection, slice: Uint8Array) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isScheduled = false;
  readonly #share = new TokenBucket(SHARE, performance.now());
  #isStopped = false;

  constructor(handle: (connection: Connection, slice: Uint8Array) => void) {
    this.#handle = handle;
  }

  /** There may be something to hand over. */
  push(connection: Connection): void {
    if (connection.pendingLength === 0 || connection.isHeld || connection.isCut || this.#isStopped) return;
    const wait = connection.notBefore - performance.now();
    if (wait > 0) this.#later(wait, () => this.push(connection));
    else {
      const { standing } = connection;
      (standing === "channel" || standing === "known" ? this.#trusted : this.#others).push(connection);
      this.#schedule();
    }
  }

  delete(connection: Connection): void {
    this.#trusted.delete(connection);
    this.#others.delete(connection);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    const turn = () => {
      this.#isScheduled = false;
      if (!this.#isStopped) this.#turn();
    };
    const wait = this.#trusted.size > 0 ? 0 : this.#share.take(0, performance.now());
    if (wait > 0) this.#later(wait, turn);
    else setImmediate(turn);
  }

  #turn(): void {
    const start = performance.now();
    this.#serve(this.#trusted, TRUSTED_SLICE, start);
    const before = performance.now();
    if (this.#share.take(0, before) === 0) {
      this.#serve(this.#others, SLICE, start);
      const after = performance.now();
      this.#share.take(after - before, after);
    }
    if (this.#trusted.size > 0 || this.#others.size > 0) this.#schedule();
  }

  /** At most one slice for each connection, so that what it costs is seen before the next; at least one in all. */
  #serve(queue: FairQueue<Connection>, length: number, start: number): void {
    let left = queue.size;
    do {
      const connection = queue.next();
      if (!connection) return;
      if (connection.isCut || connection.isHeld) continue;
      this.#handle(connection, connection.slice(length));
      this.push(connection);
    } while (--left > 0 && performance.now() - start < TURN_MS);
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}
