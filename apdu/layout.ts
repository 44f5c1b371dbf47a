import layout from "buffer-layout";
import { expectLength, readU64, u64 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";
import { MAX_MSAT, type Msat } from "../common/msat.js";

/** One field of a fixed layout: its bytes and what they mean. */
export interface Field<T> {
  readonly length: number;
  /** Reads the value that begins at `offset`. @throws ParseError */
  read(bytes: Uint8Array, offset: number, path: string): T;
  /** @throws ValueError */
  write(value: T, path: string): Uint8Array;
}

/** A record of fixed length, both directions. */
export interface FixedLayout<T> {
  readonly length: number;
  /** @throws ValueError naming the field */
  encode(value: T): Uint8Array;
  /** Needs exactly `length` bytes. @throws ParseError naming the field */
  decode(bytes: Uint8Array, path?: string): T;
}

/** The values of the fields; reserved ones have none. */
type Values<F extends Record<string, Field<unknown>>> = {
  readonly [K in keyof F as F[K] extends Field<undefined> ? never : K]: F[K] extends Field<infer T>
    ? T
    : never;
};

/** `length` bytes, copied. */
export const bytesField = (length: number): Field<Uint8Array> => ({
  length,
  read: (bytes, offset) => bytes.slice(offset, offset + length),
  write(value, path) {
    if (value.length !== length) throw new ValueError(path, `need ${length} bytes, have ${value.length}`);
    return value;
  },
});

/** Big-endian unsigned integer of 1, 3 or 4 bytes. */
export const uintField = (length: 1 | 3 | 4): Field<number> => ({
  length,
  read(bytes, offset) {
    let value = 0;
    for (let i = 0; i < length; i++) value = value * 256 + (bytes[offset + i] ?? 0);
    return value;
  },
  write(value, path) {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** length)
      throw new ValueError(path, `need an integer of ${length} bytes, have ${value}`);
    const out = Buffer.alloc(length);
    out.writeUIntBE(value, 0, length);
    return out;
  },
});

/** Flag byte: bits outside `known` are refused in both directions, so that a later meaning is never overlooked. */
export const flagsField = (known: number): Field<number> => ({
  length: 1,
  read(bytes, offset, path) {
    const flags = bytes[offset] ?? 0;
    if (flags & ~known)
      throw new ParseError(path, `unknown flag bits in 0x${flags.toString(16).padStart(2, "0")}`);
    return flags;
  },
  write(value, path) {
    if (value & ~known || value < 0) throw new ValueError(path, `unknown flag bits in ${value}`);
    return Uint8Array.of(value);
  },
});

/** u64 amount of millisatoshi, at most 21 million bitcoin. */
export const amountField: Field<Msat> = {
  length: 8,
  read(bytes, offset, path) {
    const value = readU64(bytes, offset);
    if (value > MAX_MSAT) throw new ParseError(path, `need at most ${MAX_MSAT} msat, have ${value}`);
    return value as Msat;
  },
  write: (value, path) => u64(value, path),
};

/** u64 limit: any value, FF..FF for "no such limit". */
export const limitField: Field<bigint> = {
  length: 8,
  read: readU64,
  write: (value, path) => u64(value, path),
};

/** Bytes reserved for future use: written as zero, ignored when read. */
export const reservedField = (length: number): Field<undefined> => ({
  length,
  read: () => undefined,
  write: () => new Uint8Array(length),
});

/**
 * A fixed layout from its fields in order. The framing (offsets, spans) is buffer-layout's; every field travels
 * through it as a blob, because buffer-layout rounds u64 above 2^53 and drops no error for a wrong value.
 */
export function fixedLayout<F extends Record<string, Field<unknown>>>(
  name: string,
  fields: F,
): FixedLayout<Values<F>> {
  const entries = Object.entries<Field<unknown>>(fields);
  const frame = layout.struct(entries.map(([key, field]) => layout.blob(field.length, key)));
  const places = entries.map(([key, field]) => ({ key, field, offset: frame.offsetOf(key) ?? 0 }));
  return {
    length: frame.span,
    encode(value) {
      const blobs: Record<string, Buffer> = {};
      for (const [key, field] of entries) {
        const bytes = field.write((value as Record<string, unknown>)[key], `${name}/${key}`);
        blobs[key] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      }
      const out = Buffer.alloc(frame.span);
      frame.encode(blobs, out);
      return Uint8Array.from(out);
    },
    decode(bytes, path = name) {
      expectLength(bytes, frame.span, path);
      // A plain array: slice() of a Buffer would not copy.
      const record = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      const out: Record<string, unknown> = {};
      for (const { key, field, offset } of places) {
        const value = field.read(record, offset, `${path}/${key}`);
        if (value !== undefined) out[key] = value;
      }
      return out as Values<F>;
    },
  };
}
