/** How fast something may happen. */
export interface Rate {
  /** Sustained, per second. */
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket for each key, with bounded memory: beyond `capacity` keys the one that was idle longest is
 * forgotten, which only ever gives that key a full bucket again.
 */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #capacity: number;
  /** In the order of last use, the oldest first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, capacity = 10_000) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token of a key. @param now milliseconds; @returns false when there is none left */
  take(key: string, now: number): boolean {
    const found = this.#buckets.get(key);
    const bucket = found ?? { tokens: this.#rate.burst, at: now };
    // A clock that was set back must not drain the bucket.
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + passed * this.#rate.perSecond);
    bucket.at = now;
    if (found) this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#capacity) this.#forgetOldest();
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
