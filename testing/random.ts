/** Numbers that follow from a seed (xorshift128+, Vigna 2014): the same in every run, and no secret. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    // SplitMix32 fills the state, so that near seeds give far sequences.
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    [this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next() | 1];
  }

  /** 0..2^32-1 */
  u32(): number {
    const t = this.#d ^ (this.#d << 11);
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = this.#a;
    this.#a = (this.#a ^ (this.#a >>> 19) ^ t ^ (t >>> 8)) >>> 0;
    return this.#a;
  }

  /** 0..end-1 */
  below(end: number): number {
    return this.u32() % end;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new RangeError("nothing to pick from");
    return chosen;
  }

  bytes(length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at++) out[at] = this.u32() >>> 24;
    return out;
  }
}

/** The card's random number generator of a campaign: the same numbers for each card made from it. */
export const seededEntropy = (seed: number): ((length: number) => Uint8Array) => {
  const random = new SeededRandom(seed);
  return (length) => random.bytes(length);
};
