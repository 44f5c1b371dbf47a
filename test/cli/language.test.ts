import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";
import { openCommandLineShop } from "./terminal-shop.js";

let program: string;
let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
beforeAll(async () => {
  folder = newFolder("memory");
  [program, shop] = await Promise.all([buildProgram("cli/main.ts"), openCommandLineShop(folder)]);
});
afterAll(() => shop?.close());

const charge = (card: keyof typeof shop.cards, amount: string, ...more: string[]) => [
  ...["terminal", "charge", "--node", shop.folder, "--card", shop.cards[card].file, "--no-qr"],
  ...["--amount", amount, ...more],
];
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

it("a process with LANG=de_DE.UTF-8 sells in German, and --json of the same sale has no word of it", async () => {
  const env = { LANG: "de_DE.UTF-8" };
  const sold = runProgram(program, charge("guest", "1.50eur", "--rate", "60000eur"), { env });
  expect([await sold.end(), sold.errors()]).toEqual([EXIT.OK, ""]);
  expect(plain(sold.output())).toMatch(
    /^Verkauf 1: 2\.500 sat \(1,50 EUR\)\nKarte oder Telefon auflegen\. Strg-C bricht ab\.\n\n[\s\S]*\nSumme +2\.500 sat\n +1,50 EUR\nBEZAHLT\n/,
  );
  const json = runProgram(program, ["--json", "terminal", "receipt", "1", "--node", shop.folder], { env });
  expect([await json.end(), json.errors()]).toEqual([EXIT.OK, ""]);
  const english = await chequecard(["--json", "terminal", "receipt", "1", "--node", shop.folder]);
  expect(json.output()).toBe(english.out);
  expect(JSON.parse(json.output())).toMatchObject({ receipt: { amount: "2500000", fiat: "1.50 EUR" } });
});

it("a refusal is in the language of LC_ALL, and its code, exit code and JSON are not", async () => {
  const refused = (env: Record<string, string>, ...json: string[]) =>
    chequecard([...json, ...charge("limited", "2500sat")], { env });
  const french = await refused({ LC_ALL: "fr_CH.UTF-8", LANG: "de_DE.UTF-8" });
  expect(french.exitCode).toBe(EXIT.NOT_PAID);
  expect(plain(french.out)).toMatch(/\nRefusé\. [^\n]+ ; demandez [^\n]+\.\n$/);
  const told = await refused({ LC_ALL: "fr_CH.UTF-8" }, "--json");
  expect(told.exitCode).toBe(EXIT.NOT_PAID);
  expect(JSON.parse(told.out)).toMatchObject({
    state: "cancelled",
    reason: expect.stringMatching(/^Declined\. /),
  });
});

it("a till that sells in German tells nothing in German to a command in French, or to --json", async () => {
  const { file } = shop.cards.visitor;
  const serve = ["terminal", "serve", "--node", shop.folder, "--card", file, "--no-qr"];
  const till = runProgram(program, serve, { env: { LANG: "de_DE.UTF-8" } });
  await till.says("Betrag eingeben");
  till.type("40sat");
  await till.says(/^BEZAHLT$/m);
  const [, number = ""] = await till.says(/^Verkauf (\d+): 40/m);
  await shop.cashOut("visitor");
  const refund = ["terminal", "refund", number, "--node", shop.folder];
  const french = await chequecard(refund, { env: { LANG: "fr_FR.UTF-8" } });
  expect(french.exitCode).toBe(EXIT.NOT_PAID);
  expect(plain(french.out)).toMatch(
    /^Le remboursement de la vente \d+ n’a pas été accepté\. La carte qui a payé /,
  );
  const json = await chequecard(["--json", ...refund]);
  expect(JSON.parse(json.out)).toMatchObject({
    refused: {
      name: "card-cashed-out",
      sentence: expect.stringMatching(/^The card that paid was cashed out/),
    },
  });
  till.type("");
  expect([await till.end(), till.output()]).toEqual([
    EXIT.OK,
    expect.stringMatching(/\nBezahlt +1 Verkauf, 40/),
  ]);
});

it.each([
  [{ LANG: "it_IT.UTF-8" }, /^Paid /],
  [{ LC_ALL: "C", LANG: "de_DE.UTF-8" }, /^Paid /],
  [{ LC_ALL: "de_CH" }, /^Bezahlt /],
  [{ LC_ALL: "", LC_MESSAGES: "es_ES.UTF-8", LANG: "de_DE.UTF-8" }, /^Pagadas /],
])("the report with %j begins with %s", async (env: Record<string, string>, begin) => {
  const run = await chequecard(["terminal", "report", "--node", shop.folder], { env });
  expect([run.exitCode, run.out]).toEqual([EXIT.OK, expect.stringMatching(begin)]);
});

it("language in terminal.yaml overrules the environment; another one than the four is refused", async () => {
  const settings = join(shop.folder, "terminal.yaml");
  const env = { LANG: "de_DE.UTF-8" };
  const file = join(folder, "sales.csv");
  const report = (...more: string[]) =>
    chequecard([...more, "terminal", "report", "--node", shop.folder, "--csv", file], { env });
  try {
    writeFileSync(settings, "language: es\n");
    expect((await report()).out).toMatch(/^Pagadas [\s\S]*\n\d ventas? en /);
    expect(readFileSync(file, "utf8")).toMatch(/^\ufeff?number,time,time_local,state,amount_msat,/);
    expect((await report("--json")).out).toMatch(/"totals"/);
    writeFileSync(settings, "language: it\n");
    const bad = await chequecard(charge("guest", "1sat"), { env });
    expect(bad).toMatchObject({
      exitCode: EXIT.INPUT,
      err: expect.stringMatching(/language: need one of en, de, fr, es/),
    });
  } finally {
    rmSync(settings);
  }
});

it("a command for issuers speaks English in every language", async () => {
  const profile = join(folder, "profile.yaml");
  writeFileSync(profile, "max-per-transaction: 10000sat\n");
  const check = (env: Record<string, string>) => chequecard(["profiles", "check", profile], { env });
  const english = await check({});
  expect(english.out + english.err).toMatch(/[a-z]{4}/);
  expect(await check({ LANG: "de_DE.UTF-8" })).toEqual(english);
});
