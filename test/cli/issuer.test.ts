import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCardId } from "../../apdu/card-id.js";
import { EXIT } from "../../cli/exit-codes.js";
import { startOfDay } from "../../cli/issuer/time-span.js";
import { beginClosing, cashOutCard } from "../../issuer/ledger/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { summarizeCardFile } from "../../simulator/index.js";
import { type CommandRun, chequecard } from "../../testing/command-run.js";
import { easeKeyFile } from "../../testing/easy-keys.js";
import { Bench } from "../../testing/issuer/service.js";

const ENV = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
const bench = new Bench();
const folder = bench.directory();
const at = (name: string) => join(folder, name);
const ISSUER = at("issuer");
const TEST_CARDS = ["--factory-keys", "test"];

const run = (...args: string[]): Promise<CommandRun> =>
  chequecard(args, { env: { ...ENV, CHEQUECARD_ISSUER: ISSUER } });
/** A command that does what it is asked for. */
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, out, err } = await run("--json", ...args);
  if (exitCode !== EXIT.OK) throw new Error(`${args.join(" ")}: ${exitCode} ${out}${err}`);
  return JSON.parse(out);
}
const card = (number: number) => at(`card-000${number}.json`);
const entry = async (label: string) => json("cards", "show", label);

beforeAll(async () => {
  await json("issuer", "init", ISSUER, ...TEST_CARDS, "--label", "festival", "--chain", at("chain.db"));
  await easeKeyFile(join(ISSUER, "issuer.keys"), ENV.CHEQUECARD_PASSPHRASE);
  const profile = join(ISSUER, "profile.yaml");
  writeFileSync(
    profile,
    readFileSync(profile, "utf8").replace(/^card-keys: .*$/m, "card-keys: { version: 48 }"),
  );
  const keys = ["--keys", join(ISSUER, "issuer.keys")];
  await json("simulate", "blank", at("card.json"), ...keys, "--key-version", "48", "--count", "5");
  const books = ["--ledger", join(ISSUER, "ledger.db"), "--journal", at("batch.journal")];
  const cards = [1, 2, 3, 4, 5].flatMap((number) => ["--card", card(number)]);
  await json("personalize", "batch", "--profile", profile, ...keys, ...books, "--count", "5", ...cards);
});
afterAll(() => bench.close());

