import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommandLine } from "../cli/edge.js";
import type { Ended } from "./programs.js";

export interface CommandRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, as the shell would run it in one of its own: sooner done. */
export async function chequecard(
  args: readonly string[],
  options: { env?: Record<string, string>; signal?: AbortSignal; onErr?: (text: string) => void } = {},
): Promise<CommandRun> {
  let out = "";
  let err = "";
  for (const [name, value] of Object.entries(options.env ?? {})) process.env[name] = value;
  try {
    const exitCode = await runCommandLine(args, {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
        options.onErr?.(text);
      },
      env: { ...process.env, ...options.env },
      signal: options.signal ?? new AbortController().signal,
    });
    return { exitCode, out, err };
  } finally {
    for (const name of Object.keys(options.env ?? {})) delete process.env[name];
  }
}

/** {@link chequecard}, as a process would have ended. */
export async function runHere(args: readonly string[], passphrase: string): Promise<Ended> {
  const { exitCode, out, err } = await chequecard(args, { env: { CHEQUECARD_PASSPHRASE: passphrase } });
  return { code: exitCode, out, errors: err };
}

/** A folder that is gone when `use` ends. */
export async function inFolder<T>(use: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-cli-"));
  try {
    return await use((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
