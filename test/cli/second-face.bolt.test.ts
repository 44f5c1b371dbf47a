import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, keyOf, serveCommand } from "../../testing/server/api-client.js";

const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
const folder = newFolder("memory");
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
let card = "";
let face = "";

const run = (...args: string[]) => chequecard(args, { env: { ...ENV, CHEQUECARD_ISSUER: ISSUER } });
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await run("--json", ...args);
  if (exitCode !== 0) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

/** An issuer with a batch key, and one card with both faces. */
beforeAll(async () => {
  await json(
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
  const keys = join(ISSUER, "issuer.keys");
  await json("keys", "add-batch", keys, "--label", "bolt 2026");
  const config = join(ISSUER, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  const profile = join(ISSUER, "profile.yaml");
  const text = readFileSync(profile, "utf8").replace(/^card-keys: .*$/m, "card-keys: { version: 48 }");
  const boltCard = "bolt-card: { address: https://cards.festival.example/bolt, limit: 6000sat }";
  writeFileSync(profile, `${text}\n${boltCard}\n`);
  await json("simulate", "blank", at("card.json"), "--keys", keys, "--key-version", "48", "--bolt-card");
  const batch = ["--journal", at("batch.journal"), "--card", at("card.json")];
  const made = await json("personalize", "one", "--issuer", ISSUER, ...batch);
  card = String(made.cardId);
  face = String(made.face);
});
afterAll(() => {
  delete process.env.CHEQUECARD_PASSPHRASE;
});

const leftOf = async (id: string) => BigInt(String((await json("cards", "show", id)).left));

it("a profile says that its cards are Bolt Cards too, and a card file what its second face is", async () => {
  const checked = await run("profiles", "check", join(ISSUER, "profile.yaml"));
  expect(checked.out).toContain("The cards are Bolt Cards too");
  const shown = await run("simulate", "show", at("card.json"));
  expect(shown.out).toMatch(/Bolt Card +lnurlw:\/\/cards\.festival\.example\/bolt\?p=, read once/);
  expect((await json("simulate", "show", at("card.json"))).boltCard).toMatchObject({
    lifecycle: "personalized",
    counter: 1,
  });
  const info = await run("card", "info", "--card", at("card.json"));
  expect(info.out).toMatch(/Bolt Card +personalized: tills that know only Bolt Cards read it too/);
  // Nothing of that reads the address.
  expect((await json("simulate", "show", at("card.json"))).boltCard).toMatchObject({ counter: 1 });
});

it("cards move asks, books once under a reference, and back; a limit and a wrong card are refused", async () => {
  const before = await leftOf(card);
  const moved = await run("cards", "move", card, "5000sat", "--yes", "--reference", "m1");
  expect(moved.out).toMatch(/5,000 sat moved from .* to .*What the card itself shows stays/);
  const again = await json("cards", "move", card, "5000sat", "--yes", "--reference", "m1");
  expect(again).toMatchObject({ repeated: true, moved: "5000000" });
  expect([await leftOf(card), await leftOf(face)]).toEqual([before - 5_000_000n, 5_000_000n]);
  const tooMuch = await run("cards", "move", card, "1001sat", "--yes");
  expect([tooMuch.exitCode, tooMuch.err]).toEqual([
    expect.any(Number),
    expect.stringMatching(/may hold 6,000 sat/),
  ]);
  expect(tooMuch.exitCode).not.toBe(0);
  const ofFace = await run("cards", "move", face, "1sat", "--yes");
  expect(ofFace.err).toContain("no second face to move money to");
  await json("cards", "move", card, "2000sat", "--yes", "--back");
  expect([await leftOf(card), await leftOf(face)]).toEqual([before - 3_000_000n, 3_000_000n]);
  expect(await json("ledger", "verify")).toMatchObject({ violations: [] });
});

it("the desk's API moves it too, under its Idempotency-Key", async () => {
  process.env.CHEQUECARD_PASSPHRASE = ENV.CHEQUECARD_PASSPHRASE;
  const served = await serveCommand(["issuer", "serve", ISSUER, "--http", "127.0.0.1:0"]);
  try {
    const desk = apiClient(served.url, keyOf(ISSUER, "desk").key);
    const [inCard, inFace] = [await leftOf(card), await leftOf(face)];
    const order = { body: { amount: "1000sat" }, key: "move-1" };
    const done = await desk("POST", `/v1/cards/${card}/move`, order);
    expect(done).toMatchObject({ status: 200, body: { amount: "1000000", left: `${inCard - 1_000_000n}` } });
    const again = await desk("POST", `/v1/cards/${card}/move`, order);
    expect([again.status, again.body]).toEqual([200, done.body]);
    const back = { body: { amount: "500sat", back: true }, key: "move-2" };
    expect(await desk("POST", `/v1/cards/${card}/move`, back)).toMatchObject({ status: 200 });
    expect([await leftOf(card), await leftOf(face)]).toEqual([inCard - 500_000n, inFace + 500_000n]);
    const above = { body: { amount: "6000sat" }, key: "move-3" };
    expect(await desk("POST", `/v1/cards/${card}/move`, above)).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/may hold 6,000 sat/) },
    });
    const reader = apiClient(served.url, keyOf(ISSUER, "read").key);
    expect((await reader("POST", `/v1/cards/${card}/move`, { ...above, key: "move-4" })).status).toBe(403);
  } finally {
    await served.stop();
  }
});
