/** Most things remembered; those that were not seen for longest are forgotten, and are new when they come again. */
const MOST = 100_000;

/**
 * When things that never change were first seen, by a clock that only runs. The system's clock may be set a day wrong
 * and right again: what was first seen an hour ago is an hour old nevertheless.
 */
export class Sightings<T> {
  readonly #seen = new Map<string, { readonly thing: T; readonly first: number }>();

  /** @param now milliseconds of the monotonic clock @returns how long ago it was first seen; 0: it is new */
  see(name: string, thing: T, now: number): number {
    const seen = this.#seen.get(name) ?? { thing, first: now };
    this.#seen.delete(name);
    this.#seen.set(name, seen);
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MOST) break;
      this.#seen.delete(oldest);
    }
    return now - seen.first;
  }

  /** What was first seen so long ago. */
  older(ms: number, now: number): T[] {
    return [...this.#seen.values()].filter(({ first }) => now - first >= ms).map(({ thing }) => thing);
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}
