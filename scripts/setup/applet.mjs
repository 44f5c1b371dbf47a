// The Java Card applet: what builds it, and its own tests, by Maven and without the network where that is possible.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { capture, findProgram } from "../children.mjs";
import { ROOT } from "./places.mjs";
import { step } from "./step.mjs";

const FOLDER = join(ROOT, "applet");
const REPORTS = join(FOLDER, "harness", "target", "surefire-reports");
const JAVA = 17;

/** @returns {Promise<string | undefined>} why the applet cannot be built here, as half a sentence */
export async function appletProblem() {
  for (const program of ["java", "javac", "mvn"])
    if (!findProgram(program)) return `${program} was not found (it needs Java ${JAVA} and Maven)`;
  const { output } = await capture("java", ["-version"]);
  const version = Number.parseInt(/version "(\d+)/.exec(output)?.[1] ?? "0", 10);
  return version >= JAVA ? undefined : `Java ${JAVA} is needed, and this is ${version || "another"}`;
}

/**
 * Builds the applet and runs its tests in Java. Maven asks the network only for what it has not got yet.
 * @returns {Promise<boolean>}
 */
export async function testApplet() {
  const run = (title, args) =>
    step(title, "applet", "mvn", ["--batch-mode", ...args, "test"], { cwd: FOLDER });
  const offline = ["--offline", "--quiet"];
  const isThere =
    (await capture("mvn", [...offline, "--batch-mode", "test-compile"], { cwd: FOLDER })).code === 0;
  return run("Building and testing the applet", isThere ? offline : ["--quiet"]);
}

/** Tests of the applet in Java, by the reports that Maven keeps. @returns {import("../report/counts.mjs").Counts} */
export function countAppletTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of readdirSync(REPORTS).filter((file) => file.endsWith(".txt"))) {
    const text = readFileSync(join(REPORTS, name), "utf8");
    const [, all, failures, errors, skipped] =
      /Tests run: (\d+), Failures: (\d+), Errors: (\d+), Skipped: (\d+)/.exec(text)?.map(Number) ?? [];
    counts.failed += (failures ?? 0) + (errors ?? 0);
    counts.skipped += skipped ?? 0;
    counts.passed += (all ?? 0) - (failures ?? 0) - (errors ?? 0) - (skipped ?? 0);
  }
  return counts;
}
