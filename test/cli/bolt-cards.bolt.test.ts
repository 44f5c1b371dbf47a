import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boltCardKeys } from "../../bolt-card/keys.js";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { askOffer } from "../../testing/cards/lnurl-client.js";
import { readingQuery, TestChip } from "../../testing/cards/test-chip.js";
import { type CommandRun, chequecard } from "../../testing/command-run.js";
import { Bench } from "../../testing/issuer/service.js";

const ISSUER_KEY = "00000000000000000000000000000001";
const ENV = {
  CHEQUECARD_PASSPHRASE: "an issuer's passphrase",
  CHEQUECARD_LETTERS_PASSPHRASE: "letters",
  CHEQUECARD_CARD_KEY: ISSUER_KEY,
};
const bench = new Bench();
const folder = bench.directory();
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
let port = 0;
let monitor = 0;

const run = (...args: string[]): Promise<CommandRun> =>
  chequecard(args, { env: { ...ENV, CHEQUECARD_ISSUER: ISSUER } });
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await run("--json", ...args);
  if (exitCode !== EXIT.OK) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}

/** A port that is free now. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** What the app does with a link: it posts the UID of a blank chip. */
async function program(link: unknown, uid: string): Promise<Record<string, string>> {
  const [, url = ""] = /^boltcard:\/\/program\?url=(.+)$/.exec(String(link)) ?? [];
  const response = await fetch(decodeURIComponent(url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ UID: uid }),
  });
  return (await response.json()) as Record<string, string>;
}

const tap = (chip: TestChip) =>
  askOffer(`lnurlw://127.0.0.1:${port}/bolt?${readingQuery(chip.read())}`, (url) => {
    url.protocol = "http:";
    return url;
  });

const stop = new AbortController();
let served: Promise<CommandRun>;

beforeAll(async () => {
  await json("issuer", "init", ISSUER, "--factory-keys", "test", "--chain", at("chain.db"));
  await json("keys", "add-batch", join(ISSUER, "issuer.keys"), "--label", "festival", "--import");
  port = await freePort();
  monitor = await freePort();
  const path = join(ISSUER, "issuer.yaml");
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(/^# monitor: .*$/m, `monitor: 127.0.0.1:${monitor}`),
  );
  appendFileSync(path, `\nboltCards:\n  address: http://127.0.0.1:${port}\n`);
  const listen = ["--bolt-cards", `127.0.0.1:${port}`];
  served = chequecard(["issuer", "serve", ISSUER, ...listen], { env: ENV, signal: stop.signal });
  while (!existsSync(join(ISSUER, "node", "control.sock"))) await sleep(20);
  // The listener comes after the node.
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  while (!(await isUp())) await sleep(20);
});
afterAll(async () => {
  stop.abort();
  await served;
  await bench.close();
});

/** A chip with the keys that the app wrote. */
function chipOf(uid: string, version: number): TestChip {
  const chip = new TestChip(1, version, hexToBytes(ISSUER_KEY));
  return Object.assign(chip, { uid: hexToBytes(uid) });
}

