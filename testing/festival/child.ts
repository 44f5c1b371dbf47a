import { spawn } from "node:child_process";

/** Longest wait for a line or an end: more than any step takes, less than for ever. */
const PATIENCE_MS = 180_000;

/** A command in a process of its own. */
export interface Child {
  readonly pid: number;
  output(): string;
  errors(): string;
  /** Resolves when its output holds `text` that many times; rejects when it ends before. */
  says(text: string, times?: number): Promise<void>;
  type(line: string): void;
  /** Sends a signal, if any, and resolves with the exit code when it is gone; null: killed. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a JavaScript program. */
export function startChild(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let out = "";
  let errors = "";
  const watching = new Set<() => void>();
  const look = () => {
    for (const watch of [...watching]) watch();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
    look();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined);
  let ended = false;
  const gone = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      ended = true;
      resolve(code);
      look();
    });
  });
  const within = async <T>(what: string, work: Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${args.slice(0, 2).join(" ")}: ${what}:\n${out}${errors}`)),
        PATIENCE_MS,
      );
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    pid: child.pid ?? 0,
    output: () => out,
    errors: () => errors,
    says: (text, times = 1) =>
      within(
        `did not say "${text}" ${times} times`,
        new Promise<void>((resolve, reject) => {
          const watch = () => {
            const found = out.split(text).length > times;
            if (!found && !ended) return;
            watching.delete(watch);
            if (found) resolve();
            else reject(new Error(`${args.slice(0, 2).join(" ")} ended without "${text}":\n${out}${errors}`));
          };
          watching.add(watch);
          watch();
        }),
      ),
    type: (line) => void child.stdin.write(`${line}\n`),
    end: (signal) => {
      if (signal && !ended) child.kill(signal);
      return within("did not end", gone);
    },
  };
}
