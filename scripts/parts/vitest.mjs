// Runs vitest as a part, or as a piece of one.
import { join } from "node:path";
import { run } from "../children.mjs";
import { countReport } from "../report/counts.mjs";
import { RUNNING_FILE, readRunning } from "../report/running.mjs";
import { ROOT, statePath } from "../setup/places.mjs";
import { readStamp, removeStamp } from "../setup/stamps.mjs";

const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const REPORTER = join(ROOT, "scripts/report/running.mjs");

const runningFile = (name) => statePath(`running-${name}.txt`);

/** The test files, tests and hooks that are running. @param {string} name as given to {@link runVitest} */
export const runningTests = (name) => readRunning(runningFile(name));

/**
 * @param {string} name of its report
 * @param {{ args: readonly string[], wrap?: (command: readonly string[]) => readonly string[], env?: object }} options
 * @returns {Promise<import("../report/counts.mjs").Counts>}
 */
export async function runVitest(name, { args, wrap = (command) => command, env = {} }) {
  const report = statePath(`report-${name}.json`);
  const running = runningFile(name);
  for (const file of [report, running]) removeStamp(file);
  const reporters = [
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    `--reporter=${REPORTER}`,
  ];
  const command = [process.execPath, VITEST, "run", "--passWithNoTests", ...reporters, ...args];
  const [program, ...programArgs] = wrap(command);
  const code = await run(program, programArgs, { cwd: ROOT, env: { ...env, [RUNNING_FILE]: running } });
  return countReport(readStamp(report), code);
}
