import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readPinLetters } from "../../personalize/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import {
  type ApiClient,
  apiClient,
  apiEvents,
  keyOf,
  serveCommand,
} from "../../testing/server/api-client.js";

const LETTERS = "a passphrase of letters";
const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase", CHEQUECARD_LETTERS_PASSPHRASE: LETTERS };
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
const FILES = [1, 2].map((number) => `blank-000${number}.json`);
let served: Awaited<ReturnType<typeof serveCommand>> | undefined;
let desk: ApiClient;
let key: string;

type Fields = Record<string, unknown>;

async function run(...args: string[]): Promise<Fields> {
  const { exitCode, out, err } = await chequecard(["--json", ...args], {
    env: { ...ENV, CHEQUECARD_ISSUER: ISSUER },
  });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out === "" ? "{}" : out);
}

async function start(...options: string[]): Promise<void> {
  await served?.stop();
  const cards = FILES.flatMap((file) => ["--card", at(file)]);
  const args = ["issuer", "serve", ISSUER, "--http", "127.0.0.1:0", "--test-key", ...cards, ...options];
  Object.assign(process.env, ENV);
  served = await serveCommand(args);
  for (const name of Object.keys(ENV)) delete process.env[name];
  desk = apiClient(served.url, key);
}

beforeAll(async () => {
  const chain = ["--chain", at("chain.db")];
  await run("issuer", "init", ISSUER, "--factory-keys", "test", "--label", "festival", "--pin", ...chain);
  const config = join(ISSUER, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  await run("simulate", "blank", at("blank.json"), "--test-key", "--count", String(FILES.length));
  ({ key } = keyOf(ISSUER, "desk"));
});
afterAll(() => served?.stop());

async function until(path: string, isThere: (data: Fields) => boolean): Promise<Fields> {
  for await (const data of await apiEvents(served?.url ?? "", path, key)) if (isThere(data)) return data;
  throw new Error(`${path} ended`);
}
const jobEnd = async (): Promise<Fields> => {
  const ended = (data: Fields) => !["running", "stopping"].includes(String((data.job as Fields)?.state));
  return (await until("/v1/job/events", ended)).job as Fields;
};
const lay = async (file: string | undefined, state: string): Promise<Fields> => {
  await desk("POST", "/v1/reader/lay", { body: file === undefined ? {} : { file } });
  return await until("/v1/reader/events", (data) => data.state === state);
};
const lettersIn = (path: string) => readPinLetters(join(ISSUER, path), Buffer.from(LETTERS));
const plan = { name: "with letters", profile: "profile.yaml", count: 2, prefix: "A" };

/** A desk that writes letters, and the job that has made two cards there. */
let made: Promise<Fields> | undefined;
const madeWithLetters = (): Promise<Fields> => {
  made ??= start("--pin-letters").then(async () => {
    expect((await desk("POST", "/v1/batches", { body: plan })).status).toBe(201);
    await desk("POST", "/v1/batches/with%20letters/run");
    return await jobEnd();
  });
  return made;
};

it("a desk without PIN letters makes no card that gets a PIN, and says what to do", async () => {
  await start();
  expect((await desk("GET", "/v1/profiles")).body).toMatchObject({ letters: false });
  const refused = await desk("POST", "/v1/batches", { body: plan });
  expect(refused).toMatchObject({
    status: 400,
    body: {
      detail: expect.stringMatching(/without PIN letters/),
      hint: expect.stringMatching(/--pin-letters/),
    },
  });
  expect((await desk("GET", "/v1/batches")).body).toEqual({ batches: [] });
});

it("a batch at the desk writes a letter for each card, and no PIN passes the API", async () => {
  const job = await madeWithLetters();
  expect((await desk("GET", "/v1/settings")).body).toMatchObject({ letters: true, station: true });
  expect(job).toMatchObject({ state: "done", done: 2 });
  const { batches } = (await desk("GET", "/v1/batches")).body as { batches: Fields[] };
  expect(batches).toMatchObject([
    { done: 2, letters: expect.stringMatching(/^chequecard personalize pins /) },
  ]);
  const letters = await lettersIn("batches/with letters.letters");
  expect(letters.map(({ number }) => number).sort()).toEqual(["A0001", "A0002"]);
  // The command that the desk names prints them.
  const [, , ...command] = (String(batches[0]?.letters).match(/'[^']*'|\S+/g) ?? []).map((word) =>
    word.replaceAll("'", ""),
  );
  await run("personalize", ...command.slice(0, -1), at("letters.html"));
  const printed = readFileSync(at("letters.html"), "utf8");
  const told = JSON.stringify([job, batches, (await desk("GET", "/v1/audit")).body, served?.output()]);
  for (const { pin = "none" } of letters) {
    expect(pin).toMatch(/^\d{4,12}$/);
    expect(printed).toContain(pin);
    expect(told).not.toMatch(new RegExp(`\\b${pin}\\b`));
  }
});

it("a new PIN makes the card on the reader again, moves its money once, and writes its letter", async () => {
  await madeWithLetters();
  const { card } = await lay(FILES[0], "card");
  const { card: old = "", left, label } = card as Record<string, string>;
  const path = `/v1/cards/${old}/new-pin`;
  await lay(undefined, "empty");
  const missing = await desk("POST", path, { key: "pin-0" });
  expect([missing.status, missing.body.detail]).toEqual([
    409,
    expect.stringMatching(/does not lie on the reader/),
  ]);
  await lay(FILES[1], "card");
  expect((await desk("POST", path, { key: "pin-1" })).status).toBe(409);
  await lay(FILES[0], "card");
  const [first, second] = await Promise.all([
    desk("POST", path, { key: "pin-2" }),
    desk("POST", path, { key: "pin-2" }),
  ]);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.body.id).toBe(first.body.id);
  const job = await jobEnd();
  expect(job).toMatchObject({ kind: "new-pin", state: "done", result: { replaces: old, moved: left } });
  const { card: made = "", letter } = job.result as Record<string, string>;
  expect(made).not.toBe(old);
  expect((await desk("GET", `/v1/cards/${old}`)).body).toMatchObject({ state: "retired", left: "0" });
  expect((await desk("GET", `/v1/cards/${made}`)).body).toMatchObject({ state: "active", left, label });
  const letters = await lettersIn("new-pins/letters");
  expect(letters).toHaveLength(1);
  expect(letter).toMatch(/^chequecard personalize pins .*new-pins\/letters/);
  const lines = (await desk("GET", "/v1/audit")).body.lines as Fields[];
  expect(lines).toContainEqual(
    expect.objectContaining({ action: "new-pin (job)", who: "test desk", outcome: "done" }),
  );
  const told = JSON.stringify([job, lines, served?.output()]);
  expect(told).not.toMatch(new RegExp(`\\b${letters[0]?.pin}\\b`));
  await until("/v1/reader/events", (data) => (data.card as Fields)?.card === made);
});
