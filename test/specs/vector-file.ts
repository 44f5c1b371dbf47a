import { readFileSync } from "node:fs";
import { vectorPath } from "../../specs/generate/index.js";

/** A vector file as it stands. */
export const readVectorFile = <T>(file: string): T => JSON.parse(readFileSync(vectorPath(file), "utf8")) as T;

/** Bytes as hex and bigints as decimal strings, deeply: the form of fields in vector files. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "bigint") return value.toString();
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  return value;
}
