// The formatter, the linter, the type checker, and every test that needs nothing but this machine.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sum } from "../report/counts.mjs";
import { ROOT } from "../setup/places.mjs";
import { step } from "../setup/step.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** Leaves out what git ignores: dist/, .setup/ and whatever else is made here. */
const BY_GITIGNORE = ["--vcs-enabled=true", "--vcs-client-kind=git", "--vcs-use-ignore-file=true"];
const bin = (file) => join(ROOT, "node_modules", file);

/** @returns {Promise<readonly string[]>} sentences about what was found */
async function check(name, args) {
  const ok = await step(`Checking with ${name}`, name, process.execPath, args);
  return ok ? [] : [`${name} found faults: .setup/log/${name}.log`];
}

async function checks() {
  const biome = () => check("biome", [bin("@biomejs/biome/bin/biome"), "check", ...BY_GITIGNORE, "."]);
  const tsc = async () => [
    ...(await check("tsc", [bin("typescript/bin/tsc"), "--noEmit"])),
    ...(await check("tsc-web", [bin("typescript/bin/tsc"), "-p", "web", "--noEmit"])),
  ];
  if (availableParallelism() > 1) return (await Promise.all([biome(), tsc()])).flat();
  return [...(await biome()), ...(await tsc())];
}

/** @type {import("./run-part.mjs").Part} */
export const core = {
  name: "core",
  budget: 6,
  limit: 90,
  doing: () => runningTests("core"),
  async run(args) {
    const notes = await checks();
    const counts = await runVitest("core", { args: ["--config", "test/vitest.core.config.ts", ...args] });
    return { ...sum([counts, { passed: 0, failed: notes.length, skipped: 0 }]), notes };
  },
};
