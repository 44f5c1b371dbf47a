import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";

/** A test that starts a process, notes its number, and waits for it for ever. */
const HANGING = `
  import { spawn } from "node:child_process";
  import { once } from "node:events";
  import { renameSync, writeFileSync } from "node:fs";
  import { it } from "vitest";
  it("hangs", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    writeFileSync("part", String(child.pid));
    renameSync("part", "pid");
    await once(child, "exit");
  });`;

let root: string;
beforeEach(() => {
  root = newFolder();
  symlinkSync(resolve(import.meta.dirname, "../../node_modules"), join(root, "node_modules"));
  writeFileSync(join(root, "hanging.test.ts"), HANGING);
});

it("a run of test files ends them, and the processes that they started, when it has to end", async () => {
  const program = await buildProgram("prove/test-run.ts");
  const script = `
    import { runTests } from ${JSON.stringify(program)};
    const options = { files: [], seconds: 3600, secondsPerTest: 3600 };
    await runTests({ root: ${JSON.stringify(root)}, ...options });`;
  const runner = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  const ended = once(runner, "exit");
  const note = join(root, "pid");
  await expect.poll(() => existsSync(note) || runner.exitCode !== null).toBe(true);
  const pid = Number(readFileSync(note, "utf8"));
  runner.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
