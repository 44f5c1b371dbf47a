import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";

const CARD_KEY = "8d1f02a94c6be7330f5e2b7a9160c4dd";
const ENV = {
  CHEQUECARD_PASSPHRASE: "correct horse battery",
  CHEQUECARD_LETTERS_PASSPHRASE: "of the letters",
};
const folder = newFolder();
const at = (name: string): string => join(folder, name);

/** Runs the lines that `issuer init` ends with but the last, which serves. */
async function makeFirstCard(next: readonly string[]): Promise<void> {
  expect(next.at(-1)).toMatch(/^chequecard issuer serve /);
  for (const line of next.slice(0, -1)) {
    const [, ...words] = line.split(" ");
    const { exitCode, err } = await chequecard(words, { env: ENV });
    expect([line, exitCode, err]).toEqual([line, EXIT.OK, expect.anything()]);
  }
}

describe("issuer init without a terminal", () => {
  const made = (name: string, ...options: string[]) =>
    chequecard(["issuer", "init", at(name), ...options], { env: ENV });

  it("names the option that has no default, and makes nothing", async () => {
    const { exitCode, out, err } = await made("none");
    expect([exitCode, out]).toEqual([EXIT.INPUT, ""]);
    expect(err).toMatch(/no terminal to ask[\s\S]*--factory-keys test[\s\S]*known[\s\S]*derived/);
    const noKey = await made("none", "--factory-keys", "known");
    expect([noKey.exitCode, noKey.err]).toEqual([EXIT.INPUT, expect.stringContaining("CHEQUECARD_CARD_KEY")]);
    for (const [option, value] of [
      ["--currency", "euro"],
      ["--factory-keys", "gp"],
      ["--address", "0.0.0.0:9735"],
    ] as const)
      expect((await made("none", "--factory-keys", "test", option, value)).err).toContain(option);
    expect(existsSync(at("none"))).toBe(false);
  });

  it.each([
    ["test", []],
    ["known", ["--pin"]],
    ["derived", []],
  ])("--factory-keys %s ends with commands that make a card", async (kind, options) => {
    const args = ["--json", "issuer", "init", at(kind), "--factory-keys", kind, ...options];
    const run = await chequecard(args, { env: { ...ENV, CHEQUECARD_CARD_KEY: CARD_KEY } });
    expect(run.exitCode).toBe(EXIT.OK);
    const { next, warnings } = JSON.parse(run.out) as { next: string[]; warnings: string[] };
    expect(warnings.join()).toContain("only this machine");
    await makeFirstCard(next);
    const { out } = await chequecard(["--json", "cards", "list", "--issuer", at(kind)]);
    expect(JSON.parse(out)).toMatchObject({ cards: [{ label: "0001", state: "active" }] });
  });

  it("keeps one factory key over an interruption, and never another", async () => {
    const first = { env: { ...ENV, CHEQUECARD_CARD_KEY: CARD_KEY } };
    const args = ["issuer", "init", at("again"), "--factory-keys", "known"];
    const { out } = await chequecard(args, first);
    const [uri = "none"] = /[0-9a-f]{66}@\S+/.exec(out) ?? [];
    rmSync(at("again/issuer.yaml"));
    const other = { ...ENV, CHEQUECARD_CARD_KEY: CARD_KEY.replace("8d", "8e") };
    const refused = await chequecard(args, { env: other });
    expect([refused.exitCode, refused.err]).toEqual([
      EXIT.INPUT,
      expect.stringMatching(/another factory key/),
    ]);
    const derived = await chequecard([...args.slice(0, -1), "derived"], first);
    expect([derived.exitCode, derived.err]).toEqual([
      EXIT.INPUT,
      expect.stringMatching(/another factory key/),
    ]);
    expect(existsSync(at("again/issuer.yaml"))).toBe(false);
    const pinned = await chequecard([...args, "--pin"], first);
    expect(pinned.out).toContain(uri);
    expect(readFileSync(at("again/profile.yaml"), "utf8")).toMatch(/^pin: random$/m);
  });
});

it("a top-up takes sums in the issuer's currency, and shows what they are", async () => {
  const issuer = at("money");
  const options = ["--factory-keys", "test", "--currency", "eur"];
  const { out } = await chequecard(["--json", "issuer", "init", issuer, ...options], { env: ENV });
  await makeFirstCard((JSON.parse(out) as { next: string[] }).next);
  const topUp = (...args: string[]) =>
    chequecard(["cards", "top-up", "1", "--issuer", issuer, "--amount", ...args]);
  for (const [amount, rate] of [
    ["5", "61500"],
    ["5eur", "61500eur"],
    ["5,00", "61500"],
    ["5€", "61500EUR"],
  ] as const)
    expect((await topUp(amount, "--rate", rate, "--yes")).out).toContain("8,131 sat paid in");
  expect((await topUp("5eur", "--rate", "61500")).err).toContain("Book 8,131 sat for 5.00 EUR as paid in");
  expect((await topUp("5", "--yes")).err).toMatch(/--rate: need the price of one bitcoin in EUR/);
  expect((await topUp("5usd", "--rate", "61500", "--yes")).err).toMatch(/need EUR/);
  expect((await topUp("1.000", "--rate", "61500", "--yes")).err).toMatch(/two ways/);
  expect((await topUp("1000", "--rate", "61500", "--yes")).err).toMatch(/at most 1,000,000 sat/);
  const { out: shown } = await chequecard(["--json", "cards", "show", "1", "--issuer", issuer]);
  expect(JSON.parse(shown)).toMatchObject({ funded: "52524000" });
});
