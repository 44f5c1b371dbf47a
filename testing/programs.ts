import { type SpawnOptions, spawn } from "node:child_process";
import { pathToFileURL } from "node:url";

/** More than any step takes, less than for ever. */
const PATIENCE_MS = 180_000;

/** A program in a process of its own, to be waited for, typed at and killed. */
export interface RunningProgram {
  readonly pid: number;
  /** All of its standard output so far, and of its standard error. */
  output(): string;
  errors(): string;
  /** Whole lines of its standard output so far. */
  lines(): readonly string[];
  /** Resolves when there are so many lines; rejects when it ends before. */
  line(count: number): Promise<string>;
  /** Resolves with the first match on its standard output, or the n-th of a text; rejects when it ends without. */
  says(what: string | RegExp, times?: number): Promise<RegExpExecArray>;
  /** Types a line. */
  type(line: string): void;
  /** Sends a signal, if any, and resolves with the exit code when it is gone and all of its output is here; null: killed. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a JavaScript file. @param options `input`: all that it reads; `load`: a file that is loaded before it */
export function runProgram(
  program: string,
  args: readonly string[] = [],
  options: Pick<SpawnOptions, "cwd"> & {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    readonly load?: string;
  } = {},
): RunningProgram {
  const { env, input, load, ...rest } = options;
  const before = load === undefined ? [] : ["--import", pathToFileURL(load).href];
  const child = spawn(process.execPath, [...before, program, ...args], {
    ...rest,
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let out = "";
  let errors = "";
  let hasEnded = false;
  const watching = new Set<() => void>();
  const look = () => {
    for (const watch of [...watching]) watch();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    look();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdin.on("error", () => undefined);
  if (input !== undefined) child.stdin.end(input);
  const gone = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      hasEnded = true;
      resolve(code);
      look();
    });
  });
  const said = (what: string) => new Error(`${args.slice(0, 2).join(" ")} ${what}:\n${out}${errors}`);
  const within = async <T>(what: string, work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(said(`did not ${what}`)), PATIENCE_MS);
    });
    return await Promise.race([work, late]).finally(() => clearTimeout(timer));
  };
  const until = <T>(what: string, find: () => T | undefined): Promise<T> =>
    within(
      what,
      new Promise<T>((resolve, reject) => {
        const watch = () => {
          const found = find();
          if (found === undefined && !hasEnded) return;
          watching.delete(watch);
          if (found === undefined) reject(said(`ended and did not ${what}`));
          else resolve(found);
        };
        watching.add(watch);
        watch();
      }),
    );
  const lines = () => out.split("\n").slice(0, -1);
  return {
    pid: child.pid ?? 0,
    output: () => out,
    errors: () => errors,
    lines,
    line: (count) => until(`say ${count} lines`, () => lines()[count - 1]),
    says(what, times = 1) {
      const source = typeof what === "string" ? what.replace(/[^\w\s]/g, "\\$&") : what.source;
      const pattern = new RegExp(source, `g${typeof what === "string" ? "" : what.flags}`);
      return until(`say ${what} ${times} times`, () => [...out.matchAll(pattern)][times - 1]);
    },
    type: (line) => void child.stdin.write(`${line}\n`),
    end(signal) {
      if (signal && !hasEnded) child.kill(signal);
      return within("end", gone);
    },
  };
}

/** How a program ended. */
export interface Ended {
  /** null: it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Waits for the end of a program. */
export async function endOf(program: RunningProgram): Promise<Ended> {
  const code = await program.end();
  return { code, out: program.output(), errors: program.errors() };
}

/** Runs a JavaScript file to its end. */
export const runToEnd = (...run: Parameters<typeof runProgram>): Promise<Ended> => endOf(runProgram(...run));
