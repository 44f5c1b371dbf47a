import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { type ApiClient, apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { webhookReceiver } from "../../testing/server/webhook-receiver.js";

const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
let served: Awaited<ReturnType<typeof serveCommand>>;
let desk: ApiClient;
let reader: ApiClient;
let ids: string[];

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await chequecard(["--json", ...args], {
    env: { ...ENV, CHEQUECARD_ISSUER: ISSUER },
  });
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

beforeAll(async () => {
  const chain = ["--chain", at("chain.db")];
  await json("issuer", "init", ISSUER, "--factory-keys", "test", "--label", "festival", ...chain);
  const config = join(ISSUER, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  const keys = ["--keys", join(ISSUER, "issuer.keys")];
  const template = join(ISSUER, "profile.yaml");
  const own = readFileSync(template, "utf8").replace(/^card-keys: .*$/m, "card-keys: { version: 48 }");
  writeFileSync(template, own);
  await json("simulate", "blank", at("card.json"), ...keys, "--key-version", "48", "--count", "3");
  const books = ["--ledger", join(ISSUER, "ledger.db"), "--journal", at("batch.journal")];
  const cards = [1, 2, 3].flatMap((number) => ["--card", at(`card-000${number}.json`)]);
  const profile = ["--profile", template];
  await json("personalize", "batch", ...profile, ...keys, ...books, "--count", "3", ...cards);
  process.env.CHEQUECARD_PASSPHRASE = ENV.CHEQUECARD_PASSPHRASE;
  served = await serveCommand(["issuer", "serve", ISSUER, "--http", "127.0.0.1:0"]);
  delete process.env.CHEQUECARD_PASSPHRASE;
  desk = apiClient(served.url, keyOf(ISSUER, "desk").key);
  reader = apiClient(served.url, keyOf(ISSUER, "read").key);
  const { body } = await reader("GET", "/v1/cards");
  ids = (body.cards as { card: string }[]).map(({ card }) => card);
});
afterAll(async () => {
  await served?.stop();
});

it("a batch that a command makes has a line in the audit log of the issuer whose ledger it is", async () => {
  const { lines } = (await reader("GET", "/v1/audit")).body as { lines: Record<string, unknown>[] };
  const [line] = lines.filter(({ action }) => action === "personalize");
  expect(line).toMatchObject({ asked: { cards: 3 }, outcome: "done", told: { done: 3 } });
  expect(line?.key).toBeUndefined();
});

const left = async (card: string) => BigInt(String((await reader("GET", `/v1/cards/${card}`)).body.left));

it("a top-up is booked once under its key, with the name of who did it, and can be reversed", async () => {
  const [card = ""] = ids;
  const before = await left(card);
  const topUp = { body: { amount: "5000sat", note: "cash" }, key: "till-3.0001" };
  const [first, joined] = await Promise.all([
    desk("POST", `/v1/cards/${card}/top-up`, topUp),
    desk("POST", `/v1/cards/${card}/top-up`, topUp),
  ]);
  expect([first.status, first.body]).toMatchObject([
    200,
    { card, amount: "5000000", reference: "till-3.0001", repeated: false },
  ]);
  expect(joined.body).toEqual(first.body);
  expect(await left(card)).toBe(before + 5_000_000n);
  const { operations } = (await reader("GET", `/v1/cards/${card}`)).body as {
    operations: { operation: string; note: string; reference?: string }[];
  };
  const booked = operations.find(({ reference }) => reference === "till-3.0001");
  expect(booked?.note).toMatch(/^cash \(by test desk, key [0-9a-f]{12}\)$/);
  const reverse = { body: { topUp: booked?.operation }, key: "back" };
  expect(await desk("POST", `/v1/cards/${card}/reverse`, reverse)).toMatchObject({
    status: 200,
    body: { amount: "5000000", left: String(before) },
  });
  expect(await left(card)).toBe(before);
});

it("a lost card is blocked, replaced by another with its money, and gone for good", async () => {
  const [, lost = "", other = ""] = ids;
  expect((await desk("POST", `/v1/cards/${lost}/block`)).body.state).toBe("blocked");
  const sum = (await left(lost)) + (await left(other));
  const order = { body: { by: other }, key: "lost-1" };
  expect(await desk("POST", `/v1/cards/${lost}/replace`, order)).toMatchObject({
    status: 200,
    body: { replacedBy: other, left: String(sum) },
  });
  expect(await left(other)).toBe(sum);
  const again = await desk("POST", `/v1/cards/${lost}/block`);
  expect([again.status, again.body.detail]).toEqual([409, expect.stringMatching(/is retired/)]);
  const listed = await reader("GET", "/v1/cards?state=retired");
  expect(listed.body.cards).toMatchObject([{ card: lost }]);
});

it("a webhook hears of a card that another process blocks", async () => {
  const { url, taken, close } = await webhookReceiver(200);
  const [card = ""] = ids;
  try {
    await json("issuer", "webhook", "add", url, "--issuer", ISSUER);
    await json("cards", "block", card);
    await expect
      .poll(() => taken.map(({ body }) => JSON.parse(body)), { timeout: 40_000 })
      .toMatchObject([{ event: "card.blocked", card, cause: "block" }]);
    expect((await desk("POST", `/v1/cards/${card}/unblock`)).body.state).toBe("active");
  } finally {
    close();
  }
});

it("limits, report and alerts say what the commands say", async () => {
  const [card = ""] = ids;
  const limits = { body: { maxPerTransaction: "700sat", pinThreshold: "none", resetPinTries: true } };
  expect((await desk("POST", `/v1/cards/${card}/limits`, limits)).body.limits).toMatchObject({
    maxPerTransaction: "700000",
    pinThreshold: "18446744073709551615",
  });
  const { timeZone, books, total } = (await reader("GET", "/v1/report")).body;
  const told = await json("report");
  expect({ timeZone, books, total }).toEqual({
    timeZone: told.timeZone,
    books: told.books,
    total: told.total,
  });
  expect((await reader("GET", "/v1/alerts")).body).toMatchObject({ evidence: [], unmatched: [] });
});

it("a refusal is a problem with the sentence of the command, and books nothing", async () => {
  const [card = ""] = ids;
  const before = await left(card);
  const topUp = (amount: string, key: string) =>
    desk("POST", `/v1/cards/${card}/top-up`, { body: { amount }, key });
  const cases = [
    [await topUp("0.5sat", "a"), 400, /need whole satoshi/],
    [await topUp("9000000sat", "b"), 400, /^--amount: need at most 1,000,000 sat/],
    [await desk("GET", "/v1/cards/nobody"), 400, /neither a card id nor printed on a card/],
    [await desk("GET", "/v1/cards/0123-4567-89ab-cdef"), 404, /0123-4567-89ab-cdef/],
    [await reader("POST", `/v1/cards/${card}/block`), 403, /needs a key of the role desk/],
    [await desk("POST", `/v1/cards/${card}/limits`), 400, /^nothing to change/],
    [await desk("GET", "/v1/report?from=2026-02-30"), 400, /^--from: need a date/],
    [await desk("POST", `/v1/cards/${card}/reverse`, { body: { topUp: "99" }, key: "c" }), 409, /no top-up/],
  ] as const;
  for (const [answer, status, detail] of cases)
    expect([answer.status, answer.body]).toEqual([
      status,
      expect.objectContaining({ status, detail: expect.stringMatching(detail) }),
    ]);
  expect(await left(card)).toBe(before);
});

it("the desk's document is the one of its routes", async () => {
  const { body } = await apiClient(served.url, undefined)("GET", "/v1/openapi.json");
  await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot("../../docs/openapi/desk.json");
});
