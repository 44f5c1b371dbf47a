import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { aboutPath } from "../../specs/generate/index.js";
import { renderSchema, SCHEMAS, schemaFile } from "../../specs/schemas/index.js";
import { readVectorFile } from "./vector-file.js";

const FILES = Object.keys(SCHEMAS);
const read = (path: string): string => readFileSync(path, "utf8");
const page = (file: string): string => aboutPath(file.replace(/\.json$/, ".md"));

/** The schema as it stands in the repository, not as it was written. */
const published = (file: string): z.ZodType =>
  z.fromJSONSchema(JSON.parse(read(aboutPath(schemaFile(file)))) as Parameters<typeof z.fromJSONSchema>[0]);

/** Names of fields whose own fields a page need not list: another document does, or they are names themselves. */
const ELSEWHERE = /^(routeHints|lead|hint|secretScheme|publish)$/;

/** Every name of a field and every name of an error, deeply. */
function namesIn(value: unknown, names = new Set<string>(), within = ""): Set<string> {
  if (Array.isArray(value)) for (const entry of value) namesIn(entry, names, within);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      if (ELSEWHERE.test(within)) continue;
      names.add(name);
      if (name === "error") names.add(String(inner).replaceAll(/(?<=\/)\d(?=\/|$)|(?<=\[)\d(?=\])/g, "n"));
      namesIn(inner, names, name);
    }
  return names;
}

describe.each(FILES)("%s", (file) => {
  test("its JSON Schema is what is generated", () => {
    expect(existsSync(aboutPath(schemaFile(file))), "missing: npm run vectors").toBe(true);
    expect(read(aboutPath(schemaFile(file))), "differs: npm run vectors").toBe(renderSchema(file));
  });

  test("keeps to its JSON Schema", () => {
    expect(published(file).safeParse(readVectorFile(file)).error).toBeUndefined();
  });

  test("would not with a field more, or without its vectors", () => {
    const content = readVectorFile<Record<string, unknown>>(file);
    expect(published(file).safeParse({ ...content, more: 1 }).success).toBe(false);
    const [list] = Object.keys(content).filter((name) => Array.isArray(content[name]));
    expect(published(file).safeParse({ ...content, [String(list)]: undefined }).success).toBe(false);
  });

  test("its page names every field and every error", () => {
    const text = read(page(file));
    const words = new Set([...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word));
    const missing = [...namesIn(readVectorFile(file))].filter((name) => !words.has(name));
    expect(missing).toEqual([]);
  });
});
