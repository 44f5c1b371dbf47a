/** How much may come. */
export interface Rate {
  /** At once, after a pause. */
  readonly burst: number;
  /** Sustained. */
  readonly perSecond: number;
}

/** A token bucket. Times are milliseconds; a clock that is set back fills nothing and empties nothing. */
export class TokenBucket {
  #rate: Rate;
  #left: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#filledAt = now;
  }

  /** Takes what is there. @returns false, and takes nothing, when less is there */
  tryTake(amount: number, now: number): boolean {
    this.#fill(now);
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  /** Takes it in any case. @returns milliseconds until it is there; 0 when it is. Infinity when it never will be */
  take(amount: number, now: number): number {
    this.#fill(now);
    this.#left -= amount;
    return this.#left >= 0 ? 0 : (1000 * -this.#left) / this.#rate.perSecond;
  }

  /** Adds to what is there, at most as much again as a burst. */
  grant(amount: number): void {
    this.#left = Math.max(this.#left, Math.min(this.#left + amount, 2 * this.#rate.burst));
  }

  /** Another rate from now on, with its whole burst. */
  become(rate: Rate, now: number): void {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#filledAt = now;
  }

  #fill(now: number): void {
    const { burst, perSecond } = this.#rate;
    const earned = (Math.max(0, now - this.#filledAt) * perSecond) / 1000;
    if (this.#left < burst) this.#left = Math.min(burst, this.#left + earned);
    this.#filledAt = now;
  }
}

/**
 * A token bucket for each key, with bounded memory: beyond `capacity` keys the one that was idle longest is
 * forgotten, which only ever gives that key a full bucket again.
 */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #capacity: number;
  /** In the order of last use, the oldest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, capacity = 10_000) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token of a key. @param now milliseconds; @returns false when there is none left */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size > this.#capacity && !oldest.done) this.#buckets.delete(oldest.value);
    return bucket.tryTake(1, now);
  }
}
