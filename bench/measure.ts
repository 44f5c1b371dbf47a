/** One figure of the benchmark. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "us" | "per s" | "bytes" | "MB" | "x" | "APDUs" | "s";
  /** What it is compared with, or how it was taken. */
  readonly note: string;
  /** The limit it is held against, where there is one; figures never fail a test. */
  readonly goal?: { readonly atMost?: number; readonly atLeast?: number };
}

/** A part of the benchmark. */
export interface Benchmark {
  readonly name: string;
  run(options: { readonly large: boolean }): Promise<readonly Figure[]>;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** Median time of one call in milliseconds, after a tenth of the calls as warm-up. */
export async function medianTime(calls: number, work: (i: number) => unknown): Promise<number> {
  for (let i = 0; i < calls / 10; i++) await work(-1 - i);
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const started = performance.now();
    await work(i);
    times.push(performance.now() - started);
  }
  return median(times);
}

/**
 * Median times of one call of each in milliseconds, taken one after the other, so that whatever else the machine does meets
 * both; after a tenth of the calls as warm-up.
 */
export function alternating(
  calls: number,
  one: () => unknown,
  other: () => unknown,
): [one: number, other: number] {
  const times: [number[], number[]] = [[], []];
  for (let i = -calls / 10; i < calls; i++)
    for (const [of, work] of [one, other].entries()) {
      const started = performance.now();
      work();
      if (i >= 0) times[of]?.push(performance.now() - started);
    }
  return [median(times[0]), median(times[1])];
}

/** Calls per second over at least `seconds`. */
export function rate(seconds: number, work: () => unknown): number {
  for (let i = 0; i < 10; i++) work();
  const started = performance.now();
  let calls = 0;
  while (performance.now() - started < seconds * 1000) {
    work();
    calls++;
  }
  return (1000 * calls) / (performance.now() - started);
}
