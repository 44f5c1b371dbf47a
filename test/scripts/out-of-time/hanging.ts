import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { it } from "vitest";

/** Where the tests write what they do, a line for each. */
const NOTES = process.env.CHEQUECARD_NOTES ?? "";
const note = (text: string) => appendFileSync(NOTES, `${text}\n`);

/** A process that ends neither with its parent nor with its parent's group. */
function stubborn() {
  const script = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
  return spawn(process.execPath, ["-e", script], { detached: true, stdio: "ignore" });
}

it("passes, and leaves a process to the file", async () => {
  const child = stubborn();
  await once(child, "spawn");
  note(`left ${child.pid}`);
});

it("hangs on a process", async () => {
  const child = stubborn();
  const ended = once(child, "exit");
  note(`hangs on ${child.pid}`);
  await ended;
  note("went on");
});

it("is disturbed by the one before", () => note("disturbed"));
