import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Longest time that a timer takes. */
const MAX_MS = 2 ** 31 - 1;

/** What tests came to. */
export interface TestRun {
  /** Full titles. */
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly what: string }[];
  /** Files that could not be run at all. */
  readonly broken: readonly string[];
}

export interface TestRunOptions {
  /** Folder of the project, or of a copy of it. */
  readonly root: string;
  readonly files: readonly string[];
  /** Of vitest, from the root; default its own. */
  readonly config?: string;
  /** Regular expression for the full titles of those that are run; default all. */
  readonly named?: string;
  /** For all of them together; may be infinite. */
  readonly seconds: number;
  readonly secondsPerTest: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs a command with what its tests need, such as a pcscd. */
  readonly wrap?: (command: readonly string[]) => readonly string[];
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Ends a process with its group. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

/**
 * Resolves when the command has ended, by itself or by its time. It has a group of its own, which is ended with it.
 * @returns the signal, when this process got one meanwhile
 */
async function runInGroup(
  [program = "", ...args]: readonly string[],
  options: SpawnOptions,
  ms: number,
): Promise<NodeJS.Signals | undefined> {
  const child = spawn(program, args, { ...options, detached: true });
  const end = () => void (child.pid !== undefined && endGroup(child.pid));
  let received: NodeJS.Signals | undefined;
  const signalled = (signal: NodeJS.Signals) => {
    received ??= signal;
    end();
  };
  for (const signal of SIGNALS) process.on(signal, signalled);
  const timer = ms <= MAX_MS ? setTimeout(end, ms) : undefined;
  try {
    await once(child, "exit");
    return received;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, signalled);
    end();
  }
}

/** Runs test files in a process of their own. @returns undefined when they were ended by their time */
export async function runTests(options: TestRunOptions): Promise<TestRun | undefined> {
  const {
    root,
    files,
    config,
    named,
    seconds,
    secondsPerTest,
    env = {},
    wrap = (command) => command,
  } = options;
  const folder = mkdtempSync(join(tmpdir(), "chequecard-prove-"));
  const output = join(folder, "report.json");
  const args = [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    ...(config === undefined ? [] : ["--config", config]),
    "--reporter=json",
    `--outputFile=${output}`,
    `--testTimeout=${secondsPerTest * 1000}`,
    "--hookTimeout=120000",
    ...(named === undefined ? [] : [`--testNamePattern=${named}`]),
    ...files,
  ];
  let received: NodeJS.Signals | undefined;
  try {
    received = await runInGroup(
      wrap([process.execPath, ...args]),
      { cwd: root, env: { ...process.env, ...env }, stdio: "ignore" },
      Math.ceil(seconds * 1000),
    );
    return read(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (received) process.kill(process.pid, received);
  }
}

function read(output: string): TestRun | undefined {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(output, "utf8")) as Report;
  } catch {
    return undefined;
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: tests.filter(({ status }) => status === "passed").map(({ fullName }) => fullName),
    failed: tests
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => ({
        title: fullName,
        what: (failureMessages[0] ?? "failed").split("\n")[0] ?? "failed",
      })),
    broken: report.testResults
      .filter(({ assertionResults }) => assertionResults.length === 0)
      .map(({ name }) => name),
  };
}
