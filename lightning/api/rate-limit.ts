/** How often one peer may ask. */
export interface Rate {
  /** Requests that may come at once. */
  readonly burst: number;
  /** Requests a second that are granted on average. */
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  /** Milliseconds. */
  filledAt: number;
}

/**
 * A token bucket for each peer. Holds a bounded number of them; the one used longest ago is forgotten first, which
 * gives that peer a full bucket again and costs no memory.
 */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  private readonly rate: Rate;
  private readonly maxPeers: number;

  constructor(rate: Rate, maxPeers: number) {
    this.rate = rate;
    this.maxPeers = maxPeers;
  }

  /** True when the peer may ask now. @param now milliseconds; a clock that goes back grants nothing */
  take(peer: string, now: number): boolean {
    const { burst, perSecond } = this.rate;
    const bucket = this.buckets.get(peer) ?? { tokens: burst, filledAt: now };
    const elapsed = Math.max(0, now - bucket.filledAt);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsed * perSecond) / 1000);
    bucket.filledAt = now;
    const granted = bucket.tokens >= 1;
    if (granted) bucket.tokens--;
    this.buckets.delete(peer);
    this.buckets.set(peer, bucket);
    for (const oldest of this.buckets.keys()) {
      if (this.buckets.size <= this.maxPeers) break;
      this.buckets.delete(oldest);
    }
    return granted;
  }
}
