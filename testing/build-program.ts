import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build } from "vite";
import { inject } from "vitest";
import { removeAtEnd } from "./hooks.js";
import { PACKAGE_ALIAS } from "./package-alias.js";
import { newProgramsFolder } from "./programs-of-run.js";

const ROOT = resolve(import.meta.dirname, "..");
/** Packages of many small files, which every process would have to find and read when it starts. */
const BUNDLED = ["kysely", "zod", "prom-client", "@opentelemetry/api", "commander", /^@noble\//, /^@scure\//];

/**
 * Makes a TypeScript program runnable by this Node.js, for tests that kill processes. Test files of one run share it
 * (programs-of-run.ts); without a run to share it in, it is gone when the test file has ended.
 * @param entry path from the repository's root
 * @returns path of the JavaScript file
 */
export async function buildProgram(entry: string): Promise<string> {
  const shared = inject("programsFolder") ?? removeAtEnd(newProgramsFolder());
  const folder = join(shared, entry.replace(/\W/g, "-"));
  const program = join(folder, basename(entry).replace(/\.ts$/, ".js"));
  if (existsSync(program)) return program;
  const outDir = mkdtempSync(`${folder}-`);
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "silent",
    resolve: { alias: PACKAGE_ALIAS },
    ssr: { noExternal: BUNDLED },
    build: { ssr: join(ROOT, entry), outDir, target: "node20", minify: false },
  });
  try {
    renameSync(outDir, folder);
  } catch (error) {
    // Another test file was sooner: a folder that holds something is not replaced.
    if (!existsSync(program)) throw error;
    rmSync(outDir, { recursive: true });
  }
  return program;
}
