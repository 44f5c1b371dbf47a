/** A reader refuses what it was given. `what` names the field as `error` does in specs/vectors. */
export class Refused extends Error {
  readonly what: string;

  constructor(what: string) {
    super(`refused: ${what}`);
    this.what = what;
  }
}

/** Refuses unless `right`. @throws Refused */
export function need(right: boolean, what: string): asserts right {
  if (!right) throw new Refused(what);
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const unhex = (text: string): Buffer => Buffer.from(text, "hex");
/** The bytes of a text; all that is written here is ASCII, but for descriptions. */
export const ascii = (text: string): Buffer => Buffer.from(text);
export const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

/** Unsigned, big-endian, `length` bytes. @throws RangeError when it does not fit */
export function uint(value: bigint | number, length: number): Buffer {
  const bytes = unhex(value.toString(16).padStart(2 * length, "0"));
  if (bytes.length !== length) throw new RangeError(`${value} does not fit ${length} bytes`);
  return bytes;
}

/** The unsigned big-endian integer in all of the bytes; no bytes are 0. */
export const integer = (bytes: Uint8Array): bigint => BigInt(`0x0${hex(bytes)}`);

/** Reads fields from left to right. */
export class Fields {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws Refused with `what` when there are fewer bytes */
  take(length: number, what: string): Buffer {
    need(length <= this.left, what);
    this.#at += length;
    return Buffer.from(this.#bytes.subarray(this.#at - length, this.#at));
  }

  /** An integer of at most 6 bytes. @throws Refused */
  uint(length: number, what: string): number {
    return this.take(length, what).readUIntBE(0, length);
  }

  rest(): Buffer {
    return this.take(this.left, "");
  }

  /** @throws Refused with `what` when bytes are left */
  end(what: string): void {
    need(this.left === 0, what);
  }
}
