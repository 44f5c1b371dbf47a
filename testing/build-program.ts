import { mkdirSync, mkdtempSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build } from "vite";
import { removeAtEnd } from "./hooks.js";
import { PACKAGE_ALIAS } from "./package-alias.js";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * Makes a TypeScript program runnable by this Node.js, for tests that kill processes. The result lies within
 * node_modules, so that it finds the packages, until the test file has ended.
 * @param entry path from the repository's root
 * @returns path of the JavaScript file
 */
export async function buildProgram(entry: string): Promise<string> {
  const cache = join(ROOT, "node_modules", ".cache", "chequecard-tests");
  mkdirSync(cache, { recursive: true });
  const outDir = removeAtEnd(mkdtempSync(join(cache, "program-")));
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "silent",
    resolve: { alias: PACKAGE_ALIAS },
    build: { ssr: join(ROOT, entry), outDir, target: "node20", minify: false },
  });
  return join(outDir, basename(entry).replace(/\.ts$/, ".js"));
}
