import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hexToBytes, ParseError, ValueError } from "../common/index.js";

/** One table per codec, both directions: good pairs, values that must not be written, bytes that must not be read. */
export interface CodecTable<T> {
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => T;
  /** [value, hex] */
  readonly good: readonly (readonly [T, string])[];
  /** [value, what the error must name] */
  readonly badValues?: readonly (readonly [T, string | RegExp])[];
  /** [hex, what the error must name] */
  readonly badBytes?: readonly (readonly [string, string | RegExp])[];
}

/** Runs a table as tests under `name`. */
export function codecTable<T>(name: string, table: CodecTable<T>): void {
  describe(name, () => {
    it.each(table.good.map(([value, hex]) => ({ value, hex })))("writes and reads $hex", ({ value, hex }) => {
      expect(bytesToHex(table.encode(value))).toBe(hex);
      expect(table.decode(hexToBytes(hex))).toEqual(value);
    });
    it.each((table.badValues ?? []).map(([value, names]) => ({ value, names })))(
      "refuses to write, naming $names",
      ({ value, names }) => {
        expect(() => table.encode(value)).toThrow(ValueError);
        expect(() => table.encode(value)).toThrow(names);
      },
    );
    it.each((table.badBytes ?? []).map(([hex, names]) => ({ hex, names })))(
      "refuses to read $hex, naming $names",
      ({ hex, names }) => {
        expect(() => table.decode(hexToBytes(hex))).toThrow(ParseError);
        expect(() => table.decode(hexToBytes(hex))).toThrow(names);
      },
    );
  });
}
