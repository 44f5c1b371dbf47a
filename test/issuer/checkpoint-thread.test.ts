import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it, vi } from "vitest";
import { CheckpointThread } from "../../issuer/store/checkpoint-thread.js";
import { Bench } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const DIST = resolve(import.meta.dirname, "../../dist/issuer/store");
const ENTRY = pathToFileURL(join(DIST, "checkpoint-thread-entry.js"));
const ROWS = 500;

/** Commits {@link ROWS} rows at a time, says how many are durable, and after `rounds` closes the store or stays. */
const WRITER = `
  import { openSqlite } from ${JSON.stringify(pathToFileURL(join(DIST, "index.js")).href)};
  const [path, rounds, then] = process.argv.slice(1);
  const store = await openSqlite({ path, background: true });
  const message = Buffer.alloc(133, 7);
  for (let i = 1; i <= rounds; i++) {
    await store.write(async (tx) => {
      for (let n = 0; n < ${ROWS}; n++)
        await tx.insertInto("evidence").values({ card: 1n, at: 0n, contradiction: "none", message }).execute();
    });
    console.log(i * ${ROWS});
  }
  if (then === "stay") setInterval(() => {}, 1000);
  else await store.close();
`;

function startWriter(path: string, rounds: number, then: "close" | "stay" = "close") {
  const child = spawn(process.execPath, ["--input-type=module", "-e", WRITER, path, String(rounds), then], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  return { child, exited, lines: createInterface({ input: child.stdout }) };
}

/** Rows of a database. */
function rowsIn(path: string): number {
  const database = new Database(path);
  try {
    expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
    return database.prepare("select count(*) from evidence").pluck().get() as number;
  } finally {
    database.close();
  }
}

/** Rows that the file has without its log: what was moved there. */
function rowsInFile(path: string): number {
  const copy = `${path}.alone`;
  copyFileSync(path, copy);
  return rowsIn(copy);
}

describe("the thread that moves the log to the file", () => {
  it("does so while the ledger is written, long before the log is full", async () => {
    const path = join(bench.directory(), "issuer.sqlite");
    const { child, exited, lines } = startWriter(path, 30, "stay");
    for await (const line of lines) if (line === String(30 * ROWS)) break;
    await vi.waitFor(() => expect(rowsInFile(path)).toBeGreaterThan(0), { timeout: 120_000 });
    child.kill("SIGKILL");
    await exited;
  });

  it("is ended with the store, and leaves no log behind", async () => {
    const path = join(bench.directory(), "issuer.sqlite");
    const { exited, lines } = startWriter(path, 30);
    lines.resume();
    expect((await exited)[0]).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(rowsIn(path)).toBe(30 * ROWS);
  });

  it.each([9, 11, 18, 23, 31])("killed in round %i, nothing that was durable is lost", async (round) => {
    const path = join(bench.directory(), "issuer.sqlite");
    const { child, exited, lines } = startWriter(path, 1_000_000);
    let durable = 0;
    lines.on("line", (line) => {
      durable = Number.parseInt(line, 10);
      if (durable === round * ROWS) child.kill("SIGKILL");
    });
    await exited;
    expect(durable).toBeGreaterThanOrEqual(round * ROWS);
    expect(rowsIn(path)).toBeGreaterThanOrEqual(durable);
  });

  it("is asked once for each run of changes, and again only when it is done", async () => {
    const path = join(bench.directory(), "some.sqlite");
    const database = new Database(path);
    database.pragma("journal_mode = WAL");
    database.pragma("wal_autocheckpoint = 0");
    database.exec("create table evidence (n integer)");
    const thread = new CheckpointThread(path, () => {}, ENTRY);
    let changes = 0n;
    const write = () => {
      database.exec("insert into evidence values (1)");
      changes += 5000n;
      thread.committed(changes);
    };
    write();
    await vi.waitFor(() => expect(rowsInFile(path)).toBe(1), { timeout: 120_000 });
    // Its answer may still be on its way.
    await vi.waitFor(
      () => {
        write();
        expect(rowsInFile(path)).toBeGreaterThan(1);
      },
      { timeout: 120_000 },
    );
    await thread.close();
    const moved = rowsInFile(path);
    write();
    expect(rowsInFile(path)).toBe(moved);
    database.close();
  });

  it("checkpoints the rest of a long WAL, so that it is restarted", async () => {
    const path = join(bench.directory(), "long.sqlite");
    const database = new Database(path);
    database.pragma("journal_mode = WAL");
    database.pragma("wal_autocheckpoint = 0");
    database.exec("create table evidence (n blob)");
    const fill = database.prepare(
      `with recursive rows (n) as (values (1) union all select n + 1 from rows where n < ?)
       insert into evidence select zeroblob(3900) from rows`,
    );
    let moved = 0;
    const thread = new CheckpointThread(
      path,
      () => {
        moved++;
        database.pragma("wal_checkpoint(passive)");
      },
      ENTRY,
    );
    fill.run(17_000);
    thread.committed(17_000n);
    await vi.waitFor(
      () => {
        // What is committed while the thread is at work stays in the log.
        fill.run(1);
        thread.committed(17_000n);
        expect(moved).toBe(1);
      },
      { timeout: 120_000 },
    );
    expect(rowsInFile(path)).toBe(database.prepare("select count(*) from evidence").pluck().get());
    const length = statSync(`${path}-wal`).size;
    fill.run(1000);
    expect(statSync(`${path}-wal`).size).toBe(length);
    thread.committed(17_000n);
    expect(moved).toBe(1);
    await thread.close();
    database.close();
  });

  it("lets a commit stand when the rest of the log cannot be moved", async () => {
    const program = `
      import { parentPort } from "node:worker_threads";
      parentPort.on("message", () => parentPort.postMessage(20_000));`;
    let tried = 0;
    const moveRest = () => {
      tried++;
      throw new Error("database or disk is full");
    };
    const thread = new CheckpointThread(
      join(bench.directory(), "full.sqlite"),
      moveRest,
      new URL(`data:text/javascript,${encodeURIComponent(program)}`),
    );
    for (let changes = 5000n; tried < 2; changes += 5000n) {
      thread.committed(changes);
      await sleep(10);
    }
    await thread.close();
  });

  it.each([
    ["never starts", "throw new Error('no')"],
    ["ends when it is asked", "process.exit(1)"],
  ])("that %s is not started again", async (_name, end) => {
    const path = join(bench.directory(), "none.sqlite");
    const program = `
      import { appendFileSync } from "node:fs";
      import { parentPort, workerData } from "node:worker_threads";
      appendFileSync(workerData, "started ");
      ${end};`;
    const thread = new CheckpointThread(
      path,
      () => {},
      new URL(`data:text/javascript,${encodeURIComponent(program)}`),
    );
    let changes = 0n;
    const ask = () => {
      changes += 5000n;
      thread.committed(changes);
    };
    ask();
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toBe("started "), { timeout: 120_000 });
    await sleep(100);
    ask();
    ask();
    await sleep(100);
    await thread.close();
    ask();
    expect(readFileSync(path, "utf8")).toBe("started ");
  });
});
