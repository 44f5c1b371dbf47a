import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterEach } from "vitest";

/** A command that runs in a pseudo-terminal of its own. */
export interface TerminalRun {
  /** Everything that the terminal showed, with its control sequences. */
  screen(): string;
  /** Resolves with the next match after the last one; rejects when the command ends without. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Types keys at once, as a paste does: `\r` is Enter, `\x03` Ctrl-C. */
  type(keys: string): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

const running = new Set<() => void>();
afterEach(() => {
  for (const kill of running) kill();
  running.clear();
});

/** A terminal that is gone at the end of the test, as {@link openTerminal}. */
export function inTerminal(...args: Parameters<typeof openTerminal>): TerminalRun {
  const terminal = openTerminal(...args);
  running.add(terminal.kill);
  return terminal;
}

/** @param command program and arguments @param env besides this process's own */
export function openTerminal(
  command: readonly string[],
  columns: number,
  env: Record<string, string> = {},
): TerminalRun {
  const child = spawn(
    "python3",
    [join(import.meta.dirname, "pseudo-terminal.py"), String(columns), ...command],
    {
      env: { ...process.env, TERM: "xterm", ...env },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  let text = "";
  let from = 0;
  let over = false;
  const watchers = new Set<() => void>();
  const wake = () => {
    for (const watch of [...watchers]) watch();
  };
  child.stdin.on("error", () => undefined);
  child.stdout.setEncoding("utf8").on("data", (shown: string) => {
    text += shown;
    wake();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      over = true;
      wake();
      resolve(code);
    });
  });
  return {
    screen: () => text,
    ended,
    kill: () => void child.kill("SIGKILL"),
    type: (keys) => void child.stdin.write(keys),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const found = pattern.exec(text.slice(from));
          if (!found && !over) return;
          watchers.delete(watch);
          if (!found) return reject(new Error(`ended without ${pattern}: ${text}`));
          from += found.index + found[0].length;
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
