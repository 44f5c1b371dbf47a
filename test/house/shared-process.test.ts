import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { OWN_PROCESS, SHARED_PROCESS } from "../shared-process.js";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** What a file changes for all that follow it in the same process, or starts beside it. */
const TOUCHES_PROCESS =
  /\bvi\.|\bglobalThis\.\w+ = |\bprocess\.(?:chdir|umask|on|once|exitCode)\b|\bprocess\.env\b|\bbuildProgram\b|"node:child_process"|"node:worker_threads"/;
/** Hooks that a helper registers when it is loaded count for the first file alone that loads it. */
const HOOKS_WHEN_LOADED = /^(?:before|after)(?:All|Each)\(/m;
/** Where a helper lies; product code has rules of its own. */
const HELPER = /^(?:test|testing)\//;
/** Helpers that start or change something that ends, or is as before, when their test file ends. */
const TIDY = [
  "test/issuer/frozen-ledger.ts",
  "testing/postgres/server.ts",
  "testing/command-run.ts",
  "testing/programs.ts",
  "testing/build-program.ts",
  "testing/programs-of-run.ts",
];

/** The files of the project that a file loads, itself included. */
function loaded(start: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, path = ""] of read(file).matchAll(/^(?:import|export)\s(?!type\b)[^"]*?"(\.[^"]+)";/gm)) {
      const next = normalize(join(dirname(file), path)).replace(/\.js$/, ".ts");
      if (existsSync(join(ROOT, next))) open.push(next);
    }
  }
  return seen;
}

describe("test files that share processes", () => {
  it("leave their process as they found it", () => {
    const touching = SHARED_PROCESS.filter((file) => TOUCHES_PROCESS.test(read(file)));
    expect(touching).toEqual([]);
  });

  it("load no helper that registers hooks or changes the process, and not LDK", () => {
    const faults = SHARED_PROCESS.flatMap((file) =>
      [...loaded(file)]
        .filter((other) => {
          const text = read(other);
          if (text.includes('"lightningdevkit"')) return true;
          if (!HELPER.test(other) || other === file || TIDY.includes(other)) return false;
          return TOUCHES_PROCESS.test(text) || HOOKS_WHEN_LOADED.test(text);
        })
        .map((other) => `${file} loads ${other}`),
    );
    expect(faults).toEqual([]);
  });

  it("are all there, and so are those with a process of their own", () => {
    expect(OWN_PROCESS.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(SHARED_PROCESS.length).toBeGreaterThan(100);
  });
});
