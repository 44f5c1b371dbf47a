import type { SeededRandom } from "../../testing/random.js";

/** Longest input: what the bounds are stated for. */
export const MAX_INPUT = 64 * 1024;

const BYTES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0xfd, 0xfe, 0xff];
const NUMBERS = [0n, 1n, 0xffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 63n, 2n ** 64n - 1n];
const TEXTS = [
  "0",
  "-1",
  "99999999999999999999",
  "1e999",
  "null",
  "true",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\n",
  "\r\n",
  " ",
  "__proto__",
  "constructor",
  "\\u0000",
  "\u00ff",
];

/** Bends inputs: bytes, numbers, pieces, words; sometimes several times, sometimes up to 64 KiB. */
export class Mutator {
  readonly #random: SeededRandom;
  readonly #words: readonly Uint8Array[];

  constructor(random: SeededRandom, words: readonly string[] = []) {
    this.#random = random;
    this.#words = [...TEXTS, ...words].map((word) => Uint8Array.from(Buffer.from(word, "latin1")));
  }

  /** A new input from one of the corpus, or from nothing. */
  next(corpus: readonly Uint8Array[]): Uint8Array {
    const random = this.#random;
    if (corpus.length === 0 || random.oneIn(50)) return random.bytes(random.below(200));
    let input = random.pick(corpus);
    const times = random.oneIn(3) ? 1 + random.below(8) : 1;
    for (let time = 0; time < times; time++) input = this.#bend(input, corpus);
    if (random.oneIn(500)) input = this.#grow(input);
    return input.length > MAX_INPUT ? input.slice(0, MAX_INPUT) : input;
  }

  #bend(input: Uint8Array, corpus: readonly Uint8Array[]): Uint8Array {
    const random = this.#random;
    const at = random.below(input.length + 1);
    switch (random.below(12)) {
      case 0:
        return patched(input, at, (byte) => byte ^ (1 << random.below(8)));
      case 1:
        return patched(input, at, () => random.pick(BYTES));
      case 2:
        return patched(input, at, (byte) => byte + (random.oneIn(2) ? 1 : -1));
      case 3:
        return patched(input, at, () => random.below(256));
      case 4:
        return this.#number(input, at);
      case 5:
        return input.slice(0, at);
      case 6:
        return splice(input, at, random.below(9) + 1, new Uint8Array(0));
      case 7:
        return splice(input, at, 0, random.bytes(random.below(9) + 1));
      case 8: {
        const from = random.below(input.length + 1);
        return splice(input, at, 0, input.subarray(from, from + 1 + random.below(40)));
      }
      case 9: {
        const other = random.pick(corpus);
        return splice(input, at, input.length, other.subarray(random.below(other.length + 1)));
      }
      case 10:
        return splice(input, at, random.oneIn(2) ? random.below(5) : 0, random.pick(this.#words));
      default:
        return this.#digits(input);
    }
  }

  #number(input: Uint8Array, at: number): Uint8Array {
    const length = this.#random.pick([2, 4, 8]);
    const hex = (this.#random.pick(NUMBERS) & (2n ** BigInt(8 * length) - 1n)).toString(16);
    return splice(input, at, length, Buffer.from(hex.padStart(2 * length, "0"), "hex"));
  }

  /** Another number in place of one in a text. */
  #digits(input: Uint8Array): Uint8Array {
    const first = input.findIndex((byte) => byte >= 0x30 && byte <= 0x39);
    if (first < 0) return patched(input, this.#random.below(input.length + 1), () => 0x30);
    const at = first + this.#random.below(Math.max(1, input.length - first));
    const text = this.#random.pick(["0", "00", "9", "255", "256", "65536", "4294967296", "1.5", "-"]);
    return splice(input, at, 1, Buffer.from(text, "latin1"));
  }

  /** A piece over and over, up to 64 KiB: what is quadratic shows. */
  #grow(input: Uint8Array): Uint8Array {
    const from = this.#random.below(input.length + 1);
    const piece = input.subarray(from, from + 1 + this.#random.below(64));
    if (piece.length === 0) return input;
    const filler = Buffer.alloc(this.#random.oneIn(2) ? MAX_INPUT : this.#random.below(MAX_INPUT), piece);
    return splice(input, from, 0, filler);
  }
}

function patched(input: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const out = input.slice();
  const byte = out[at];
  if (byte !== undefined) out[at] = change(byte) & 0xff;
  return out;
}

function splice(input: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const start = Math.min(at, input.length);
  const rest = input.subarray(Math.min(start + remove, input.length));
  const out = new Uint8Array(start + insert.length + rest.length);
  out.set(input.subarray(0, start));
  out.set(insert, start);
  out.set(rest, start + insert.length);
  return out;
}
