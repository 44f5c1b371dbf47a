import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { BeerTap } from "../../examples/beer-tap/beer-tap.js";
import {
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  recomputeModern,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import { deputyDecision, type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { odtToHex, qrPng } from "../../lightning/odt/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { type RunningProgram, runProgram } from "../../testing/programs.js";

const folder = newFolder();
const at = (name: string) => join(folder, name);
const master = new Uint8Array(32).fill(0x42);
const keyId = Uint8Array.of(0, 0, 0, 3);
let program: string;
let network: LittleNetwork;
let profile: DeputyProfile;
const running: RunningProgram[] = [];

/** A tap in a process of its own. */
function startTap(name: string, seconds = "0.05"): RunningProgram {
  const tap = runProgram(program, [at("tap.json"), at(name), "--price", "800sat", "--seconds", seconds]);
  running.push(tap);
  return tap;
}
/** The invoice on the tap's screen, after those that were there before. */
async function offerOf(tap: RunningProgram, before = ""): Promise<string> {
  const pattern = new RegExp(`(?:${before})[\\s\\S]*?(lnbcrt\\w+)\\nOne beer: 800 sat`);
  return (await tap.says(pattern))[1] ?? "";
}
async function pay(invoice: string): Promise<Uint8Array> {
  const paid = await network.payer.pay({ invoice, maxFee: sat(10) });
  if (paid.state !== "settled") throw new Error(`not paid: ${paid.state}`);
  return paid.preimage;
}
const proof = (preimage: Uint8Array): string => odtToHex({ kind: "preimage", preimage });
const valveOpened = (tap: RunningProgram): number => tap.output().split("[valve] open").length - 1;

beforeAll(async () => {
  program = await buildProgram("examples/beer-tap/main.ts");
  const recipient = new DeputyRecipient({ recompute: recomputeModern(deputyKeys(master, [keyId])) });
  network = await startLittleNetwork({ merchant: { deputy: deputyDecision(recipient) } });
  const terminalKey = deriveTerminalKey(master, keyId);
  profile = network.merchant.deputyProfile({ name: "beer tap", keyId, terminalKey });
  writeFileSync(at("tap.json"), writeDeputyProfile(profile), { mode: 0o600 });
});
afterEach(async () => {
  for (const tap of running.splice(0)) await tap.end("SIGKILL");
});
afterAll(async () => {
  await network.close();
});

it("shows a code, is paid over Lightning, pours once for the proof, and sells the next", async () => {
  const tap = startTap("simple");
  const first = await offerOf(tap);
  const preimage = await pay(first);
  tap.type(proof(preimage));
  await tap.says(/\[valve\] open\n\[valve\] closed\nCheers!/);
  const second = await offerOf(tap, "Cheers!");
  expect(second).not.toBe(first);
  tap.type(bytesToHex(preimage));
  await tap.says(/shown before; its beer is poured/);
  expect(valveOpened(tap)).toBe(1);
  writeFileSync(at("phone.png"), qrPng(proof(await pay(second))));
  tap.type(at("phone.png"));
  await tap.says(/Cheers![\s\S]*Cheers!/);
  expect(valveOpened(tap)).toBe(2);
  expect(await tap.end("SIGINT")).toBe(0);
});

it("opens for nothing else, and never repeats what was shown", async () => {
  const tap = startTap("strict");
  await offerOf(tap);
  const unpaid = "ab".repeat(32);
  for (const line of ["", unpaid, `0000${unpaid}`, `0000${unpaid}00`, "beer", at("none.png"), at("tap.json")])
    tap.type(line);
  tap.type(`0777${unpaid}`);
  await tap.says(/not the proof of a payment/);
  expect(tap.output()).toMatch(
    /proves no payment[\s\S]*proves no payment[\s\S]*have 33[\s\S]*hex digits[\s\S]*cannot be read/,
  );
  expect(valveOpened(tap)).toBe(0);
  expect(tap.output() + tap.errors()).not.toContain(unpaid);
});

it("after a power cut shows the same code, and takes the proof that was paid meanwhile", async () => {
  const before = startTap("dark");
  const invoice = await offerOf(before);
  await before.end("SIGKILL");
  const preimage = await pay(invoice);
  const after = startTap("dark");
  expect(await offerOf(after)).toBe(invoice);
  after.type(proof(preimage));
  await after.says(/Cheers!/);
});

it("after a power cut in the middle of a beer asks, and never opens the valve by itself", async () => {
  const before = startTap("cut", "60");
  const preimage = await pay(await offerOf(before));
  before.type(proof(preimage));
  await before.says(/\[valve\] open/);
  await before.end("SIGKILL");
  const after = startTap("cut");
  await after.says(/Power failed while the last beer was running/);
  after.type(proof(preimage));
  after.type("");
  await after.says(/Power failed(?:[\s\S]*Power failed){2}/);
  expect(valveOpened(after)).toBe(0);
  after.type("pour");
  await offerOf(after, "closed");
  after.type(proof(preimage));
  await after.says(/shown before/);
  expect(valveOpened(after)).toBe(1);
});

it("a half-poured beer can be left as it is", async () => {
  const before = startTap("skip", "60");
  before.type(proof(await pay(await offerOf(before))));
  await before.says(/\[valve\] open/);
  await before.end("SIGKILL");
  const after = startTap("skip");
  await after.says(/Power failed/);
  after.type("skip");
  await offerOf(after, "Power failed");
  expect(valveOpened(after)).toBe(0);
});

it("a beer that was paid but not poured is poured after the power cut", async () => {
  const before = startTap("owed");
  const preimage = await pay(await offerOf(before));
  await before.end("SIGKILL");
  const valve = () => Promise.reject(new Error("not in this test"));
  const halfway = new BeerTap({ profile, folder: at("owed"), price: sat(800), valve });
  expect(halfway.accept(preimage).result).toBe("accepted");
  halfway.close();
  const after = startTap("owed");
  await after.says(/paid and not poured/);
  expect(valveOpened(after)).toBe(0);
  after.type("");
  await offerOf(after, "closed");
  expect(valveOpened(after)).toBe(1);
});

it("says what is wrong with the call, the profile and a folder in use", async () => {
  const tap = startTap("busy");
  await offerOf(tap);
  const cases: [string[], RegExp][] = [
    [[], /usage/],
    [[at("tap.json"), at("new"), "--seconds", "never"], /usage/],
    [[at("none.json"), at("new")], /cannot be read \(no such file or folder, ENOENT\)/],
    [[at("tap.json"), at("new"), "--price", "free"], /--price/],
    [[at("tap.json"), at("busy")], /in use by another process/],
  ];
  for (const [args, problem] of cases) {
    const other = runProgram(program, args);
    expect(await other.end("SIGCONT")).not.toBe(0);
    expect(other.errors(), args.join(" ")).toMatch(problem);
    expect(other.errors()).not.toMatch(/\n\s+at /);
  }
});
