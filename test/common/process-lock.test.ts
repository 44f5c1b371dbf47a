import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { mayBeRunning, thisProcess } from "../../common/process-identity.js";
import { acquireProcessLock, isHeld, type ProcessLock } from "../../common/process-lock.js";
import { mayBeShared } from "../../common/shared-folder.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runToEnd } from "../../testing/programs.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = newFolder();
  path = join(folder, "lock");
});

function take(): ProcessLock {
  const lock = acquireProcessLock(path);
  if (isHeld(lock)) throw new Error(`held by ${lock.name}`);
  return lock;
}

/** A process that cannot run: its number is above the highest that Linux gives. */
const DEAD = { ...thisProcess(), pid: 2 ** 22 + 1 };
/** This process's number, given earlier to another process. */
const REUSED = { ...thisProcess(), started: "1" };
const OTHER_BOOT = { ...thisProcess(), boot: "00000000-0000-0000-0000-000000000000" };
const CONTAINER = { ...DEAD, pidNamespace: "pid:[1]" };

describe("process identity", () => {
  it("knows this process as running, and others as gone", () => {
    expect(mayBeRunning(thisProcess())).toBe(true);
    expect(mayBeRunning(DEAD)).toBe(false);
    expect(mayBeRunning(REUSED)).toBe(false);
    expect(mayBeRunning(OTHER_BOOT)).toBe(false);
  });

  it("does not judge processes that it cannot see", () => {
    expect(mayBeRunning(CONTAINER)).toBe(true);
    expect(mayBeRunning(OTHER_BOOT, true)).toBe(true);
    expect(mayBeRunning(DEAD, true)).toBe(false);
  });
});

describe("process lock", () => {
  it("is held once, and free after its release", () => {
    const lock = take();
    expect(acquireProcessLock(path)).toMatchObject({ pid: process.pid });
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    take().release();
  });

  it.each([
    ["of a dead process", JSON.stringify(DEAD)],
    ["of a process whose number was given again", JSON.stringify(REUSED)],
    ["from before a restart", JSON.stringify(OTHER_BOOT)],
    ["that is empty", ""],
    ["that is something else", "[1,2"],
  ])("takes over a lock %s", (_, content) => {
    writeFileSync(path, content);
    const lock = take();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(["lock"]);
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  it("takes over when a process died while it was taking over", () => {
    writeFileSync(path, JSON.stringify(DEAD));
    writeFileSync(`${path}.takeover`, JSON.stringify(DEAD));
    take();
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  it("of another machine is held in a folder that machines share, and says what to do", () => {
    const foreign = JSON.stringify({ ...OTHER_BOOT, host: "till-2" });
    writeFileSync(path, foreign);
    for (let attempt = 0; attempt < 3; attempt++)
      expect(acquireProcessLock(path, true)).toEqual({
        pid: process.pid,
        name: `process ${process.pid} of the machine till-2`,
        hint: expect.stringContaining(`If it does not, delete ${path}.`),
      });
    expect(readFileSync(path, "utf8")).toBe(foreign);
    writeFileSync(path, JSON.stringify({ ...OTHER_BOOT, host: "\u001b[2J" }));
    expect(acquireProcessLock(path, true)).toMatchObject({
      name: `process ${process.pid} of the machine without a name`,
    });
    writeFileSync(path, JSON.stringify(DEAD));
    expect(isHeld(acquireProcessLock(path, true))).toBe(false);
  });

  it.runIf(process.platform === "linux")(
    "counts a folder as shared unless it is known to lie on a disk",
    () => {
      expect(mayBeShared("/proc")).toBe(true);
      expect(mayBeShared("/dev/shm")).toBe(false);
      expect(mayBeShared(folder)).toBe(false);
    },
  );

  it("does not wait while another process takes over", () => {
    writeFileSync(path, JSON.stringify(DEAD));
    writeFileSync(`${path}.takeover`, JSON.stringify(thisProcess()));
    expect(acquireProcessLock(path)).toMatchObject({ pid: process.pid });
  });

  it("does not release what is another's by now", () => {
    const lock = take();
    writeFileSync(path, JSON.stringify({ ...thisProcess(), nonce: "another" }));
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

describe("many processes that die with the lock in hand", () => {
  it("take it over one after the other, never two at once", async () => {
    const program = await buildProgram("test/common/lock-contender-program.ts");
    const contenders = await Promise.all(Array.from({ length: 8 }, () => runToEnd(program, [path])));
    expect(contenders.map(({ out }) => out)).toEqual(contenders.map(() => "alone\n"));
  });
});
