import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { type RunningProgram, runProgram } from "../../testing/programs.js";

let program: string;
beforeAll(async () => {
  program = await buildProgram("test/applet/holding-program.ts");
});

/** The program that holds a card, and the number of the Java process that it started. */
async function holding(): Promise<{ readonly holder: RunningProgram; readonly java: string }> {
  const holder = runProgram(program);
  await holder.says("holds a card");
  const [java = "", ...others] = readFileSync(
    `/proc/${holder.pid}/task/${holder.pid}/children`,
    "utf8",
  ).match(/\d+/g) ?? [""];
  expect(readFileSync(`/proc/${java}/cmdline`, "utf8")).toContain("chequecard.harness.Bridge");
  expect(others).toEqual([]);
  return { holder, java };
}

async function isGone(java: string): Promise<void> {
  try {
    await expect.poll(() => existsSync(`/proc/${java}`)).toBe(false);
  } finally {
    if (existsSync(`/proc/${java}`)) process.kill(Number(java));
  }
}

describe("the Java process of an applet", () => {
  it("ends with the process that started it", async () => {
    const { holder, java } = await holding();
    holder.type("end");
    expect(await holder.end()).toBe(0);
    await isGone(java);
  });

  it("ends when the process that started it is killed", async () => {
    const { holder, java } = await holding();
    expect(await holder.end("SIGKILL")).toBe(null);
    await isGone(java);
  });
});
