import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { BackupFolder, dueBackups } from "../../issuer/service/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { Bench, START, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const HOUR = 3_600_000;
const nameAt = (ms: number): string =>
  `ledger-${new Date(ms).toISOString().slice(0, 19).replaceAll(":", "")}Z.db`;

async function ledger(): Promise<string> {
  const location = await bench.location("sqlite");
  const service = await startService(bench, "sqlite", {}, {}, location);
  await service.card(1, sat(1000));
  await service.close();
  return location;
}

describe("backups that are no longer needed", () => {
  it("are those that are neither among the newest nor the last of one of 30 days", () => {
    const hourly = Array.from({ length: 24 * 40 }, (_, i) => nameAt(START - i * HOUR));
    const due = new Set(dueBackups([...hourly].reverse(), 48));
    const kept = hourly.filter((name) => !due.has(name));
    expect(kept.slice(0, 48)).toEqual(hourly.slice(0, 48));
    expect(kept.slice(48).every((name) => /T230000Z/.test(name))).toBe(true);
    expect(new Set(kept.map((name) => name.slice(7, 17))).size).toBe(30);
  });

  it("are never files of another name, nor the newest backup", () => {
    const others = ["ledger.db", "ledger-old.db", "ledger-2027-01-15T080000Z.db.before", "notes.txt"];
    expect(dueBackups([...others, nameAt(START), nameAt(START - 1000)], 1)).toEqual([nameAt(START - 1000)]);
  });
});

describe("a folder of backups", () => {
  it("gets a proven backup at each round, and loses what is no longer needed and what a killed run left", async () => {
    const from = await ledger();
    const folder = newFolder();
    const left = `${nameAt(START - 60_000)}.part`;
    for (const name of [left, `${left}-wal`, `${left}.lock`, "mine.txt"])
      writeFileSync(join(folder, name), "");
    const backups = BackupFolder.open(from, folder, 2);
    try {
      for (let i = 0; i < 4; i++) {
        const { file, report } = await backups.round(START + i * 1000);
        expect(report).toMatchObject({ violations: [], cards: 1n });
        const store = await openSqlite({ path: file });
        await store.close();
      }
    } finally {
      backups.close();
    }
    expect(readdirSync(folder).sort()).toEqual([nameAt(START + 2000), nameAt(START + 3000), "mine.txt"]);
  });

  it("keeps everything when a copy does not hold", async () => {
    const from = await ledger();
    const folder = newFolder();
    const backups = BackupFolder.open(from, folder, 1);
    try {
      await backups.round(START);
      const database = new Database(from);
      database.exec("update accounts set funded = funded + 1");
      database.close();
      const { report, removed } = await backups.round(START + 1000);
      expect(report.violations.length).toBeGreaterThan(0);
      expect(removed).toEqual([]);
      expect(readdirSync(folder)).toContain(nameAt(START));
    } finally {
      backups.close();
    }
  });

  it("must be there, and is used by one process at a time", async () => {
    const from = await ledger();
    expect(() => BackupFolder.open(from, join(dirname(from), "missing"), 1)).toThrow(/is no folder/);
    const folder = newFolder();
    const backups = BackupFolder.open(from, folder, 1);
    expect(() => BackupFolder.open(from, folder, 1)).toThrow(/backs up into it/);
    backups.close();
    BackupFolder.open(from, folder, 1).close();
  });
});

describe("ledger backup --every", () => {
  it("backs up until it is ended, and the latest backup is whole", async () => {
    const from = await ledger();
    const issuer = newFolder();
    writeFileSync(join(issuer, "issuer.yaml"), `database: { sqlite: ${from} }\n`);
    const folder = newFolder();
    const end = new AbortController();
    const command = ["ledger", "backup", folder, "--every", "1s", "--keep", "2", "--issuer", issuer];
    const over = chequecard(command, { signal: end.signal });
    const made = () => readdirSync(folder).filter((name) => name.endsWith("Z.db"));
    const seen = new Set<string>();
    await expect
      .poll(() => {
        for (const name of made()) seen.add(name);
        return seen.size;
      })
      .toBeGreaterThanOrEqual(3);
    end.abort();
    expect(await over).toMatchObject({ exitCode: 130 });
    expect(made()).toHaveLength(2);
    for (const name of made())
      expect(await chequecard(["ledger", "verify", "--file", join(folder, name)])).toMatchObject({
        exitCode: 0,
      });
    expect(readdirSync(folder).filter((name) => !name.endsWith("Z.db"))).toEqual([]);
  });

  it.each([
    [["--every", "5x"], /--every: need a time from 1s to 7d/],
    [["--every", "8d"], /--every: need a time from 1s to 7d/],
    [["--every", "5m", "--keep", "0"], /--keep: need a whole number from 1/],
    [["--keep", "5"], /--keep: goes with --every/],
    [["--every", "5m"], /is no folder/],
  ])("refuses %j", async (options, problem) => {
    const from = await ledger();
    const issuer = newFolder();
    writeFileSync(join(issuer, "issuer.yaml"), `database: { sqlite: ${from} }\n`);
    const { exitCode, err } = await chequecard([
      ...["ledger", "backup", join(issuer, "missing"), "--issuer", issuer],
      ...options,
    ]);
    expect(exitCode).not.toBe(0);
    expect(err).toMatch(problem);
  });
});
