import { type ChildProcess, spawn } from "node:child_process";

/** A command line that runs in a process of its own, to be waited for, typed at and killed. */
export interface RunningCommand {
  readonly pid: number;
  /** All of its standard output so far. */
  output(): string;
  errors(): string;
  /** Resolves with the first match on its standard output; rejects when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Types a line. */
  type(line: string): void;
  /** Ends it with a signal, and resolves with its exit code (null: killed) when it is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program that {@link buildProgram} made. */
export function runCommand(program: string, args: readonly string[], cwd?: string): RunningCommand {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let out = "";
  let err = "";
  const watchers = new Set<() => void>();
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
    for (const watch of [...watchers]) watch();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    err += chunk.toString("utf8");
  });
  child.stdin?.on("error", () => undefined);
  const gone = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      resolve(code);
      for (const watch of [...watchers]) watch();
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => out,
    errors: () => err,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const found = pattern.exec(out);
          const ended = child.exitCode !== null || child.signalCode !== null;
          if (!found && !ended) return;
          watchers.delete(watch);
          if (found) resolve(found);
          else reject(new Error(`the program ended without saying ${pattern}: ${out}${err}`));
        };
        watchers.add(watch);
        watch();
      }),
    type: (line) => void child.stdin?.write(`${line}\n`),
    end: (signal) => {
      child.kill(signal);
      return gone;
    },
  };
}
