import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../scripts/children.mjs";
import { chooseParts, PARTS } from "../../scripts/parts/index.mjs";
import { runPart } from "../../scripts/parts/run-part.mjs";
import { endMarked, MARK, markedProcesses, newMark } from "../../scripts/processes.mjs";
import { countReport } from "../../scripts/report/counts.mjs";
import { readRunning } from "../../scripts/report/running.mjs";
import { table } from "../../scripts/report/table.mjs";
import { newFolder } from "../../testing/hooks.js";

const ROOT = resolve(import.meta.dirname, "../..");
const SCRIPTS = join(ROOT, "scripts");

let directory: string;
beforeEach(() => {
  directory = newFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A program that starts one that hears no SIGTERM and is in a session of its own, prints its number, and waits. */
const PARENT = `
  const { spawn } = require("node:child_process");
  const script = "process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000)";
  spawn(process.execPath, ["-e", script], { detached: true, stdio: ["ignore", "inherit", "ignore"] });
  setInterval(() => {}, 1000);`;

describe("endMarked", () => {
  it("ends what has a group of its own, hears no SIGTERM and has lost its parent, and nothing else", async () => {
    const mark = newMark("ended");
    const other = newMark("spared");
    const start = (value: string) =>
      spawn(process.execPath, ["-e", PARENT], {
        env: { ...process.env, [MARK]: value },
        stdio: ["ignore", "pipe", "inherit"],
      });
    const [ended, spared] = [start(`${mark}/deeper`), start(other)];
    for (const { stdout } of [ended, spared]) await once(createInterface({ input: stdout }), "line");
    ended.kill("SIGKILL");
    await once(ended, "exit");
    expect(await endMarked(mark, { graceMs: 100 })).toHaveLength(1);
    expect(markedProcesses(mark)).toEqual([]);
    expect(markedProcesses(other)).toHaveLength(2);
    expect(await endMarked(other, { graceMs: 100 })).toHaveLength(2);
  });
});

describe("a part", () => {
  const part = { name: "example", budget: 1, limit: 10 };
  const counts = { passed: 3, failed: 0, skipped: 0 };
  const options = { args: ["one"], mustRun: false };

  it("gets vitest's arguments and what was prepared, and its counts and time are printed", async () => {
    const run = vi.fn(async () => counts);
    const prepared = { folder: "built" };
    expect(await runPart({ ...part, run }, { ...options, prepared })).toMatchObject({
      ...counts,
      name: "example",
      notes: [],
    });
    expect(run).toHaveBeenCalledWith(["one"], prepared);
  });

  it("that cannot be run is skipped with one sentence, and has failed where it must run", async () => {
    const run = async () => ({ passed: 0, failed: 0, skipped: 0, skipReason: "there is no reader" });
    const notes = ["The part example is skipped, because there is no reader."];
    expect(await runPart({ ...part, run }, options)).toMatchObject({ failed: 0, skipped: 1, notes });
    expect(await runPart({ ...part, run }, { ...options, mustRun: true })).toMatchObject({
      failed: 1,
      skipped: 0,
      notes,
    });
  });

  it("that passes its limit is ended with all of its processes, and says what was running", async () => {
    vi.spyOn(console, "log").mockReturnValue();
    let code: number | undefined;
    let mark = "";
    const outcome = await runPart(
      {
        ...part,
        limit: 1 / 60,
        doing: () => ["test/a.test.ts > waits for ever"],
        async run() {
          mark = process.env[MARK] ?? "";
          code = await run(process.execPath, ["-e", PARENT], { stdio: "ignore" });
          return counts;
        },
      },
      options,
    );
    expect(code).toBe(143);
    expect(mark).toContain("example");
    expect(outcome).toMatchObject({ failed: 1, remark: "ended at its limit" });
    expect(outcome.notes).toEqual([
      expect.stringMatching(/example was ended after its limit.*\n {2}test\/a\.test\.ts > waits for ever$/s),
    ]);
    expect(markedProcesses(mark)).toEqual([]);
  });

  it("that leaves a process running has it ended, and named", async () => {
    const leave = async () => {
      const child = spawn(process.execPath, ["-e", PARENT], { stdio: ["ignore", "pipe", "inherit"] });
      await once(createInterface({ input: child.stdout }), "line");
      return counts;
    };
    const outcome = await runPart({ ...part, run: leave }, options);
    expect(outcome).toMatchObject({ passed: 3, failed: 0 });
    expect(outcome.notes).toEqual([expect.stringContaining("left these running")]);
  });

  it("that is interrupted and does not end is ended with all of its processes", async () => {
    const script = `
      import { handleSignals, run } from ${JSON.stringify(join(SCRIPTS, "children.mjs"))};
      import { runPart } from ${JSON.stringify(join(SCRIPTS, "parts/run-part.mjs"))};
      handleSignals();
      const stubborn = "process.on('SIGINT', () => {});" + ${JSON.stringify(PARENT)};
      const part = { name: "example", budget: 1, limit: 60, run: () => run(process.execPath, ["-e", stubborn]) };
      await runPart(part, { args: [], mustRun: false }).catch((error) => process.exit(error.exitCode));`;
    const mark = newMark("interrupted");
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, [MARK]: mark },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    await once(createInterface({ input: child.stdout }), "line");
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(markedProcesses(mark)).toEqual([]);
  });
});

describe("a test that runs out of time", () => {
  it("loses its processes, and those after it are not run; what a file leaves is ended too", async () => {
    const [notes, report, running] = ["notes", "report", "running"].map((name) => join(directory, name));
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const reporters = ["--reporter=json", `--outputFile.json=${report}`];
    const config = "test/scripts/out-of-time/vitest.config.ts";
    const child = spawn(
      process.execPath,
      [
        vitest,
        "run",
        `--config=${config}`,
        ...reporters,
        `--reporter=${join(SCRIPTS, "report/running.mjs")}`,
      ],
      {
        cwd: ROOT,
        env: { ...process.env, CHEQUECARD_NOTES: notes, CHEQUECARD_RUNNING_FILE: running },
        stdio: "ignore",
      },
    );
    const [code] = (await once(child, "exit")) as [number];
    expect(countReport(JSON.parse(readFileSync(report ?? "", "utf8")), code)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    });
    const lines = readFileSync(notes ?? "", "utf8")
      .trim()
      .split("\n");
    expect(lines.map((line) => line.replace(/ \d+$/, ""))).toEqual(["left", "hangs on", "went on"]);
    const pids = lines.map((line) => Number(/\d+$/.exec(line)?.[0])).filter(Number.isInteger);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(readRunning(running ?? "")).toEqual([]);
  });
});

