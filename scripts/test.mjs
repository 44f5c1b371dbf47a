// npm test: sets everything up; formatter, linter and type checker; all tests; those on PC/SC with a private pcscd.
// Arguments go to vitest. With CI=true nothing may be missing or skipped.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { handleSignals, Interrupted, run } from "./children.mjs";
import { inNamespace, namespaceWorks } from "./pcscd/namespace.mjs";
import { providePcscd } from "./pcscd/provide.mjs";
import { closingLine, countReport, isSuccess, sum } from "./report/counts.mjs";
import { hasNativeReaders } from "./setup/dependencies.mjs";
import { setUp } from "./setup/index.mjs";
import { ROOT, statePath } from "./setup/places.mjs";
import { readStamp, removeStamp } from "./setup/stamps.mjs";
import { step } from "./setup/step.mjs";

const CI = process.env.CI === "true";
/** Leaves out what git ignores: dist/, .setup/ and whatever else is made here. */
const BY_GITIGNORE = ["--vcs-enabled=true", "--vcs-client-kind=git", "--vcs-use-ignore-file=true"];
const bin = (file) => join(ROOT, "node_modules", file);

/**
 * What one part of the run counted, and what has to be said about it once more at the end.
 * @typedef {import("./report/counts.mjs").Counts & { note?: string }} Part
 */

/** @returns {Part} */
const failure = (note) => ({ passed: 0, failed: 1, skipped: 0, note });

/** @returns {Promise<Part>} */
async function vitest(name, { args, wrap = (command) => command, env = {} }) {
  const report = statePath(`report-${name}.json`);
  removeStamp(report);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const command = [
    process.execPath,
    bin("vitest/vitest.mjs"),
    "run",
    "--passWithNoTests",
    ...reporters,
    ...args,
  ];
  const [program, ...programArgs] = wrap(command);
  const code = await run(program, programArgs, { cwd: ROOT, env });
  return countReport(readStamp(report), code);
}

/** @returns {Promise<Part[]>} */
async function check(name, args) {
  const ok = await step(`Checking with ${name}`, name, process.execPath, args);
  return ok ? [] : [failure(`${name} found faults: .setup/log/${name}.log`)];
}

/** @returns {Promise<Part[]>} */
async function checks() {
  const all = [
    () => check("biome", [bin("@biomejs/biome/bin/biome"), "check", ...BY_GITIGNORE, "."]),
    () => check("tsc", [bin("typescript/bin/tsc"), "--noEmit"]),
  ];
  if (availableParallelism() > 1) return (await Promise.all(all.map((begin) => begin()))).flat();
  return [...(await all[0]()), ...(await all[1]())];
}

/** @returns {Promise<Part>} */
async function pcscTests(args) {
  const all = ["--config", "test/vitest.pcsc.config.ts", ...args];
  if (hasNativeReaders() && (await namespaceWorks())) return vitest("pcsc", { args: all, wrap: inNamespace });
  const pcscd = await providePcscd();
  if ("reason" in pcscd) {
    const note = `The tests on PC/SC are skipped, because ${pcscd.reason}.`;
    return CI ? failure(note) : { passed: 0, failed: 0, skipped: 1, note };
  }
  try {
    return await vitest("pcsc", { args: all, env: { CHEQUECARD_PCSCD: pcscd.own ? "private" : "shared" } });
  } finally {
    await pcscd.stop();
  }
}

/** @returns {Promise<Part[]>} */
async function main() {
  const args = process.argv.slice(2);
  const { ok, built, problems } = await setUp("test", { force: CI });
  const missing = CI ? problems.map((problem) => failure(problem)) : [];
  if (!ok) return [failure("The npm packages could not be installed."), ...missing];
  const build = built ? [] : [failure("The build failed: .setup/log/build.log")];
  return [...missing, ...build, ...(await checks()), await vitest("main", { args }), await pcscTests(args)];
}

handleSignals();
try {
  const parts = await main();
  for (const { note } of parts) if (note) console.log(note);
  const total = sum(parts);
  if (CI && total.skipped > 0) console.log("Tests were skipped, and with CI=true none may be.");
  if (total.passed + total.failed + total.skipped === 0) console.log("No test ran.");
  console.log(closingLine(total));
  process.exitCode = isSuccess(total, { maySkip: !CI }) ? 0 : 1;
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
}
