import { setTimeout as sleep } from "node:timers/promises";
import { type Rate, TokenBucket } from "../../common/token-bucket.js";

/** Codes that wait for their turn, and those of one visitor among them. */
const MAX_WAITING = 32;
const MAX_WAITING_OF_VISITOR = 3;
/** A code costs a tenth of a second of one core: less than half of one is used, whatever comes. */
const RATE: Rate = { burst: 8, perSecond: 4 };

/**
 * Hashes one code at a time, at a bounded rate, so that no flood of them takes the processor or the database
 * from payments. What does not find room is refused at once.
 */
export class HashQueue {
  readonly #pace: TokenBucket;
  readonly #monotonic: () => number;
  readonly #waiting = new Map<string, number>();
  readonly #closing = new AbortController();
  #count = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param monotonic milliseconds */
  constructor(monotonic: () => number, rate: Rate = RATE) {
    this.#monotonic = monotonic;
    this.#pace = new TokenBucket(rate, monotonic());
  }

  /** Those that wait or are worked on. */
  get size(): number {
    return this.#count;
  }

  /** @param visitor whose work it is; @returns undefined, and does nothing, where there is no room */
  async run<T>(visitor: string, work: () => Promise<T>): Promise<T | undefined> {
    const own = this.#waiting.get(visitor) ?? 0;
    if (this.#count >= MAX_WAITING || own >= MAX_WAITING_OF_VISITOR || this.#closing.signal.aborted)
      return undefined;
    this.#count++;
    this.#waiting.set(visitor, own + 1);
    const turn = this.#last.then(() => this.#work(work));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#count--;
      const left = (this.#waiting.get(visitor) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(visitor);
      else this.#waiting.set(visitor, left);
    }
  }

  /** Refuses what waits, and ends with what is worked on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #work<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#closing;
    const waitMs = this.#pace.take(1, this.#monotonic());
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    return signal.aborted ? undefined : await work();
  }
}
