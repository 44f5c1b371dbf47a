import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ISSUER_SECURITY_DOMAIN_AID } from "../../apdu/index.js";
import { readIssuerRecord, recordLookups } from "../../cli/issuer-record.js";
import { ChequecardError, hexToBytes, sat } from "../../common/index.js";
import { verifyToken } from "../../issuer/verify.js";
import { appletProblem } from "../../scripts/setup/applet.mjs";
import { createCardFile } from "../../simulator/index.js";
import buildApplet from "../../testing/applet/build.js";
import { testCardInvoice } from "../../testing/cards/test-card.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { cardIsPresent, readerIsEmpty } from "../pcscd/present.js";
import { DIVERSIFICATION, keysOf, newCard, VERSION } from "../secure-channel/fixture.js";
import { DOMAIN_TALK, yubikitPython, yubikitSession } from "../secure-channel/yubikit-python.js";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = resolve(ROOT, "dist/cli/main.js");
const READER = "Virtual PCD 00 00";
const run = promisify(execFile);

/** Why the applet could not be built, as half a sentence. In CI that is a failure. */
function buildProblem(): string | undefined {
  try {
    buildApplet();
    return undefined;
  } catch (error) {
    if (!(error instanceof ChequecardError) || process.env.CI === "true") throw error;
    return `${error.message}. ${error.hint}`;
  }
}

const noApplet = (await appletProblem()) ?? buildProblem();
if (noApplet) console.log(`skipped: the Java Card applet behind real PC/SC, because ${noApplet}`);
const CARDS = [
  { what: "a simulated card", options: [] },
  ...(noApplet ? [] : [{ what: "the Java Card applet", options: ["--applet"] }]),
] as const;

const python = yubikitPython();
if (!python) {
  if (process.env.CHEQUECARD_REQUIRE_YUBIKIT) throw new Error("yubikit is required and cannot be had");
  console.log("skipped: yubikit on a PC/SC reader needs Python 3 and yubikey-manager");
}

/** Processes that a process started and that run. */
const childrenOf = (pid = 0): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);

/**
 * `simulate insert` in a process of its own, until `use` ends: killed then, or ended by `use`. What it started ends with it,
 * however it ended.
 */
async function withInserted<T>(
  card: string,
  options: readonly string[],
  use: (process: ChildProcess) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [MAIN, "simulate", "insert", card, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    // As in a terminal: Ctrl-C reaches the process, and those of its group.
    detached: true,
  });
  let started: string[] = [];
  const gone = once(child, "exit");
  try {
    await new Promise<void>((done, failed) => {
      child.stderr?.on("data", (text) => String(text).includes("lies on the virtual reader") && done());
      child.once("exit", (code) => failed(new Error(`simulate insert ended with ${code}`)));
    });
    await cardIsPresent(READER);
    started = childrenOf(child.pid);
    expect(started).toHaveLength(options.length);
    return await use(child);
  } finally {
    child.kill("SIGKILL");
    await gone;
    await readerIsEmpty(READER);
    for (const pid of started) await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
  }
}

describe.each(CARDS)("$what behind real PC/SC", ({ options }) => {
  it("is used by opensc-tool", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      await chequecard(["simulate", "new", card]);
      await withInserted(card, options, async () => {
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
      await withInserted(card, options, async () => {
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
      await withInserted(card, options, async (child) => {
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
        process.kill(-(child.pid ?? 0), "SIGINT");
        expect(await ended).toBe(130);
      });
      expect(existsSync(`${card}.lock`)).toBe(false);
    }));

  it.skipIf(!python)("opens a secure channel to yubikit, which reads the security domain through it", () =>
    inFolder(async (path) => {
      const card = path("card.json");
      createCardFile(card, newCard());
      await withInserted(card, options, async () => {
        const keys = keysOf(VERSION, DIVERSIFICATION);
        const args = yubikitSession({
          reader: READER,
          aid: ISSUER_SECURITY_DOMAIN_AID,
          keys,
          commands: DOMAIN_TALK.commands,
        });
        const { stdout } = await run(python ?? "", args);
        expect(stdout.trim().split("\n")).toEqual(DOMAIN_TALK.answers.map((answer) => `= ${answer}`));
      });
    }),
  );
});

describe("a reader that is not there", () => {
  it("names the readers that are there when another is asked for", async () => {
    const result = await chequecard(["card", "info", "--reader", "ACR1252"]);
    expect(result.exitCode).toBe(4);
    expect(result.err).toContain(READER);
  });
});
