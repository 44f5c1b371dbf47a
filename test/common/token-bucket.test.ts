import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket, TokenBuckets } from "../../common/token-bucket.js";

describe("token buckets", () => {
  it("a burst, then the sustained rate", () => {
    const buckets = new TokenBuckets({ perSecond: 2, burst: 3 });
    expect([0, 0, 0, 0].map((now) => buckets.take("a", now))).toEqual([true, true, true, false]);
    expect(buckets.take("b", 0)).toBe(true);
    expect([499, 500, 501].map((now) => buckets.take("a", now))).toEqual([false, true, false]);
  });

  it("a clock set back gives nothing and takes nothing", () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 2 });
    expect([5000, 0, 0].map((now) => buckets.take("a", now))).toEqual([true, true, false]);
  });

  it("never more than burst + rate, and memory stays bounded", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ key: fc.integer({ min: 0, max: 40 }), pause: fc.integer({ min: 0, max: 700 }) }),
        ),
        (steps) => {
          const buckets = new TokenBuckets({ perSecond: 1, burst: 2 }, 8);
          const single = new TokenBuckets({ perSecond: 1, burst: 2 }, 8);
          let now = 0;
          let given = 0;
          for (const { key, pause } of steps) {
            now += pause;
            buckets.take(`${key}`, now);
            if (single.take("one", now)) given++;
          }
          expect(buckets.size).toBeLessThanOrEqual(8);
          expect(given).toBeLessThanOrEqual(2 + now / 1000);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe("what a peer may send", () => {
  it("is a burst, and then as much as time has brought", () => {
    const allowance = new TokenBucket({ burst: 1000, perSecond: 100 }, 0);
    expect(allowance.take(1000, 0)).toBe(0);
    expect(allowance.take(50, 0)).toBe(500);
    expect(allowance.take(0, 600)).toBe(0);
    expect(allowance.take(1, 600)).toBe(0);
  });

  it("never is more than a burst, however long it was silent, nor more for a clock that goes back", () => {
    const allowance = new TokenBucket({ burst: 10, perSecond: 10 }, 1000);
    expect(allowance.take(11, 1_000_000)).toBe(100);
    expect(allowance.take(0, 0)).toBe(100);
  });

  it("grows by what it was asked for, at most to two bursts", () => {
    const allowance = new TokenBucket({ burst: 10, perSecond: 0 }, 0);
    for (let i = 0; i < 5; i++) allowance.grant(4);
    expect(allowance.take(20, 0)).toBe(0);
    expect(allowance.take(1, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
