import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { acquireProcessLock, isHeld, sat } from "../../common/index.js";
import { fundCard, listCards } from "../../issuer/ledger/index.js";
import { backupLedger, restoreLedger } from "../../issuer/service/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { Bench, START, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** A ledger with one card, open. */
async function ledger() {
  const location = await bench.location("sqlite");
  const service = await startService(bench, "sqlite", {}, {}, location);
  const card = await service.card(1, sat(1000));
  return { location, service, card, beside: (name: string) => join(dirname(location), name) };
}

/** What is paid in for the only card of a ledger. */
async function funded(path: string): Promise<bigint | undefined> {
  const store = await openSqlite({ path });
  const [card] = await listCards(store.db);
  await store.close();
  return card?.funded;
}

const leftovers = (path: string) => readdirSync(dirname(path)).filter((name) => name.includes(".part"));

describe("backing up a ledger", () => {
  it("copies it while payments go on, privately, and proves the copy", async () => {
    const { service, card, location, beside } = await ledger();
    const copy = backupLedger(location, beside("copy.db"));
    for (let serial = 1; serial <= 20; serial++) await service.tap(card, serial, sat(1));
    expect((await copy).violations).toEqual([]);
    expect(statSync(beside("copy.db")).mode & 0o777).toBe(0o600);
    expect(await funded(beside("copy.db"))).toBe(sat(1000));
    expect(leftovers(location)).toEqual([]);
    await service.close();
  });

  it("is whole where it was killed at its very end, under both names", async () => {
    const { service, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    linkSync(beside("copy.db"), beside("copy.db.part"));
    await expect(backupLedger(location, beside("copy.db"))).rejects.toMatchObject({ code: "file" });
    expect(leftovers(location)).toEqual([]);
    expect(await funded(beside("copy.db"))).toBe(sat(1000));
    await service.close();
  });

  it("replaces no file and makes no ledger where there is none", async () => {
    const { service, location, beside } = await ledger();
    writeFileSync(beside("mine.txt"), "mine");
    await expect(backupLedger(location, beside("mine.txt"))).rejects.toMatchObject({ code: "file" });
    expect(readFileSync(beside("mine.txt"), "utf8")).toBe("mine");
    await expect(backupLedger(beside("none.db"), beside("copy.db"))).rejects.toMatchObject({
      code: "access",
    });
    await expect(backupLedger(beside("mine.txt"), beside("copy.db"))).rejects.toMatchObject({
      code: "damaged",
    });
    await expect(backupLedger(location, beside("no-folder/copy.db"))).rejects.toMatchObject({ code: "file" });
    expect(existsSync(beside("none.db")) || existsSync(beside("copy.db"))).toBe(false);
    expect(leftovers(location)).toEqual([]);
    await service.close();
  });
});

describe("restoring a ledger", () => {
  it("refuses where a ledger is, and while somebody uses it", async () => {
    const { service, card, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await fundCard(service.store, card.cardId, sat(5), "", START);
    await expect(restoreLedger(beside("copy.db"), location)).rejects.toMatchObject({ code: "file" });
    await expect(restoreLedger(beside("copy.db"), location, { force: true })).rejects.toMatchObject({
      code: "locked",
    });
    await service.close();
    expect(await funded(location)).toBe(sat(1005));
    expect(leftovers(location)).toEqual([]);
  });

  it("sets the ledger that was there aside, and leaves the backup as it is", async () => {
    const { service, card, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await fundCard(service.store, card.cardId, sat(5), "", START);
    await service.close();
    const before = readFileSync(beside("copy.db"));
    const { report, kept } = await restoreLedger(beside("copy.db"), location, { force: true, now: START });
    expect(report).toMatchObject({ cards: 1n, violations: [] });
    expect(basename(kept ?? "")).toBe("issuer.sqlite.before-2027-01-15T08-00-00-000Z");
    expect([await funded(location), await funded(kept ?? "")]).toEqual([sat(1000), sat(1005)]);
    expect(readFileSync(beside("copy.db"))).toEqual(before);
    expect(statSync(location).mode & 0o777).toBe(0o600);
  });

  it("takes the place of a damaged ledger, and of none", async () => {
    const { service, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await service.close();
    writeFileSync(location, "not a database any more");
    const { kept } = await restoreLedger(beside("copy.db"), location, { force: true });
    expect(readFileSync(kept ?? "", "utf8")).toBe("not a database any more");
    expect(await funded(location)).toBe(sat(1000));
    expect(await restoreLedger(beside("copy.db"), beside("new.db"))).toMatchObject({ kept: undefined });
    expect(await funded(beside("new.db"))).toBe(sat(1000));
  });

  it("keeps a damaged ledger and its log byte for byte", async () => {
    const { service, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await service.close();
    writeFileSync(location, "not a database any more");
    writeFileSync(`${location}-wal`, "nor a log");
    const { kept = "", orphanedLog } = await restoreLedger(beside("copy.db"), location, { force: true });
    expect(readFileSync(kept, "utf8")).toBe("not a database any more");
    expect(readFileSync(`${kept}-wal`, "utf8")).toBe("nor a log");
    expect(orphanedLog).toBeUndefined();
    expect(await funded(location)).toBe(sat(1000));
  });

  it("does not let the log of a ledger that was taken away run into the backup", async () => {
    const { service, card, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await fundCard(service.store, card.cardId, sat(5), "", START);
    // As a killed service leaves it, and somebody who moves the ledger alone.
    copyFileSync(location, beside("moved.db"));
    copyFileSync(`${location}-wal`, beside("log"));
    await service.close();
    rmSync(location);
    copyFileSync(beside("log"), `${location}-wal`);
    const { kept, orphanedLog = "" } = await restoreLedger(beside("copy.db"), location);
    expect(kept).toBeUndefined();
    expect(await funded(location)).toBe(sat(1000));
    copyFileSync(orphanedLog, beside("moved.db-wal"));
    expect(await funded(beside("moved.db"))).toBe(sat(1005));
  });

  it("goes on where a killed run left off: a second name, half a copy, a dead process's lock", async () => {
    const { service, card, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await fundCard(service.store, card.cardId, sat(5), "", START);
    await service.close();
    linkSync(location, `${location}.before-killed`);
    writeFileSync(`${location}.part`, "half");
    writeFileSync(`${location}.part-wal`, "half");
    const dead = { pid: 1, started: "never", boot: "another", pidNamespace: "", nonce: "" };
    writeFileSync(`${location}.part.lock`, JSON.stringify(dead));
    const { kept } = await restoreLedger(beside("copy.db"), location, { force: true });
    expect(kept).toBe(`${location}.before-killed`);
    expect([await funded(location), await funded(kept ?? "")]).toEqual([sat(1000), sat(1005)]);
    expect(leftovers(location)).toEqual([]);
  });

  it("is done by one process at a time", async () => {
    const { service, location, beside } = await ledger();
    await backupLedger(location, beside("copy.db"));
    await service.close();
    const held = acquireProcessLock(`${location}.part.lock`);
    await expect(restoreLedger(beside("copy.db"), location, { force: true })).rejects.toThrow(
      /is writing it right now/,
    );
    if (!isHeld(held)) held.release();
    await restoreLedger(beside("copy.db"), location, { force: true });
  });

  it("takes no backup that is cut, foreign, or does not hold", async () => {
    const { service, location, beside } = await ledger();
    for (const name of ["cut.db", "wrong.db"]) await backupLedger(location, beside(name));
    await service.close();
    truncateSync(beside("cut.db"), 4096);
    const wrong = new Database(beside("wrong.db"));
    wrong.exec("update accounts set spent = spent + 1");
    wrong.close();
    new Database(beside("other.db")).exec("create table t (a)").close();
    for (const [name, code] of [
      ["cut.db", /damaged|internal/],
      ["wrong.db", /damaged/],
      ["other.db", /foreign/],
      ["none.db", /file/],
    ] as const)
      await expect(restoreLedger(beside(name), location, { force: true })).rejects.toMatchObject({
        code: expect.stringMatching(code),
      });
    expect(await funded(location)).toBe(sat(1000));
    expect(leftovers(location)).toEqual([]);
  });

  it("takes no ledger that is in use for a backup", async () => {
    const { service, location, beside } = await ledger();
    await expect(restoreLedger(location, beside("new.db"))).rejects.toMatchObject({ code: "file" });
    expect(existsSync(beside("new.db"))).toBe(false);
    await service.close();
  });
});
