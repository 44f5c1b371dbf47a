import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { vectorPath } from "../../specs/generate/index.js";
import { type Mutant, mutantsOf } from "./operators.js";

/** The package, whose compiled reference implementation is mutated. */
export const ROOT = join(vectorPath("x"), "../../..");
export const COMPILED = join(ROOT, "dist/reference");

/** Files of the compiled reference implementation, by name. */
export function readSources(): ReadonlyMap<string, string> {
  const names = readdirSync(COMPILED, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .sort();
  return new Map(names.map((name) => [name, readFileSync(join(COMPILED, name), "utf8")]));
}

/** Every mutant of the reference implementation. */
export const allMutants = (sources: ReadonlyMap<string, string>): Mutant[] =>
  [...sources].flatMap(([file, source]) => mutantsOf(file, source));

/** A thread cannot run TypeScript: from the tests, too, it is the compiled one. */
export const WORKER = join(ROOT, "dist/prove/mutation/worker.js");