describe("issuer init and check", () => {
  it("makes everything private, and never twice", async () => {
    for (const name of ["issuer.yaml", "issuer.keys", "ledger.db", "profile.yaml"])
      expect(statSync(join(ISSUER, name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(ISSUER).mode & 0o777).toBe(0o700);
    expect(await run("issuer", "init", ISSUER, ...TEST_CARDS)).toMatchObject({
      exitCode: EXIT.INPUT,
      out: "",
    });
    expect(await json("issuer", "check", ISSUER)).toMatchObject({ good: true });
  });

  it("goes on where an interrupted run ended, with the same keys and node", async () => {
    const other = at("other");
    const descriptor = openSync("/dev/null", "r");
    expect(
      await run("issuer", "init", other, ...TEST_CARDS, "--passphrase-fd", String(descriptor)),
    ).toMatchObject({
      exitCode: EXIT.SERVICE,
    });
    closeSync(descriptor);
    const first = await json("issuer", "init", other, ...TEST_CARDS);
    rmSync(join(other, "issuer.yaml"));
    const wrong = await chequecard(["issuer", "init", other, ...TEST_CARDS], {
      env: { CHEQUECARD_PASSPHRASE: "x" },
    });
    expect(wrong).toMatchObject({ exitCode: EXIT.SERVICE });
    expect(wrong.err).toContain("the passphrase is wrong");
    expect(await json("issuer", "init", other, ...TEST_CARDS)).toEqual(first);
  });

  it("names everything that is wrong with a configuration, and starts nothing", async () => {
    const path = join(ISSUER, "issuer.yaml");
    const good = readFileSync(path, "utf8");
    writeFileSync(path, `${good}\nmonitor: 0.0.0.0:1\nlogLevel: loud\nauthorizer: { leaseMs: 0 }\n`);
    for (const command of [
      ["issuer", "check", ISSUER],
      ["issuer", "serve", ISSUER],
      ["cards", "list"],
    ]) {
      const { exitCode, out, err } = await run(...command);
      expect([exitCode, out]).toEqual([EXIT.INPUT, ""]);
      expect(err).toMatch(/3 mistakes:[\s\S]*monitor: [\s\S]*logLevel: [\s\S]*authorizer\/leaseMs: /);
    }
    writeFileSync(path, good);
    const nowhere = await chequecard(["cards", "list", "--issuer", at("nowhere")]);
    expect(nowhere).toMatchObject({ exitCode: EXIT.INPUT });
    expect(nowhere.err).toContain("no issuer there");
  });
});

describe("issuer serve", () => {
  it("runs until it is stopped, and logs what it does", async () => {
    const stop = new AbortController();
    const path = join(ISSUER, "issuer.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
    const served = chequecard(["issuer", "serve", ISSUER], { env: ENV, signal: stop.signal });
    while (!existsSync(join(ISSUER, "node", "control.sock"))) await sleep(20);
    const twice = await run("issuer", "serve", ISSUER);
    expect(twice).toMatchObject({ exitCode: EXIT.SERVICE });
    expect(await json("report", "--reconcile")).toMatchObject({ node: { compared: 0, differences: [] } });
    stop.abort();
    const { exitCode, out } = await served;
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(out).toMatch(/"event":"started"[\s\S]*"event":"stopped"[\s\S]*The service has stopped/);
    expect(out).not.toContain(ENV.CHEQUECARD_PASSPHRASE);
  });

  it("starts nothing without the passphrase", async () => {
    const wrong = await chequecard(["issuer", "serve", ISSUER], { env: { CHEQUECARD_PASSPHRASE: "wrong" } });
    expect(wrong).toMatchObject({ exitCode: EXIT.SERVICE, out: "" });
    writeFileSync(at("passphrase"), `${ENV.CHEQUECARD_PASSPHRASE}\n`, { mode: 0o600 });
    const descriptor = openSync(at("passphrase"), "r");
    const deliver = ["cards", "deliver", "--issuer", ISSUER, "--card", card(1)];
    const good = await chequecard([...deliver, "--passphrase-fd", String(descriptor)]);
    closeSync(descriptor);
    expect(good).toMatchObject({ exitCode: EXIT.OK });
  });
});

describe("cards", () => {
  it("are found by id, with and without dashes, and by a label that one alone has", async () => {
    const { cards } = (await json("cards", "list")) as { cards: { card: string; label: string }[] };
    expect(cards.map(({ label }) => label).sort()).toEqual(["0001", "0002", "0003", "0004", "0005"]);
    const [{ card: id = "" } = {}] = cards;
    expect(id).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){3}$/);
    for (const name of [id, id.replaceAll("-", ""), id.toUpperCase()])
      expect(await json("cards", "show", name)).toMatchObject({ card: id });
    expect((await json("cards", "list", "--label", "0003")).cards).toHaveLength(1);
    expect(await json("cards", "list", "--limit", "2")).toMatchObject({ more: true });
    for (const wrong of ["nobody", "00", "ffffffffffffffff"])
      expect(await run("cards", "show", wrong)).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(await run("cards", "list", "--state", "lost")).toMatchObject({ exitCode: EXIT.INPUT });
    expect((await run("cards", "list")).out).toContain("20,000 sat");
  });

  it("have their ids with dashes in text, JSON and files, and in what is refused", async () => {
    const { card: id } = await entry("0001");
    const bare = String(id).replaceAll("-", "");
    await json("cards", "export", at("ids.csv"));
    const refused = await run("cards", "retire", "--yes", bare);
    expect(refused.exitCode).toBe(EXIT.INPUT);
    const said = [refused.err, readFileSync(at("ids.csv"), "utf8")];
    for (const args of [["list"], ["show", bare]]) {
      said.push((await run("cards", ...args)).out);
      said.push((await run("--json", "cards", ...args)).out);
    }
    for (const text of said) {
      expect(text).toContain(id);
      expect(text).not.toContain(bare);
    }
  });

  it("get money in the ledger, and at once when they lie on the reader", async () => {
    expect(await json("cards", "top-up", "--yes", "0001", "--amount", "5000sat")).toMatchObject({
      amount: "5000000",
      left: "25000000",
      delivered: false,
    });
    expect(summarizeCardFile(card(1)).credit).toBe(20_000_000n);
    expect(await entry("0001")).toMatchObject({ updates: "1", updatesTaken: "0" });
    const there = await json(
      "cards",
      "top-up",
      "--yes",
      "--amount",
      "1sat",
      "--card",
      card(1),
      "--note",
      "gate",
    );
    expect(there).toMatchObject({ delivered: true, left: "25001000", onCard: { available: "25001000" } });
    expect(summarizeCardFile(card(1)).credit).toBe(25_001_000n);
    expect(await entry("0001")).toMatchObject({
      updatesTaken: "2",
      operations: [{ kind: "fund" }, { kind: "fund", note: "" }, { kind: "fund", note: "gate" }],
    });
  });

  it("on the reader are never mistaken for others", async () => {
    const other = await run("cards", "top-up", "--yes", "0002", "--amount", "9sat", "--card", card(1));
    expect(other).toMatchObject({ exitCode: EXIT.INPUT });
    expect(other.err).toContain("nothing was booked");
    await json("simulate", "new", at("stranger.json"));
    const stranger = await run("cards", "top-up", "--yes", "--amount", "9sat", "--card", at("stranger.json"));
    expect(stranger).toMatchObject({ exitCode: EXIT.INPUT });
    expect(stranger.err).toContain("not a card of this ledger");
    expect(await run("cards", "top-up", "--yes", "--amount", "9sat")).toMatchObject({ exitCode: EXIT.INPUT });
    expect(await run("cards", "top-up", "--yes", "0002", "--amount", "9")).toMatchObject({
      exitCode: EXIT.INPUT,
    });
    expect([(await entry("0001")).funded, (await entry("0002")).funded]).toEqual(["25001000", "20000000"]);
  });

  it("are blocked, unblocked and limited, in the ledger and on the card", async () => {
    await json("cards", "block", "0002");
    expect(await json("cards", "deliver", "--card", card(2))).toMatchObject({ blocked: true });
    expect(await entry("0002")).toMatchObject({ state: "blocked", limits: { blocked: true } });
    await json("cards", "unblock", "0002");
    await json("cards", "limits", "0002", "--max-per-transaction", "7sat", "--pin-threshold", "none");
    expect(await json("cards", "deliver", "--card", card(2))).toMatchObject({ blocked: false });
    expect(summarizeCardFile(card(2))).toMatchObject({ maxPerTransaction: 7000n, credit: 20_000_000n });
    const path = join(ISSUER, "issuer.yaml");
    writeFileSync(path, `${readFileSync(path, "utf8")}\npolicies: { kids: { maxPer24h: 10sat } }\n`);
    await json("cards", "limits", "0002", "--policy", "kids");
    expect(await entry("0002")).toMatchObject({ policy: { maxPer24h: "10sat" } });
    for (const wrong of [
      [],
      ["--policy", "none"],
      ["--max-per-transaction", "7"],
      ["--max-transactions", "-1"],
      ["--max-transactions", "9999999999"],
    ])
      expect(await run("cards", "limits", "0002", ...wrong), wrong.join(" ")).toMatchObject({
        exitCode: EXIT.INPUT,
      });
  });

  it("are replaced when lost, paid out, and taken out of use", async () => {
    expect(await json("cards", "replace", "--yes", "0003", "0004")).toMatchObject({ moved: "20000000" });
    expect(await entry("0003")).toMatchObject({ state: "retired", left: "0" });
    expect(await entry("0004")).toMatchObject({ left: "40000000", replaces: (await entry("0003")).card });
    expect(await json("cards", "deliver", "--card", card(3))).toMatchObject({ blocked: true });
    for (const again of [
      ["replace", "0003", "0004", "--yes"],
      ["replace", "0004", "0004", "--yes"],
      ["unblock", "0003"],
      ["retire", "0004", "--yes"],
      ["top-up", "0003", "--amount", "1sat", "--yes"],
    ])
      expect(await run("cards", ...again)).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(await json("cards", "cash-out", "--yes", "0004", "--note", "bye")).toMatchObject({
      paidOut: "40000000",
    });
    await json("cards", "retire", "--yes", "0004");
    expect(await entry("0004")).toMatchObject({ state: "retired" });
    expect(await json("cards", "export", at("cards.csv"))).toMatchObject({ cards: 5 });
    expect(readFileSync(at("cards.csv"), "utf8").split("\r\n")).toHaveLength(7);
    expect(await json("ledger", "verify")).toMatchObject({ violations: [] });
  });
});

describe("authorizations, report and keys", () => {
  it("say when there is nothing, and what is wrong with a question", async () => {
    expect(await json("authorizations", "list", "--card", "0001", "--from", "2026-01-01")).toEqual({
      authorizations: [],
    });
    for (const wrong of [
      ["list", "--payee", "02"],
      ["list", "--limit", "0"],
      ["list", "--from", "2026-02-30"],
      ["show", "0001", "x"],
      ["show", "0001", "1"],
    ])
      expect(await run("authorizations", ...wrong)).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(await json("report", "--csv", at("report.csv"))).toMatchObject({
      total: { payments: 0, amount: "0" },
      books: { paidIn: "105001000", paidOut: "40000000", left: "65001000" },
    });
    expect(readFileSync(at("report.csv"), "utf8")).toBe(
      "day,payee,payee_name,card,label,payments,amount_msat,amount_sat,fees_msat,fees_sat\r\n",
    );
    expect((await run("report", "--from", "yesterday")).err).toContain("need a date such as");
  });

  it("know when a day begins in a time zone", () => {
    expect(new Date(startOfDay("2026-11-22", "UTC", "--from")).toISOString()).toBe(
      "2026-11-22T00:00:00.000Z",
    );
    expect(new Date(startOfDay("2026-07-01", "Europe/Zurich", "--from")).toISOString()).toBe(
      "2026-06-30T22:00:00.000Z",
    );
    // Clocks are set forward on this day: it has 23 hours.
    const [begin, end] = [0, 1].map((days) => startOfDay("2026-03-29", "Europe/Zurich", "--to", days));
    expect((end ?? 0) - (begin ?? 0)).toBe(23 * 3_600_000);
    expect(startOfDay("2026-12-31", "UTC", "--to", 1)).toBe(Date.UTC(2027, 0, 1));
  });

  it("rotate for new cards, and keep what the old ones need", async () => {
    const path = join(ISSUER, "issuer.keys");
    const { keySets: before } = (await json("keys", "list", path)) as { keySets: object[] };
    const { keySets } = (await json("keys", "rotate", path, "--label", "2027")) as {
      keySets: { label: string; issuerPublicKey: string }[];
    };
    expect(keySets.slice(0, 1)).toEqual(before);
    expect(keySets[1]).toMatchObject({ label: "2027" });
    expect(keySets[1]?.issuerPublicKey).not.toBe(keySets[0]?.issuerPublicKey);
    const kept = await json("keys", "rotate", path, "--label", "2028", "--keep-issuer-key");
    expect(kept.keySet).toMatchObject({ issuerPublicKey: keySets[1]?.issuerPublicKey });
    expect(await json("cards", "deliver", "--card", card(1))).toMatchObject({ blocked: false });
  });
});

describe("ledger", () => {
  it("is backed up, and restored only where that is meant", async () => {
    expect(await json("ledger", "backup", at("backup.db"))).toMatchObject({ violations: [] });
    expect(await json("ledger", "verify", "--file", at("backup.db"))).toMatchObject({ cards: "5" });
    expect(await run("ledger", "backup", at("backup.db"))).toMatchObject({ exitCode: EXIT.INPUT });
    await json("cards", "top-up", "--yes", "0005", "--amount", "1sat");
    expect(await run("ledger", "restore", at("backup.db"))).toMatchObject({ exitCode: EXIT.INPUT });
    expect((await entry("0005")).funded).toBe("20001000");
    const restored = await json("ledger", "restore", at("backup.db"), "--force");
    expect((await entry("0005")).funded).toBe("20000000");
    expect(await json("ledger", "verify", "--file", String(restored.kept))).toMatchObject({ violations: [] });
  });

  it("of PostgreSQL is left to its own programs, without a password in sight", async () => {
    const other = at("postgres");
    await json("issuer", "init", other, ...TEST_CARDS);
    const path = join(other, "issuer.yaml");
    const url = "postgresql://issuer:s3cret@db.example/ledger";
    writeFileSync(path, readFileSync(path, "utf8").replace("  sqlite: ledger.db", `  postgres: ${url}`));
    for (const [command, program] of [
      ["backup", "pg_dump --format=custom --no-owner --file="],
      ["restore", "pg_restore --clean --if-exists --no-owner --single-transaction --dbname="],
    ] as const) {
      const { exitCode, err } = await run("ledger", command, "copy", "--issuer", other);
      expect(exitCode).toBe(EXIT.INPUT);
      expect(err).toContain(program);
      expect(err).toContain("postgresql://issuer@db.example/ledger");
      expect(err).not.toContain("s3cret");
    }
  });

  it("works on PostgreSQL", async () => {
    const other = at("server");
    const url = await (await bench.server()).database();
    await json("issuer", "init", other, ...TEST_CARDS, "--database", url);
    expect(await json("ledger", "verify", "--issuer", other)).toMatchObject({ cards: "0", violations: [] });
    expect(await json("cards", "list", "--issuer", other)).toEqual({ cards: [], more: false });
  });
});

describe("issuer close-event", () => {
  it("blocks every card, lists what is due, and pays out only when that is meant", async () => {
    const listed = await json("issuer", "close-event", ISSUER, "--csv", at("due.csv"));
    expect(listed).toMatchObject({ blocked: 3, total: "65001000", inFlight: "0" });
    expect(readFileSync(at("due.csv"), "utf8").split("\r\n")).toHaveLength(5);
    expect(await run("issuer", "close-event", ISSUER, "--cash-out-all")).toMatchObject({
      exitCode: EXIT.INPUT,
    });
    const unwritable = await run(
      ...["issuer", "close-event", ISSUER, "--cash-out-all", "--yes", "--csv", at("no-folder/due.csv")],
    );
    expect(unwritable).toMatchObject({ exitCode: EXIT.INPUT, out: "" });
    expect(await json("report")).toMatchObject({ books: { left: "65001000" } });
    // As a run that was killed after its first card: it has begun, and it has booked.
    const store = await openSqlite({ path: join(ISSUER, "ledger.db") });
    const [first, ...others] = (listed.due as { card: string; label: string; left: string }[]) ?? [];
    await beginClosing(store);
    await cashOutCard(store, readCardId(first?.card ?? "") ?? new Uint8Array(), "event closed", Date.now());
    await store.close();
    await json("cards", "cash-out", "--yes", others[0]?.card ?? "", "--note", "at the desk");
    const close = ["issuer", "close-event", ISSUER, "--cash-out-all", "--yes", "--csv", at("due.csv")];
    const left = 65_001_000n - BigInt(others[0]?.left ?? 0);
    const closed = await json(...close);
    expect(closed).toMatchObject({ blocked: 0, paidOut: String(left) });
    const handedOut = (closed.payouts as { label: string }[]).map(({ label }) => label);
    expect(handedOut).toEqual([first?.label, ...others.slice(1).map(({ label }) => label)]);
    expect(readFileSync(at("due.csv"), "utf8").match(/Z,[\d-]{10} [\d:]{8}\r\n/g)).toHaveLength(
      handedOut.length,
    );
    // As often as it is asked for, until money is paid in again.
    expect(await json(...close)).toMatchObject({ due: [], payouts: closed.payouts, paidOut: String(left) });
    await json("cards", "top-up", "--yes", "0005", "--amount", "7sat");
    expect(await json(...close)).toMatchObject({ payouts: [{ label: "0005", amount: "7000" }] });
    expect(await json("issuer", "close-event", ISSUER)).toMatchObject({ due: [], total: "0" });
    expect(await json("ledger", "verify")).toMatchObject({ violations: [] });
  });
});
