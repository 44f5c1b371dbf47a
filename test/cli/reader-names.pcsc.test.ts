import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { inNamespace, namespaceWorks } from "../../scripts/pcscd/namespace.mjs";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { ACR1252, readerConfig } from "../pcscd/readers-as-sold.js";

const MAIN = resolve(import.meta.dirname, "../../dist/cli/main.js");
const run = promisify(execFile);

/** Lays a card on the first slot, runs a command line when it is seen, and prints what that printed as JSON. */
const SCRIPT = `
  const { execFileSync, spawn, spawnSync } = require("node:child_process");
  const [main, card, ...args] = process.argv.slice(1);
  const insert = card === "" ? undefined : spawn(process.execPath, [main, "simulate", "insert", card], { stdio: "ignore" });
  while (insert && !execFileSync("opensc-tool", ["--list-readers"], { encoding: "latin1" }).includes("Yes"));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
  if (insert) insert.kill();
  console.log(JSON.stringify({ status, stdout, stderr }));`;

/** Runs a command line beside a pcscd of its own with the readers of a file; with `card` on the first slot. */
async function beside(file: string, card: string, args: readonly string[]) {
  const [program = "", ...rest] = inNamespace([process.execPath, "-e", SCRIPT, "--", MAIN, card, ...args]);
  const { stdout } = await run(program, rest, { env: { ...process.env, CHEQUECARD_PCSCD_CONFIG: file } });
  return JSON.parse(stdout) as { status: number; stdout: string; stderr: string };
}

const works = await namespaceWorks();

describe.skipIf(!works)("readers with names as sold", () => {
  it("--reader ACR1252 takes the slot with the card, and says so", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      const done = await beside(readerConfig(path, ...ACR1252), card, [
        "card",
        "info",
        "--reader",
        "ACR1252",
      ]);
      expect(done).toMatchObject({
        status: 0,
        stderr: expect.stringMatching(/Using the reader ".*PICC\] 00 00"/),
      });
    }));

  it("--reader ACR1252 names them all where two slots for cards are empty", () =>
    inFolder(async (path) => {
      const done = await beside(readerConfig(path, ...ACR1252), "", ["card", "info", "--reader", "ACR1252"]);
      expect(done.status).toBe(4);
      expect(done.stderr).not.toContain("SAM]");
      // pcscd lists readers in the order in which their drivers came up.
      for (const slot of ["00 00", "00 01"])
        expect(done.stderr).toMatch(new RegExp(`"ACR1252" fits several readers: .*PICC\\] ${slot}"`));
    }));

  it("one whose name is not UTF-8 is listed, and refused with what to do", () =>
    inFolder(async (path) => {
      const conf = readerConfig(path, "Good Reader", "Kartenleser K\u00f6ln");
      const listed = await beside(conf, "", ["readers"]);
      expect(listed.stdout).toMatch(/Good Reader 00 00 +no card/);
      expect(listed.stdout).toMatch(/Kartenleser K\u00f6ln 00 00 +cannot be used: its name is not UTF-8/);
      const asked = await beside(conf, "", ["card", "info", "--reader", "Kartenleser"]);
      expect(asked.status).toBe(4);
      expect(asked.stderr).toMatch(/its name is not UTF-8[\s\S]*FRIENDLYNAME/);
    }));
});
