import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where `buildProgram` keeps what it built; undefined in runs without this global setup. */
    programsFolder: string | undefined;
  }
}

/** A new folder within node_modules, so that programs in it find the packages. */
export function newProgramsFolder(): string {
  const cache = resolve(import.meta.dirname, "../node_modules/.cache/chequecard-tests");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "programs-"));
}

/** Gives the test files of a run one folder of programs, so that each program is built once. */
export default function programsOfRun(project: TestProject): () => void {
  const folder = newProgramsFolder();
  project.provide("programsFolder", folder);
  project.onTestsRerun(() => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
  });
  return () => rmSync(folder, { recursive: true, force: true });
}
