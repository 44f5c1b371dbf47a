import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "vite";
import { PACKAGE_ALIAS } from "./package-alias.js";

const ROOT = resolve(import.meta.dirname, "..");

/**
 * Makes a TypeScript program runnable by this Node.js, for tests that kill processes. The result lies within
 * node_modules, so that it finds the packages.
 * @param entry path from the repository's root
 * @returns path of the JavaScript file
 */
export async function buildProgram(entry: string): Promise<string> {
  const cache = join(ROOT, "node_modules", ".cache", "chequecard-tests");
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, "program-"));
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "silent",
    resolve: { alias: PACKAGE_ALIAS },
    build: { ssr: join(ROOT, entry), outDir, target: "node20", minify: false },
  });
  return join(outDir, basename(entry).replace(/\.ts$/, ".js"));
}

/** A running program: its lines as they come, and its end. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Every line of its standard output so far. */
  readonly lines: readonly string[];
  /** Resolves when the next line has come; rejects when the program ends before. */
  nextLine(): Promise<string>;
  /** Resolves when it has ended and all of its output is in `lines`. */
  readonly ended: Promise<void>;
}

/** Starts a program made by {@link buildProgram}; its errors go to this process's. */
export function runProgram(file: string, args: readonly string[]): RunningProgram {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => {
    lines.push(line);
    waiting.shift()?.resolve(line);
  });
  const ended = new Promise<void>((done) => {
    reader.on("close", () => {
      for (const { reject } of waiting.splice(0)) reject(new Error("the program ended"));
      if (child.exitCode !== null || child.signalCode !== null) done();
      else child.on("exit", () => done());
    });
  });
  return {
    child,
    lines,
    ended,
    nextLine: () => new Promise((resolveLine, reject) => waiting.push({ resolve: resolveLine, reject })),
  };
}
