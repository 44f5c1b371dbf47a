import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import {
  type ApiClient,
  apiClient,
  apiEvents,
  keyOf,
  serveCommand,
} from "../../testing/server/api-client.js";

const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
const FILES = [1, 2, 3, 4].map((number) => `blank-000${number}.json`);
let served: Awaited<ReturnType<typeof serveCommand>>;
let desk: ApiClient;
let reader: ApiClient;
let key: string;

type Fields = Record<string, unknown>;

async function run(...args: string[]): Promise<Fields> {
  const { exitCode, out, err } = await chequecard(["--json", ...args], {
    env: { ...ENV, CHEQUECARD_ISSUER: ISSUER },
  });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

async function start(): Promise<void> {
  process.env.CHEQUECARD_PASSPHRASE = ENV.CHEQUECARD_PASSPHRASE;
  const cards = FILES.flatMap((file) => ["--card", at(file)]);
  served = await serveCommand(["issuer", "serve", ISSUER, "--http", "127.0.0.1:0", "--test-key", ...cards]);
  delete process.env.CHEQUECARD_PASSPHRASE;
  desk = apiClient(served.url, key);
  reader = apiClient(served.url, keyOf(ISSUER, "read").key);
}

beforeAll(async () => {
  await run(
    "issuer",
    "init",
    ISSUER,
    "--factory-keys",
    "test",
    "--label",
    "festival",
    "--chain",
    at("chain.db"),
  );
  const config = join(ISSUER, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  await run("simulate", "blank", at("blank.json"), "--test-key", "--count", String(FILES.length));
  ({ key } = keyOf(ISSUER, "desk"));
  await start();
});
afterAll(async () => {
  await served?.stop();
});

/** Watches a stream until something is there. */
async function until(path: string, isThere: (data: Fields) => boolean): Promise<Fields> {
  for await (const data of await apiEvents(served.url, path, key)) if (isThere(data)) return data;
  throw new Error(`${path} ended`);
}

const jobEnd = async (): Promise<Fields> => {
  const ended = (data: Fields) => !["running", "stopping"].includes(String((data.job as Fields)?.state));
  return (await until("/v1/job/events", ended)).job as Fields;
};
const lay = (file: string | undefined) =>
  desk("POST", "/v1/reader/lay", { body: file === undefined ? {} : { file } });
const lying = (state: string, isThere: (data: Fields) => boolean = () => true) =>
  until("/v1/reader/events", (data) => data.state === state && isThere(data));
const lines = async (): Promise<Fields[]> => (await reader("GET", "/v1/audit")).body.lines as Fields[];

it("a batch is planned, made on the reader with its progress, stopped, and gone on with after a restart", async () => {
  const plan = { name: "first day", profile: "profile.yaml", count: 3, prefix: "A" };
  expect(await desk("POST", "/v1/batches", { body: plan })).toMatchObject({
    status: 201,
    body: { name: "first day", total: 3, done: 0 },
  });
  expect((await desk("POST", "/v1/batches", { body: plan })).body.detail).toMatch(/was begun already/);
  const { body: job } = await desk("POST", "/v1/batches/first%20day/run");
  expect(job).toMatchObject({ kind: "personalize", state: "running", total: 3, by: "test desk" });
  const again = await desk("POST", "/v1/batches/first%20day/run");
  expect([again.status, again.body.detail]).toEqual([409, expect.stringMatching(/^a personalization runs/)]);
  await until("/v1/job/events", (data) => Number((data.job as Fields).done) >= 1);
  await desk("POST", "/v1/job/stop", { body: { id: job.id } });
  const stopped = await jobEnd();
  expect(["stopped", "done"]).toContain(stopped.state);
  await served.stop();
  await start();
  const { batches } = (await reader("GET", "/v1/batches")).body as { batches: Fields[] };
  expect(batches).toMatchObject([{ name: "first day", total: 3, done: stopped.done }]);
  if (stopped.state === "stopped") {
    await desk("POST", "/v1/batches/first%20day/run");
    expect(await jobEnd()).toMatchObject({ state: "done", done: 3 });
  }
  const { body } = await reader("GET", "/v1/search?text=a00");
  expect(body).toMatchObject({
    total: 3,
    cards: [{ label: "A0001" }, { label: "A0002" }, { label: "A0003" }],
  });
});

it("the card on the reader says whose it is, gets a top-up at once, and keeps it when it is taken away", async () => {
  expect((await lay(FILES[3])).status).toBe(200);
  await lying("blank");
  await lay(FILES[0]);
  const { card, onCard } = await lying("card");
  const { card: id = "", label, left } = card as Record<string, string>;
  expect([label, (onCard as Fields).available]).toEqual([expect.stringMatching(/^A000/), left]);
  const topUp = { body: { amount: "5000sat" }, key: "desk-1" };
  const both = await Promise.all([1, 2].map(() => desk("POST", `/v1/cards/${id}/top-up`, topUp)));
  expect(both.map(({ status, body }) => [status, body.amount])).toEqual([
    [200, "5000000"],
    [200, "5000000"],
  ]);
  const higher = String(BigInt(left ?? "0") + 5_000_000n);
  const got = await lying("card", (data) => (data.onCard as Fields).available === higher);
  expect(got).toMatchObject({ update: "given", card: { left: higher } });
  await lay(undefined);
  await lying("empty");
  const elsewhere = { body: { amount: "1000sat" }, key: "desk-2" };
  await desk("POST", `/v1/cards/${id}/top-up`, elsewhere);
  await lay(FILES[0]);
  const highest = String(BigInt(higher) + 1_000_000n);
  await lying("card", (data) => (data.onCard as Fields).available === highest);
});

it("the desk says what a sum means before it is booked, and how the issuer stands", async () => {
  const quote = (await reader("GET", "/v1/top-up-amount?amount=5eur&rate=61500eur")).body;
  expect(quote).toEqual({ amount: "8131000", fiat: "5.00 EUR" });
  const overview = (await reader("GET", "/v1/overview")).body;
  const { books } = await run("report");
  expect(overview).toMatchObject({
    today: { payments: "0", amount: "0" },
    float: { left: (books as Fields).left, short: (books as Fields).left, outbound: "0" },
    cards: { active: "3", blocked: "0" },
    alerts: "0",
  });
  const { body } = await reader("GET", "/v1/spending?from=2026-03-29&to=2026-03-29");
  expect((body.hours as Fields[]).length).toBe(24);
  const long = await reader("GET", "/v1/spending?from=2026-03-01&to=2026-03-29");
  expect([long.status, long.body.detail]).toEqual([400, expect.stringMatching(/at most 7 days/)]);
});

it("every change has a line in the audit log, by whom, on which card and how it went, without secrets", async () => {
  const { cards } = (await reader("GET", "/v1/search?text=A0002")).body as { cards: Fields[] };
  const id = String(cards[0]?.card);
  await desk("POST", `/v1/cards/${id}/reverse`, { body: { topUp: "99" }, key: "desk-3" });
  await run("cards", "top-up", id, "--amount", "7sat", "--yes", "--reference", "slip-7");
  await run("cards", "block", id);
  const found = (await lines()).slice(0, 3);
  expect(found).toMatchObject([
    { action: "block", card: id, outcome: "done" },
    { action: "top-up", card: id, reference: "slip-7", outcome: "done", told: { amount: "7000" } },
    { action: "reverse", who: "test desk", reference: "desk-3", outcome: "refused" },
  ]);
  expect(found[0]?.key).toBeUndefined();
  const all = JSON.stringify(await lines());
  for (const secret of [key, ENV.CHEQUECARD_PASSPHRASE]) expect(all).not.toContain(secret);
  const told = (await run("issuer", "audit", "--issuer", ISSUER, "--card", id)).lines as Fields[];
  expect(told.map(({ action }) => action)).toEqual(["block", "top-up", "reverse"]);
  const csv = at("audit.csv");
  await run("issuer", "audit", "--issuer", ISSUER, "--csv", csv);
  expect(readFileSync(csv, "utf8").split("\n")[0]).toMatch(/^number,began/);
});

it("keys that are made, ended and offered by commands have lines in the audit log, without themselves", async () => {
  const at = ["--issuer", ISSUER];
  const made = await run("issuer", "key", "add", "tablet 3", "--role", "read", ...at);
  const paired = await run("issuer", "key", "pair", "--role", "read", ...at);
  await run("issuer", "key", "revoke", String(made.id), ...at);
  await expect(run("issuer", "key", "revoke", String(made.key), ...at)).rejects.toThrow("none of that id");
  const found = (await lines()).slice(0, 4);
  expect(found).toMatchObject([
    { action: "key revoke", asked: { id: "(no id)" }, outcome: "refused" },
    { action: "key revoke", asked: { id: made.id }, outcome: "done", told: { name: "tablet 3" } },
    { action: "key pair", asked: { role: "read" }, outcome: "done", told: {} },
    { action: "key add", asked: { name: "tablet 3", role: "read" }, outcome: "done", told: { id: made.id } },
  ]);
  const all = JSON.stringify(await lines());
  for (const secret of [made.key, paired.code]) expect(all).not.toContain(secret);
});

it("a key that reads sees everything and changes nothing", async () => {
  const { paths } = (await reader("GET", "/v1/openapi.json")).body as unknown as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const before = JSON.stringify([(await reader("GET", "/v1/cards")).body, await lines()]);
  const named: Record<string, string> = { card: "A0001", batch: "first day", key: "000000000000" };
  let tried = 0;
  for (const [path, { post }] of Object.entries(paths)) {
    if (!post || post.operationId === "pairDevice") continue;
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(named[name] ?? "1"));
    const answer = await reader("POST", url, { key: `read-${tried++}` });
    expect([url, answer.status]).toEqual([url, 403]);
  }
  expect(tried).toBeGreaterThan(12);
  expect(JSON.stringify([(await reader("GET", "/v1/cards")).body, await lines()])).toBe(before);
  const { keys } = (await desk("GET", "/v1/keys")).body as { keys: Fields[] };
  expect(JSON.stringify(keys)).not.toContain("cqk_");
});

it("an event is closed step by step: all blocked, all paid out once, the list, the books verified", async () => {
  const early = await desk("POST", "/v1/closing/pay-out", { key: "early" });
  expect(early.status).toBe(200);
  expect(await jobEnd()).toMatchObject({
    state: "failed",
    problem: { detail: expect.stringMatching(/^cards may still pay/) },
  });
  await desk("POST", "/v1/closing/block");
  expect(await jobEnd()).toMatchObject({ state: "done", result: { blocked: 2 } });
  const { due } = (await reader("GET", "/v1/closing")).body as { due: Fields };
  expect(due.cards).toBe(3);
  const payOut = { key: "close-1" };
  const first = await desk("POST", "/v1/closing/pay-out", payOut);
  expect((await desk("POST", "/v1/closing/pay-out", payOut)).body).toEqual(first.body);
  expect(await jobEnd()).toMatchObject({ state: "done", result: { cards: 3, amount: due.amount } });
  await desk("POST", "/v1/closing/pay-out", { key: "close-2" });
  expect(await jobEnd()).toMatchObject({ state: "done", result: { cards: 3, amount: due.amount } });
  expect((await reader("GET", "/v1/closing")).body).toMatchObject({
    active: "0",
    due: { cards: 0, amount: "0" },
    paidOut: { cards: 3, amount: due.amount },
  });
  const { csv } = (await reader("GET", "/v1/closing/list")).body as { csv: string };
  expect(csv.trim().split("\n").length).toBe(4);
  await desk("POST", "/v1/closing/verify");
  expect(await jobEnd()).toMatchObject({ state: "done", result: { violations: 0 } });
});