describe("Bolt Cards by commands, with a service that runs", () => {
  it("are added, programmed by the app, topped up, read at a till, given a PIN and wiped", async () => {
    const uid = "04a1b2c3d4e501";
    const [{ link } = {}] = (await json("cards", "bolt", "add", "A-0001")).cards as { link: string }[];
    const keys = boltCardKeys(hexToBytes(ISSUER_KEY), hexToBytes(uid), 0);
    expect((await program(link, uid)).K2).toBe(bytesToHex(keys.k2));
    expect(await json("cards", "show", "A-0001")).toMatchObject({
      kind: "sun",
      state: "pending",
      chip: { uid, counter: "0", wiped: false, pin: false },
    });
    await json("cards", "top-up", "A-0001", "--amount", "20000sat", "--yes");
    const chip = chipOf(uid, 0);
    // The policy for cards without a PIN.
    expect((await tap(chip)).maxWithdrawable).toBe(5_000_000);
    const letters = ["--letters", at("letters")];
    await json("cards", "bolt", "new-pin", "A-0001", ...letters);
    expect(await tap(chip)).toMatchObject({ maxWithdrawable: 10_000_000, pinLimit: 5_000_001 });
    const { letters: told } = await json("cards", "bolt", "pins", at("letters"));
    expect(told).toMatchObject([{ number: "A-0001", pin: expect.stringMatching(/^\d{4}$/) }]);
    const shown = await run("cards", "show", "A-0001");
    expect(shown.out).toMatch(/Kind +Bolt Card[\s\S]*up to counter 2/);
    expect((await run("cards", "list")).out).toMatch(/Bolt Card +A-0001 +active/);
    expect(await json("cards", "bolt", "wipe", "A-0001", "--yes")).toMatchObject({
      wipe: { action: "wipe", uid, k0: bytesToHex(keys.k0), k4: bytesToHex(keys.k4) },
    });
    await expect(tap(chip)).rejects.toThrow("This card is not known here");
    const [{ link: second } = {}] = (await json("cards", "bolt", "add", "A-0002")).cards as {
      link: string;
    }[];
    await program(second, uid);
    const again = chipOf(uid, 1);
    await expect(tap(again)).rejects.toThrow("Nothing is left on this card");
    expect(await json("cards", "replace", "A-0001", "A-0002", "--yes")).toMatchObject({ moved: "20000000" });
    expect((await tap(again)).maxWithdrawable).toBe(5_000_000);
    expect(await json("ledger", "verify")).toMatchObject({ violations: [] });
    const { link: wiping } = await json("cards", "bolt", "wipe-link", "A-0002", "--yes");
    const [, url = ""] = /^boltcard:\/\/reset\?url=(.+)$/.exec(String(wiping)) ?? [];
    const LNURLW = `lnurlw://127.0.0.1:${port}/bolt?${readingQuery(again.read())}`;
    const reset = await fetch(decodeURIComponent(url), { method: "POST", body: JSON.stringify({ LNURLW }) });
    expect(await reset.json()).toMatchObject({
      K0: bytesToHex(boltCardKeys(hexToBytes(ISSUER_KEY), hexToBytes(uid), 1).k0),
    });
    expect(await json("cards", "show", "A-0002")).toMatchObject({ state: "blocked", chip: { wiped: true } });
    expect((await run("cards", "bolt", "wipe-link", "--hours", "25", "--yes")).err).toContain("need 1 to 24");
    const figures = await (await fetch(`http://127.0.0.1:${monitor}/metrics`)).text();
    for (const [labels, times] of [
      ['request="program",outcome="given",reason=""', 2],
      ['request="read",outcome="given",reason=""', 3],
      ['request="read",outcome="refused",reason="unknown"', 1],
      ['request="read",outcome="refused",reason="empty"', 1],
    ])
      expect(figures).toContain(`chequecard_bolt_card_requests_total{${labels}} ${times}\n`);
    expect(figures).toContain('chequecard_bolt_card_evidence_total{kind="clone"} 0\n');
  });

  it("are made in batches: a folder of codes, private, whole or not at all", async () => {
    const out = at("codes");
    const made = await json("cards", "bolt", "add", "--count", "3", "--prefix", "B-", "--out", out);
    expect(made.cards).toHaveLength(3);
    expect(JSON.stringify(made)).not.toContain("boltcard://");
    const files = readdirSync(out);
    expect(files).toHaveLength(5);
    expect(statSync(out).mode & 0o777).toBe(0o700);
    const [, first = ""] = readFileSync(join(out, "labels.csv"), "utf8").split("\n");
    const link = /boltcard:\S+?(?=[",\r]|$)/.exec(first)?.[0];
    expect((await program(link, "04a1b2c3d4e502")).LNURLW).toBe(`lnurlw://127.0.0.1:${port}/bolt`);
    expect(await run("cards", "bolt", "add", "--count", "3", "--out", out)).toMatchObject({
      exitCode: EXIT.INPUT,
    });
    // Codes for the same numbers take the place of those that are open; a card in use keeps its number.
    const taken = await run("cards", "bolt", "add", "--count", "3", "--prefix", "B-", "--out", at("more"));
    expect(taken.err).toContain('a card in use is labelled "B-0001" already');
    expect(readdirSync(folder).filter((name) => /more/.test(name))).toEqual([]);
  });

  it("that another server made are imported with its issuer key, once", async () => {
    const { batchKeys } = await json("keys", "show", join(ISSUER, "issuer.keys"));
    const [{ id } = { id: "" }] = batchKeys as { id: string }[];
    const list = at("chips.csv");
    writeFileSync(list, "uid,label,version\n04a1b2c3d4e503,Old 1,4\n04:A1:B2:C3:D4:E5:04,Old 2,0\n");
    expect(await json("cards", "bolt", "import", list, "--batch", id)).toEqual({ made: 2, known: 0 });
    expect(await json("cards", "bolt", "import", list, "--batch", id)).toEqual({ made: 0, known: 2 });
    await json("cards", "top-up", "Old 1", "--amount", "100sat", "--yes");
    expect((await tap(chipOf("04a1b2c3d4e503", 4))).maxWithdrawable).toBe(100_000);
    writeFileSync(list, "uid,label\nxx,A\n04a1b2c3d4e505,\n04a1b2c3d4e506,C\n04a1b2c3d4e506,D\n");
    const bad = await run("cards", "bolt", "import", list, "--batch", id);
    expect(bad).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(bad.err).toMatch(
      /3 mistakes:[\s\S]*line 2: uid[\s\S]*line 3: label[\s\S]*line 5: uid: stands twice/,
    );
  });

  it("are refused with a sentence where an order makes no sense", async () => {
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [["cards", "bolt", "add"], /give a number/],
      [["cards", "bolt", "add", "X", "--hours", "0"], /--hours: need 1 to/],
      [["cards", "bolt", "add", "X", "--pin"], /--pin: name the file of PIN letters/],
      [["cards", "bolt", "add", "X", "--policy", "none"], /no policy "none"/],
      [["cards", "bolt", "new-pin", "B-0001"], /give --letters <file>/],
      [["cards", "bolt", "import", at("chips.csv"), "--batch", "ffffffff"], /no batch key|mistakes/],
      [["cards", "limits", "B-0001", "--max-per-transaction", "5sat"], /keeps no limits of its own/],
      [["issuer", "serve", ISSUER, "--bolt-cards", "nowhere"], /--bolt-cards: need an address and a port/],
    ];
    for (const [args, words] of wrong) {
      const { exitCode, out, err } = await run(...args);
      expect([args.join(" "), exitCode, out]).toEqual([args.join(" "), EXIT.INPUT, ""]);
      expect(err).toMatch(words);
    }
  });
});