describe("the table", () => {
  it("has a line for each part, with budget and time used, and marks what took longer", () => {
    const outcome = { failed: 0, skipped: 0, notes: [] };
    const lines = table([
      { ...outcome, name: "core", budget: 6, usedMs: 247_000, passed: 3800 },
      { ...outcome, name: "PC/SC", budget: 2, usedMs: 125_000, passed: 88, failed: 1 },
    ]);
    expect(lines).toEqual([
      "part   budget  used  passed  failed  skipped",
      "core     6:00  4:07    3800       0        0",
      "PC/SC    2:00  2:05      88       1        0  over its budget",
    ]);
  });
});

describe("the parts", () => {
  it("are chosen by name in any case, all without one, and an unknown name is refused with those there are", () => {
    expect(chooseParts([])).toBe(PARTS);
    expect(chooseParts(["pc/sc"]).map(({ name }) => name)).toEqual(["PC/SC"]);
    expect(() => chooseParts(["pages?"])).toThrow(/no part "pages\?"; its parts are core, applet, PC\/SC/);
  });

  it("each have a limit of several times their budget, and a name of their own", () => {
    expect(new Set(PARTS.map(({ name }) => name)).size).toBe(PARTS.length);
    for (const { budget, limit } of PARTS) expect(limit).toBeGreaterThanOrEqual(5 * budget);
  });
});
