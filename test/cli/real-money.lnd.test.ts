import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { callsOf } from "../../lightning/nodes/lnd/permissions.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd, STUB_IDENTITY } from "../../testing/lnd/ready-lnd.js";
import { StubLnd } from "../../testing/lnd/stub-lnd.js";
import { inTerminal } from "../pseudo-terminal.js";

const root = newFolder();
const env = { CHEQUECARD_PASSPHRASE: "correct horse battery" };
const QUESTION =
  /is on bitcoin mainnet: this will pay real money, up to 1,000,000 sat a payment\. Go on\? \[y\/N\] /;

let program: string;
let folder: string;
let stub: StubLnd;
beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
});
beforeEach(async () => {
  folder = mkdtempSync(join(root, "mainnet-"));
  stub = await StubLnd.start(folder, readyLnd("mainnet"));
  stub.macaroon = bakedMacaroon(callsOf(["issuer", "merchant"]).map((method) => `uri:/${method}`));
  stub.writeFiles();
});
afterEach(() => stub.stop());

const start = (...words: string[]) => inTerminal([process.execPath, program, ...words], 400, env);

it("a till asks in its window whether real money is meant, sells nothing after a no, and asks once", async () => {
  const till = join(folder, "till");
  const node = { type: "lnd", ...stub.access };
  expect((await chequecard(["simulate", "new", join(folder, "card.json")])).exitCode).toBe(EXIT.OK);
  const serve = ["terminal", "serve", "--node", till, "--card", join(folder, "card.json"), "--no-qr"];
  mkdirSync(till);
  writeFileSync(join(till, "terminal.yaml"), `node: ${JSON.stringify(node)}\n`);
  const refused = start(...serve);
  await refused.shows(QUESTION);
  refused.type("n\r");
  expect(await refused.ended).toBe(EXIT.INPUT);
  expect(refused.screen()).toContain("real money was not meant; nothing was started");
  expect(existsSync(join(till, "real-money.json"))).toBe(false);
  const agreed = start(...serve);
  await agreed.shows(QUESTION);
  agreed.type("y\r");
  await agreed.shows(/Type an amount/);
  agreed.type("\x03");
  await agreed.ended;
  expect(JSON.parse(readFileSync(join(till, "real-money.json"), "utf8"))).toMatchObject({
    nodeId: STUB_IDENTITY,
  });
  const again = start(...serve);
  await again.shows(/Type an amount/);
  expect(again.screen()).not.toMatch(QUESTION);
  again.type("\x03");
  await again.ended;
});

it("an issuer's service on mainnet asks as well, and without a window names the line of its configuration", async () => {
  const issuer = join(folder, "issuer");
  const { address, certificate, macaroon } = stub.access;
  const lnd = ["--lnd", address, "--certificate", certificate, "--macaroon", macaroon];
  const made = await chequecard(
    ["issuer", "init", issuer, "--factory-keys", "test", ...lnd, "--address", "pay.festival.example:9735"],
    { env },
  );
  expect([made.exitCode, made.err]).toEqual([EXIT.OK, ""]);
  const alone = await chequecard(["issuer", "serve", issuer], { env });
  expect(alone.exitCode).toBe(EXIT.INPUT);
  expect(alone.err).toMatch(/this would move real money[\s\S]*Set realMoney: true/);
  const refused = start("issuer", "serve", issuer);
  await refused.shows(QUESTION);
  refused.type("\r");
  expect(await refused.ended).toBe(EXIT.INPUT);
  expect(existsSync(join(issuer, "node", "real-money.json"))).toBe(false);
  const agreed = start("issuer", "serve", issuer);
  await agreed.shows(QUESTION);
  agreed.type("yes\r");
  await agreed.shows(/"event":"started"/);
  agreed.type("\x03");
  await agreed.ended;
  expect(existsSync(join(issuer, "node", "real-money.json"))).toBe(true);
});
