import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { capture, findProgram } from "../../scripts/children.mjs";
import { newFolder } from "../../testing/hooks.js";

const MODULE = resolve(import.meta.dirname, "../../scripts/children.mjs");

let directory: string;
beforeEach(() => {
  directory = newFolder();
});

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A process with the launcher's signal handling that runs a long command and prints that command's process id. */
async function launcher() {
  const script = `
    import { handleSignals, run } from ${JSON.stringify(MODULE)};
    handleSignals();
    try {
      await run(process.execPath, ["-e", "console.log(process.pid); setInterval(() => {}, 1000)"]);
    } catch (error) {
      process.exitCode = error.exitCode;
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = (await once(child.stdout, "data")) as [Buffer];
  return { child, grandchild: Number.parseInt(printed.toString("utf8"), 10) };
}

describe("capture", () => {
  it("brings back exit code and output", async () => {
    const script = "console.log('out'); console.error('err'); process.exit(3)";
    const { code, output } = await capture(process.execPath, ["-e", script]);
    expect(code).toBe(3);
    expect(output.split("\n").sort()).toEqual(["", "err", "out"]);
  });

  it("a program that does not exist does not throw", async () => {
    const { code, output } = await capture(join(directory, "none"), []);
    expect(code).not.toBe(0);
    expect(output).not.toBe("");
  });
});

describe("findProgram", () => {
  it("takes the first executable on the path", () => {
    const file = join(directory, "chequecard-program");
    writeFileSync(file, "#!/bin/sh\n");
    expect(findProgram("chequecard-program", directory)).toBeUndefined();
    chmodSync(file, 0o755);
    expect(findProgram("chequecard-program", `/nonexistent:${directory}`)).toBe(file);
  });
});

describe("signals", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends the command first, then the launcher with %i", async (signal, code) => {
    const { child, grandchild } = await launcher();
    const ended = once(child, "exit");
    child.kill(signal);
    expect(await ended).toEqual([code, null]);
    expect(isAlive(grandchild)).toBe(false);
  });

  it.runIf(findProgram("setpriv"))(
    "a command does not outlive a launcher that is killed outright",
    async () => {
      const { child, grandchild } = await launcher();
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      const gone = async () => {
        while (isAlive(grandchild) && !(await isZombie(grandchild))) await sleep(10);
        return true;
      };
      expect(await gone()).toBe(true);
    },
  );
});

async function isZombie(pid: number): Promise<boolean> {
  const { output } = await capture("cat", [`/proc/${pid}/stat`]);
  return /\) Z /.test(output);
}
