import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { inTerminal, type TerminalRun } from "../pseudo-terminal.js";

const PASSPHRASE = "correct horse battery";
const CARD_KEY = "8d1f02a94c6be7330f5e2b7a9160c4dd";
const ENV = { CHEQUECARD_PASSPHRASE: PASSPHRASE, CHEQUECARD_LETTERS_PASSPHRASE: "of the letters" };

let folder: string;
let program: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = newFolder();
  program = await buildProgram("cli/main.ts");
  mkdirSync(at("bin"));
  writeFileSync(at("bin/chequecard"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o700,
  });
});

const shell = (): NodeJS.ProcessEnv => ({ ...process.env, ...ENV, PATH: `${at("bin")}:${process.env.PATH}` });
const init = (columns: number, ...args: string[]): TerminalRun =>
  inTerminal([process.execPath, program, "issuer", "init", ...args], columns);

/** Answers the questions in their order; what a question shows may be wrapped by the terminal. */
async function answer(terminal: TerminalRun, ...answers: readonly (readonly [RegExp, string])[]) {
  for (const [question, keys] of answers) {
    await terminal.shows(question);
    terminal.type(keys);
  }
}
/** Every question up to the passphrases; wrong answers are asked about again. */
const QUESTIONS = [
  [/Public address[\s\S]*: /, "203.0.113.7:9735\r"],
  [/reserved address[\s\S]*Public address[\s\S]*: /, "pay.festival.example:9735\r"],
  [/Currency[\s\S]*: /, "euros\r"],
  [/ISO 4217[\s\S]*Currency[\s\S]*: /, "EUR\r"],
  [/PIN[\s\S]*N\] /, "maybe\r"],
  [/y or n[\s\S]*PIN[\s\S]*N\] /, "y\r"],
  [/Keys of the blank cards[\s\S]*KDF3\): /, "\r"],
  [/test, known or derived[\s\S]*KDF3\): /, "known\r"],
  [/Master key[\s\S]*digits: /, "12\r"],
  [/A key has 32[\s\S]*digits: /, `${CARD_KEY}\r`],
  [/New passphrase: /, `${PASSPHRASE}\r`],
] as const;

/** Runs the lines that `issuer init` ends with but the last, and starts the service with the last. */
async function paste(shown: string): Promise<void> {
  const lines = shown.replaceAll("\r", "").split("\n");
  const next = lines.filter((line) => line.startsWith("chequecard "));
  expect(next).toHaveLength(4);
  expect(next.at(-1)).toMatch(/^chequecard issuer serve /);
  const run = promisify(execFile);
  for (const line of next.slice(0, -1)) await run("sh", ["-c", line], { cwd: folder, env: shell() });
  const service = spawn("sh", ["-c", `exec ${next.at(-1)}`], {
    cwd: folder,
    env: shell(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const events: unknown[] = [];
  for await (const line of createInterface({ input: service.stdout })) {
    if (!line.startsWith("{")) continue;
    const { event } = JSON.parse(line) as { event: unknown };
    events.push(event);
    if (event === "started") service.kill("SIGTERM");
  }
  expect(events).toEqual(expect.arrayContaining(["started", "stopped"]));
}

describe.each([80, 40])("issuer init on a terminal of %i columns", (columns) => {
  it("asks, and what it writes makes a card and runs as it stands", async () => {
    const name = `it's ${columns}`;
    const terminal = init(columns, at(name));
    await answer(terminal, ...QUESTIONS, [/New passphrase again: /, `${PASSPHRASE}\r`]);
    await terminal.shows(/issuer serve/);
    expect(await terminal.ended).toBe(EXIT.OK);
    for (const secret of [PASSPHRASE, CARD_KEY])
      for (let from = 0; from + 8 <= secret.length; from++)
        expect(terminal.screen()).not.toContain(secret.slice(from, from + 8));
    expect(readFileSync(at(`${name}/issuer.yaml`), "utf8")).toMatch(/^currency: eur$/m);
    const profile = readFileSync(at(`${name}/profile.yaml`), "utf8");
    expect(profile).toMatch(/^node-uri: [0-9a-f]{66}@pay\.festival\.example:9735$/m);
    expect(profile).toMatch(/^pin: random$/m);
    await paste(terminal.screen());
    const { out } = await chequecard(["--json", "cards", "list", "--issuer", at(name)]);
    expect(JSON.parse(out)).toMatchObject({ cards: [{ label: "0001", state: "active" }] });
  });

  it("makes nothing when it is left with Ctrl-C, at any question", async () => {
    for (let count = 1; count <= QUESTIONS.length; count += 2) {
      const issuer = at(`left-${columns}-${count}`);
      const terminal = init(columns, issuer);
      await answer(terminal, ...QUESTIONS.slice(0, count - 1));
      await terminal.shows(QUESTIONS[count - 1]?.[0] ?? /^$/);
      terminal.type("x\x03");
      expect(await terminal.ended).toBe(EXIT.INTERRUPTED);
      expect(existsSync(issuer)).toBe(false);
    }
  });
});
