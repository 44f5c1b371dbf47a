import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project's root folder: where the package and the vectors are, from the sources and from what is built. */
export function projectRoot(from = import.meta.dirname): string {
  if (existsSync(join(from, "package.json")) && existsSync(join(from, "specs", "vectors"))) return from;
  const above = dirname(from);
  if (above === from) throw new RangeError("the folder specs/vectors is not above this program");
  return projectRoot(above);
}

/** A vector file of specs/vectors. */
export const vectorFile = (name: string): unknown =>
  JSON.parse(readFileSync(join(projectRoot(), "specs", "vectors", `${name}.json`), "utf8"));

/** All strings in it under one of the names, at any depth, up to a length. */
export function stringsOf(value: unknown, names: readonly string[], most = 8192): string[] {
  const found: string[] = [];
  const visit = (at: unknown, name: string): void => {
    if (typeof at === "string") {
      if (names.includes(name) && at.length <= most) found.push(at);
    } else if (Array.isArray(at)) for (const item of at) visit(item, name);
    else if (typeof at === "object" && at !== null)
      for (const [key, inner] of Object.entries(at)) visit(inner, key);
  };
  visit(value, "");
  return [...new Set(found)];
}

/** The same as bytes, of those that are hex. */
export const bytesIn = (value: unknown, names: readonly string[]): Uint8Array[] =>
  stringsOf(value, names, 16_384)
    .filter((text) => /^(?:[0-9a-fA-F]{2})*$/.test(text))
    .map((text) => Uint8Array.from(Buffer.from(text, "hex")));
