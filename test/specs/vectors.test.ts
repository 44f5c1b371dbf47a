import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { loadGenerators, render, vectorPath } from "../../specs/generate/index.js";

const generators = await loadGenerators();

describe("vector files are what their generators make", () => {
  test.each(generators)("$file", (generator) => {
    const path = vectorPath(generator.file);
    expect(existsSync(path), `${generator.file} is missing: npm run vectors`).toBe(true);
    expect(readFileSync(path, "utf8"), "the file differs: npm run vectors").toBe(render(generator));
  });

  test("a vector file without a generator names the publication it was taken from", () => {
    const generated = new Set(generators.map(({ file }) => file));
    for (const name of readdirSync(dirname(vectorPath("x")))) {
      if (generated.has(name)) continue;
      const { source } = JSON.parse(readFileSync(vectorPath(name), "utf8")) as { source?: unknown };
      expect(source, `${name} has neither a generator nor a source`).toEqual(expect.any(String));
    }
  });

  test("a generator gives the same at every call", () => {
    for (const generator of generators) expect(render(generator)).toBe(render(generator));
  });
});
