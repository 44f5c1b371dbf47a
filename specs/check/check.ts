/** The reference implementation, or a mutant of it. */
export type Reference = typeof import("../../reference/index.js");

/** Named fields of a vector. */
export type Words = Readonly<Record<string, unknown>>;

/** A vector that an implementation gets wrong. */
export class Mismatch extends Error {}

/** Bytes as hex and big integers as decimal strings, absent as null, deeply: the form of fields in vector files. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "bigint") return value.toString();
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  return value;
}

/** The same with the names in order. */
const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, inner]) => [name, ordered(inner)]),
        )
      : value;

/** @throws Mismatch unless both are the same as a vector file writes them */
export function same(found: unknown, wanted: unknown, where: string): void {
  const [have, need] = [found, wanted].map((value) => JSON.stringify(ordered(plain(value))));
  if (have !== need) throw new Mismatch(`${where}: need ${need}, have ${have}`);
}

/** What a reader refuses, by name; "accepted" when it does not. @throws whatever else it throws */
export function refused(read: () => unknown): string {
  try {
    read();
    return "accepted";
  } catch (error) {
    if (error instanceof Error && "what" in error) return String(error.what);
    throw error;
  }
}

export const unhex = (text: string): Buffer => Buffer.from(text, "hex");

/** Amounts of a vector: decimal strings to big integers, nothing else changed. */
export const amounts = <T extends object>(
  value: T,
): { [K in keyof T]: T[K] extends string ? bigint : T[K] } =>
  Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && /^\d+$/.test(inner) ? BigInt(inner) : inner,
    ]),
  ) as never;

/** Holds an implementation to the vectors of one file. @throws Mismatch, or whatever the implementation throws */
export interface FileCheck {
  readonly file: string;
  check(reference: Reference, content: never): void;
}
