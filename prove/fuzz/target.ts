/** Something that reads bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Share of the inputs, about the inverse of what one costs. */
  readonly weight: number;
  /** Right inputs, and wrong ones of the vectors: mutation starts from them. */
  corpus(): readonly Uint8Array[];
  /** Inputs of up to 64 KiB at the bounds of what is accepted. They are read as they are and not mutated. */
  extremes?(): readonly Uint8Array[];
  /** Words and signs that mutation puts into texts. */
  readonly words?: readonly string[];
  /** Longest that an input of 64 KiB may take, in milliseconds; 50 unless the work is another than reading. */
  readonly limitMs?: number;
  /** Makes of the mutated bytes what is read, with checksums that are right; not timed. Default: the bytes themselves. */
  prepare?(input: Uint8Array): Uint8Array;
  /**
   * Reads one input and keeps nothing of it. Of what it returns only the size is checked.
   * @throws ChequecardError for an input that is refused; anything else is a failure
   */
  run(input: Uint8Array): unknown;
  /** Closes what was opened for reading. More inputs may follow. */
  end?(): Promise<void>;
}

/** An input as text, each byte a character, so that no byte is lost. */
export const textOf = (input: Uint8Array): string => Buffer.from(input).toString("latin1");
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** Several messages in one input: each behind its length in two bytes. The last one may be cut. */
export function* chunksOf(input: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + 2 <= input.length; ) {
    const length = ((input[at] ?? 0) << 8) | (input[at + 1] ?? 0);
    yield input.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}

export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const parts = chunks.flatMap((chunk) => [Uint8Array.of(chunk.length >> 8, chunk.length & 0xff), chunk]);
  return Uint8Array.from(Buffer.concat(parts));
}
