import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { utf8 } from "../../common/index.js";
import { readPinLetters } from "../../personalize/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, serveCommand } from "../../testing/server/api-client.js";

const ENV = {
  CHEQUECARD_PASSPHRASE: "an issuer's passphrase",
  CHEQUECARD_LETTERS_PASSPHRASE: "a passphrase for letters",
};
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
let served: Awaited<ReturnType<typeof serveCommand>>;

const run = (...args: string[]) =>
  chequecard(["--json", ...args], { env: { ...ENV, CHEQUECARD_ISSUER: ISSUER } });

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await run(...args);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

/** Every letter of a file, with the secret of its page. */
const lettersIn = async (path: string) =>
  (await readPinLetters(path, utf8(ENV.CHEQUECARD_LETTERS_PASSPHRASE))).map((letter) => ({
    ...letter,
    secret: new URL(letter.page?.address ?? "").hash.slice(1),
  }));

const open = (secret: string, code: string | undefined) =>
  apiClient(served.url, undefined)("POST", "/v1/open", { body: { secret, code } });

beforeAll(async () => {
  await json("issuer", "init", ISSUER, "--factory-keys", "test", "--chain", at("chain.db"));
  const config = join(ISSUER, "issuer.yaml");
  const text = readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off");
  writeFileSync(config, text.replace(/^# cardPage: .*$/m, 'cardPage: { desk: "Tent 1", rate: 50000eur }'));
  const profile = join(ISSUER, "profile.yaml");
  writeFileSync(
    profile,
    readFileSync(profile, "utf8").replace(/^# card-page: .*$/m, "card-page: https://card.example/"),
  );
  await json("simulate", "blank", at("card.json"), "--test-key", "--count", "2");
  const cards = [1, 2].flatMap((number) => ["--card", at(`card-000${number}.json`)]);
  const files = ["--letters", at("letters"), "--journal", at("batch.journal")];
  await json("personalize", "batch", "--issuer", ISSUER, "--test-key", "--count", "2", ...files, ...cards);
  process.env.CHEQUECARD_PASSPHRASE = ENV.CHEQUECARD_PASSPHRASE;
  served = await serveCommand(["issuer", "serve", ISSUER, "--card-page", "127.0.0.1:0"]);
  delete process.env.CHEQUECARD_PASSPHRASE;
});
afterAll(async () => {
  await served?.stop();
});

it("a batch prints addresses on labels and codes in letters, and those open the page", async () => {
  mkdirSync(at("labels"));
  const from = ["--journal", at("batch.journal"), "--letters", at("letters")];
  const labels = await json("personalize", "labels", at("labels"), ...from, "--qr", "svg", "--sheet");
  expect(labels).toMatchObject({ pages: 2 });
  const letters = await lettersIn(at("letters"));
  const csv = readFileSync(at("labels/labels.csv"), "utf8");
  for (const { secret, page } of letters) {
    expect(csv).toContain(page?.address);
    expect(JSON.stringify(labels)).not.toContain(secret);
  }
  for (const file of ["labels.csv", "labels.html"])
    expect(statSync(at(`labels/${file}`)).mode & 0o777).toBe(0o600);
  const pins = await json("personalize", "pins", at("letters"), "--journal", at("batch.journal"));
  expect(pins.letters).toMatchObject(letters.map(({ page }) => ({ code: page?.code })));
  expect(JSON.stringify(pins)).not.toContain("#");
  const [first, second] = letters;
  expect((await open(first?.secret ?? "", first?.page?.code)).body.card).toMatchObject({
    ...{ label: "0001", standing: "active", left: "20000000", desk: "Tent 1" },
    inCurrency: { sum: "10.00", currency: "EUR" },
  });
  expect((await open(first?.secret ?? "", second?.page?.code)).status).toBe(403);
});

it("a card gets another page by command, and the one before opens nothing", async () => {
  const [before] = await lettersIn(at("letters"));
  const refused = await run("cards", "page", "new", "0001");
  expect([refused.exitCode, refused.out + refused.err]).toEqual([
    EXIT.INPUT,
    expect.stringMatching(/open nothing any more/),
  ]);
  expect((await open(before?.secret ?? "", before?.page?.code)).status).toBe(200);
  const made = await json("cards", "page", "new", "0001", "--yes");
  expect(made.cards).toHaveLength(1);
  const [letter] = await lettersIn(join(ISSUER, "card-pages"));
  expect((await open(before?.secret ?? "", before?.page?.code)).status).toBe(403);
  expect((await open(letter?.secret ?? "", letter?.page?.code)).body.card).toMatchObject({ label: "0001" });
  // A second one: only the newest is printed.
  await json("cards", "page", "new", "0001", "--yes");
  const [, newest] = await lettersIn(join(ISSUER, "card-pages"));
  mkdirSync(at("again"));
  const printed = await json("cards", "page", "print", at("again"), "--qr", "png");
  expect(printed).toMatchObject({ pages: 1 });
  const csv = readFileSync(at("again/labels.csv"), "utf8");
  expect([csv.includes(newest?.secret ?? "?"), csv.includes(letter?.secret ?? "?")]).toEqual([true, false]);
  expect(readFileSync(at("again/letters.html"), "utf8")).toContain(newest?.page?.code);
  for (const file of printed.files as string[])
    if (!/^[0-9a-f-]{19}\.png$/.test(file)) expect(statSync(at(`again/${file}`)).mode & 0o777).toBe(0o600);
});

it("a page is revoked by command, and says so", async () => {
  const [, letter] = await lettersIn(at("letters"));
  expect((await open(letter?.secret ?? "", letter?.page?.code)).status).toBe(200);
  expect(await json("cards", "page", "show", "0002")).toMatchObject({ page: "open" });
  expect(await json("cards", "page", "revoke", "0002")).toMatchObject({ page: "revoked" });
  expect(await json("cards", "page", "show", "0002")).toMatchObject({ page: "revoked" });
  expect((await open(letter?.secret ?? "", letter?.page?.code)).status).toBe(403);
  await json("simulate", "blank", at("late.json"), "--test-key");
  const late = ["--journal", at("late.journal"), "--letters", at("late-letters"), "--number", "L1"];
  await json("personalize", "one", "--issuer", ISSUER, "--test-key", ...late, "--card", at("late.json"));
  expect(await json("cards", "page", "show", "L1")).toMatchObject({ page: "open" });
});

it("neither log nor output of the service has a secret, a code or a session", async () => {
  const letters = [...(await lettersIn(at("letters"))), ...(await lettersIn(join(ISSUER, "card-pages")))];
  const newest = letters.at(-1);
  const { session } = (await open(newest?.secret ?? "", newest?.page?.code)).body;
  expect(session).toMatch(/^[\w-]{43}$/);
  await open(newest?.secret ?? "", "00000000");
  const output = served.output();
  expect(output).toMatch(/the pages of cards are served/);
  for (const { secret, page } of letters) {
    expect(output).not.toContain(secret);
    expect(output).not.toContain(page?.code);
  }
  expect(output).not.toContain(String(session));
});

it.each([
  [["--card-page", "0.0.0.0:0"], /--card-page: 0\.0\.0\.0 is reached by other machines/],
  [["--card-page", "evil"], /^--card-page: need an address and a port/],
  [["--card-page", "--card-page-certificate", "x.pem"], /give both or none/],
  [["--card-page", "--card-page-proxy"], /--card-page-proxy: name what the proxy is asked for/],
  [["--card-page", "--card-page-name", "a b"], /^--card-page-name: need a host name/],
])("issuer serve %j is refused before anything runs", async (options, sentence) => {
  const { exitCode, err } = await chequecard(["issuer", "serve", ISSUER, ...options], { env: ENV });
  expect([exitCode, err]).toEqual([EXIT.INPUT, expect.stringMatching(sentence)]);
});
