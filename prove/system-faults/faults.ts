import type { SeededRandom } from "../../testing/random.js";

/** What goes wrong and how often; calm when everything is healed. */
export class Faults {
  /** False: nothing goes wrong any more. */
  on = true;
  readonly random: SeededRandom;
  readonly #count: (what: string) => void;

  constructor(random: SeededRandom, count: (what: string) => void) {
    this.random = random;
    this.#count = count;
  }

  /** True once in `n` times, counted under its name; never when calm. */
  strikes(what: string, n: number): boolean {
    if (!this.on || !this.random.oneIn(n)) return false;
    this.#count(what);
    return true;
  }

  /** Counts a fault that was brought about otherwise. */
  note(what: string): void {
    this.#count(what);
  }

  /** Milliseconds that a message is in flight. */
  delay(): number {
    return this.strikes("messages delayed", 12)
      ? 1_000 + this.random.below(60_000)
      : 1 + this.random.below(80);
  }

  /** How often a message arrives. */
  copies(): number {
    if (this.strikes("messages lost", 10)) return 0;
    return this.strikes("messages doubled", 20) ? 2 : 1;
  }

  /** Milliseconds that an HTLC needs to the payee, or the preimage back. */
  routeDelay(): number {
    return this.strikes("payments stuck for minutes", 12)
      ? 40_000 + this.random.below(400_000)
      : 5 + this.random.below(2_000);
  }

  routeFails(): boolean {
    return this.strikes("payments failed", 8);
  }
}
