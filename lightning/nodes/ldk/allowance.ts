import type { Flow } from "./peer-limits.js";

/** What one peer may still send, in bytes: a bucket that fills over time. */
export class Allowance {
  #flow: Flow;
  #left: number;
  #filledAt: number;

  /** @param now milliseconds of a monotonic clock */
  constructor(flow: Flow, now: number) {
    this.#flow = flow;
    this.#left = flow.burst;
    this.#filledAt = now;
  }

  /** @returns milliseconds until what was taken is there; 0 when it is. Infinity when it never will be */
  take(bytes: number, now: number): number {
    this.#fill(now);
    this.#left -= bytes;
    return this.#left >= 0 ? 0 : (1000 * -this.#left) / this.#flow.perSecond;
  }

  /** Adds to what may be sent, at most as much again as a burst. */
  grant(bytes: number): void {
    this.#left = Math.max(this.#left, Math.min(this.#left + bytes, 2 * this.#flow.burst));
  }

  /** Another flow from now on, with its whole burst. */
  become(flow: Flow, now: number): void {
    this.#flow = flow;
    this.#left = flow.burst;
    this.#filledAt = now;
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#flow;
    const earned = (Math.max(0, now - this.#filledAt) * perSecond) / 1000;
    if (this.#left < burst) this.#left = Math.min(burst, this.#left + earned);
    this.#filledAt = now;
  }
}
