import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readIssuerRecord, recordLookups } from "../../cli/issuer-record.js";
import { hexToBytes, sat } from "../../common/index.js";
import { verifyToken } from "../../issuer/verify.js";
import { testCardInvoice } from "../../testing/cards/test-card.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { cardIsPresent, readerIsEmpty } from "../pcscd/present.js";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = resolve(ROOT, "dist/cli/main.js");
const READER = "Virtual PCD 00 00";
const run = promisify(execFile);

/** `simulate insert` in a process of its own, until `use` ends. */
async function withInserted<T>(card: string, use: (process: ChildProcess) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [MAIN, "simulate", "insert", card], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = once(child, "exit");
  try {
    await new Promise<void>((done, failed) => {
      child.stderr?.on("data", (text) => String(text).includes("lies on the virtual reader") && done());
      child.once("exit", (code) => failed(new Error(`simulate insert ended with ${code}`)));
    });
    await cardIsPresent(READER);
    return await use(child);
  } finally {
    child.kill("SIGKILL");
    await gone;
    await readerIsEmpty(READER);
  }
}

describe("a simulated card behind real PC/SC", () => {
  it("is used by opensc-tool", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      await withInserted(card, async () => {
        const select = "00:A4:04:00:08:F0:43:48:45:51:55:45:01:00";
        const { stdout } = await run("opensc-tool", ["--reader", READER, "--send-apdu", select]);
        expect(stdout).toMatch(/SW1=0x90, SW2=0x00/);
        expect(stdout).toMatch(/6F .* 84 08 F0 43 48 45 51 55 45 01/);
      });
    }));

  it("gives the Python example a token that verifies, and keeps the charge", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      const now = Math.floor(Date.now() / 1000);
      const { invoice } = testCardInvoice(sat(2500), { timestamp: now });
      await withInserted(card, async () => {
        const script = resolve(ROOT, "examples/pyscard/tap.py");
        // The system's Python has Debian's python3-pyscard; another one may come first on the path.
        const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        const { stdout } = await run(python, [script, "2500", invoice.toUpperCase(), READER]);
        const { token } = JSON.parse(stdout) as { token: string };
        const facts = await verifyToken({
          token: hexToBytes(token),
          invoice,
          network: "bcrt",
          now,
          ...recordLookups(readIssuerRecord(path("card.issuer.json"))),
        });
        expect(facts).toMatchObject({ counter: 1n, amount: sat(2500) });
      });
      expect(JSON.parse((await chequecard(["--json", "simulate", "show", card])).out)).toMatchObject({
        counter: 1,
        available: "17500000",
      });
    }));

  it("is listed, authorizes through nfc-pcsc, and ends cleanly on Ctrl-C", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      const { invoice } = testCardInvoice(sat(100), { timestamp: Math.floor(Date.now() / 1000) });
      await withInserted(card, async (child) => {
        const authorize = [
          "--json",
          "card",
          "authorize",
          invoice,
          "--reader",
          READER,
          "--issuer-record",
          path("card.issuer.json"),
        ];
        const result = await chequecard(authorize);
        expect(JSON.parse(result.out)).toMatchObject({ verified: true, facts: { counter: 1 } });
        const listed = JSON.parse((await chequecard(["--json", "readers"])).out) as {
          readers: { name: string; card: string }[];
        };
        expect(listed.readers).toContainEqual(expect.objectContaining({ name: READER, card: "present" }));
        const ended = new Promise((done) => child.once("exit", done));
        child.kill("SIGINT");
        expect(await ended).toBe(130);
      });
      expect(existsSync(`${card}.lock`)).toBe(false);
    }));

  it("names the readers that are there when another is asked for", async () => {
    const result = await chequecard(["card", "info", "--reader", "ACR1252"]);
    expect(result.exitCode).toBe(4);
    expect(result.err).toContain(READER);
  });
});
