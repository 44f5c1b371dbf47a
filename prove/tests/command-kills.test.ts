import { spawn } from "node:child_process";
import { beforeAll, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { boltScene } from "../command-kills/bolt-scene.js";
import { runCommandKills } from "../command-kills/campaign.js";
import { closingScene } from "../command-kills/closing-scene.js";
import { deskScene } from "../command-kills/desk-scene.js";
import { initScene } from "../command-kills/init-scene.js";
import { restoreScene } from "../command-kills/ledger-file-scenes.js";
import { newPinScene } from "../command-kills/new-pin-scene.js";
import type { Programs } from "../command-kills/victim.js";

let programs: Programs;
beforeAll(async () => {
  programs = {
    program: await buildProgram("cli/main.ts"),
    striker: await buildProgram("prove/command-kills/striker.ts"),
  };
});

it("a reader of the output that goes away is no fault", async () => {
  const child = spawn(process.execPath, [programs.program, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, errors]).toEqual([0, ""]);
});

/** A share; `npm run prove -- --only issuer-kills` does all of it. */
it.each([
  ["issuer init", () => initScene("in a file"), 2],
  ["ledger restore", () => restoreScene("gone"), 2],
  ["issuer close-event", () => closingScene("in a file", 15), 3],
  ["cards new-pin", newPinScene, 3],
  ["cards bolt add", boltScene, 3],
  ["cards top-up", () => deskScene("in a file", "top-up"), 12],
] as const)(
  "%s, killed and run again, is done whole and once",
  async (_, scene, kills) => {
    const budget = { units: kills, seconds: Number.POSITIVE_INFINITY };
    const { failures, units } = await runCommandKills({ seed: 20, budget }, [scene()], programs);
    expect(failures).toEqual([]);
    expect(units).toBe(kills);
  },
  300_000,
);
