import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { msat } from "../../common/index.js";
import {
  DeputyError,
  type DeputyInvoice,
  MAX_CLOSED_SALES,
  PaidFile,
  SaleFile,
} from "../../lightning/dpp/index.js";
import { newFolder } from "../../testing/hooks.js";

const CHILD = resolve(import.meta.dirname, "dpp-child.ts");
const RUN = `import("vite").then(({ runnerImport }) => runnerImport(${JSON.stringify(CHILD)}))`;

let folder = "";
let path = "";
beforeEach(() => {
  folder = newFolder();
  path = join(folder, "file.sqlite");
});

const hash = (number: number): Uint8Array => {
  const out = new Uint8Array(32).fill(1);
  new DataView(out.buffer).setUint32(0, number);
  return out;
};
const sale = (number: number): DeputyInvoice => ({
  paymentHash: hash(number),
  invoice: `lnbcrt${number}`,
  amount: undefined,
  description: "b\u00efer",
  createdAt: 100,
  expiresAt: 700,
});

function code(open: () => { end(): void }): string {
  try {
    open().end();
  } catch (error) {
    if (error instanceof DeputyError) return error.code;
    throw error;
  }
  return "opened";
}

/** Starts the child and returns what it says, line by line, until `enough` and its death by SIGKILL. */
async function killed(
  kind: string,
  first: number,
  enough: (lines: readonly string[]) => boolean,
): Promise<string[]> {
  const child = spawn(process.execPath, ["-e", RUN, "--", kind, path, `${first}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (enough(lines)) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  expect(child.signalCode).toBe("SIGKILL");
  return lines;
}

const numbers = (lines: readonly string[], word: string): number[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(" ")[1]));

describe("the file of sales", () => {
  it("keeps what was said to be kept when its process is killed, again and again", async () => {
    const added: number[] = [];
    const paid: number[] = [];
    for (const length of [5, 60]) {
      const lines = await killed("sales", 1000 * length, (lines) => lines.length >= length);
      added.push(...numbers(lines, "added"));
      paid.push(...numbers(lines, "paid"));
      const store = new SaleFile(path);
      const open = store.open().map(({ createdAt }) => createdAt);
      const closed = store.closed(10_000).map(({ createdAt }) => createdAt);
      store.end();
      expect(closed).toEqual(expect.arrayContaining(paid));
      expect([...open, ...closed]).toEqual(expect.arrayContaining(added));
      // At most the one step that was done and not yet said is there beyond that.
      expect(open.length + closed.length - added.length).toBeLessThanOrEqual(2);
    }
  });

  it("is one process's alone, until that process is gone", async () => {
    const lines = await killed("sales", 0, (lines) => {
      if (lines.length === 1) expect(code(() => new SaleFile(path))).toBe("locked");
      return lines.length >= 2;
    });
    expect(lines[0]).toBe("open");
    expect(code(() => new SaleFile(path))).toBe("opened");
  });

  it("is one object's alone within a process", () => {
    const store = new SaleFile(path);
    store.add(sale(1));
    expect(code(() => new SaleFile(path))).toBe("locked");
    store.end();
    store.end();
    expect(code(() => new SaleFile(path))).toBe("opened");
  });

  it("keeps every field", () => {
    const store = new SaleFile(path);
    const full = { ...sale(1), amount: 2_100_000_000_000_000_000n as DeputyInvoice["amount"] };
    store.add(full);
    store.add(sale(2));
    store.end();
    const again = new SaleFile(path);
    expect(again.open()).toEqual([full, sale(2)].map((s) => ({ ...s, state: "open", closedAt: undefined })));
    expect(again.close(hash(1), "paid", 300)).toBe(true);
    expect(again.close(hash(1), "cancelled", 301)).toBe(false);
    expect(again.close(hash(9), "paid", 300)).toBe(false);
    expect(again.closed(5)).toEqual([{ ...full, state: "paid", closedAt: 300 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    again.end();
  });

  it("does not grow without end", () => {
    const store = new SaleFile(path);
    store.end();
    const db = new Database(path);
    const insert = db.prepare(
      "INSERT INTO sales (payment_hash, invoice, description, created_at, expires_at, state, closed_at, closing) VALUES (?, '', '', 1, 1, 'paid', ?, ?)",
    );
    db.transaction(() => {
      for (let i = 0; i < MAX_CLOSED_SALES; i++) insert.run(hash(i), i, i);
    })();
    db.close();
    const full = new SaleFile(path);
    full.add(sale(1_000_000));
    full.close(hash(1_000_000), "paid", 1_000_000);
    const kept = full.closed(2 * MAX_CLOSED_SALES);
    expect(kept).toHaveLength(MAX_CLOSED_SALES);
    expect(kept[0]?.paymentHash).toEqual(hash(1_000_000));
    expect(kept.at(-1)?.closedAt).toBe(1);
    full.end();
  });

  it("says which sale was closed last when the clock goes back, and forgets none that is newer", () => {
    const store = new SaleFile(path);
    for (const number of [1, 2, 3]) store.add(sale(number));
    store.close(hash(2), "paid", 1_000_000);
    store.close(hash(3), "cancelled", 500);
    store.close(hash(1), "paid", 5);
    expect(store.closed(3).map(({ paymentHash }) => paymentHash)).toEqual([hash(1), hash(3), hash(2)]);
    expect(store.closed(1)[0]?.closedAt).toBe(5);
    store.end();
    const full = new Database(path);
    const insert = full.prepare(
      "INSERT INTO sales (payment_hash, invoice, description, created_at, expires_at, state, closed_at, closing) VALUES (?, '', '', 1, 1, 'paid', 2000000, ?)",
    );
    full.transaction(() => {
      for (let i = 4; i <= MAX_CLOSED_SALES; i++) insert.run(hash(i), i);
    })();
    full.close();
    const again = new SaleFile(path);
    again.add(sale(1_000_000));
    again.close(hash(1_000_000), "paid", 6);
    expect(again.closed(1)[0]?.paymentHash).toEqual(hash(1_000_000));
    expect(again.closed(2 * MAX_CLOSED_SALES).map(({ paymentHash }) => paymentHash)).not.toContainEqual(
      hash(2),
    );
    again.end();
  });

  it("of the first version is brought to this one, in the order of its times", () => {
    const db = new Database(path);
    db.exec(`CREATE TABLE sales (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      payment_hash BLOB NOT NULL UNIQUE CHECK (length(payment_hash) = 32),
      invoice TEXT NOT NULL,
      amount INTEGER,
      description TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'cancelled')),
      closed_at INTEGER
    ) STRICT;
    CREATE INDEX sales_by_state ON sales (state, closed_at);
    PRAGMA application_id = ${0x63715053};
    PRAGMA user_version = 1;`);
    const insert = db.prepare(
      "INSERT INTO sales (payment_hash, invoice, description, created_at, expires_at, state, closed_at) VALUES (?, '', '', 1, 1, ?, ?)",
    );
    insert.run(hash(1), "paid", 30);
    insert.run(hash(2), "open", null);
    insert.run(hash(3), "paid", 10);
    insert.run(hash(4), "cancelled", 30);
    db.close();
    const store = new SaleFile(path);
    store.close(hash(2), "paid", 1);
    expect(store.closed(9).map(({ paymentHash }) => paymentHash)).toEqual([2, 4, 1, 3].map(hash));
    store.end();
  });

  it.each([
    ["random bytes", Buffer.alloc(8192, 0x5a), "damaged"],
    ["text", Buffer.from("{}"), "damaged"],
  ])("that is %s is refused and not touched", (_, content, expected) => {
    writeFileSync(path, content);
    expect(code(() => new SaleFile(path))).toBe(expected);
    expect(readFileSync(path)).toEqual(content);
  });

  it.each([
    ["a schema that is not there", "drop table paid"],
    ["a list of HTLCs that is no JSON", "update paid set htlcs = '{'"],
    ["a list of HTLCs that is none", "update paid set htlcs = '5'"],
  ])("that has %s is damaged", (_, sql) => {
    const file = new PaidFile(path);
    file.record({
      ...{ paymentHash: hash(1), preimage: hash(2), htlcs: ["1:2"], received: msat(5n) },
      ...{ paidAt: 1, expiresAt: undefined },
    });
    file.end();
    const db = new Database(path);
    db.exec(sql);
    db.close();
    const read = () => {
      const opened = new PaidFile(path);
      try {
        opened.find(hash(1));
      } catch (error) {
        opened.end();
        throw error;
      }
      return opened;
    };
    expect(code(read)).toBe("damaged");
  });

  it("with a sale of a negative amount is damaged", () => {
    const file = new SaleFile(path);
    file.add(sale(1));
    file.end();
    const db = new Database(path);
    db.exec("update sales set amount = -1");
    db.close();
    const opened = new SaleFile(path);
    expect(() => opened.open()).toThrow("damaged");
    opened.end();
  });

  it("that is damaged inside is refused and not touched", () => {
    const store = new SaleFile(path);
    for (let i = 0; i < 60; i++) store.add(sale(i));
    store.end();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096, 8192);
    writeFileSync(path, bytes);
    expect(code(() => new SaleFile(path))).toBe("damaged");
    expect(readFileSync(path)).toEqual(bytes);
  });

  it.each([
    ["another program's", "CREATE TABLE t (a)", "foreign"],
    ["the recipient's", undefined, "foreign"],
    ["a newer version's", "PRAGMA user_version = 99", "newer"],
  ])("that is %s is refused and not touched", (_, sql, expected) => {
    if (sql?.startsWith("PRAGMA")) new SaleFile(path).end();
    if (sql === undefined) new PaidFile(path).end();
    else {
      const db = new Database(path);
      db.exec(sql);
      db.close();
    }
    const before = readFileSync(path);
    expect(code(() => new SaleFile(path))).toBe(expected);
    expect(readFileSync(path)).toEqual(before);
  });

  it("in a folder that is not there, or that is a folder, cannot be used", () => {
    expect(code(() => new SaleFile(join(folder, "no", "file")))).toBe("storage");
    expect(code(() => new SaleFile(folder))).toBe("storage");
  });

  it("says so when it is closed under it", () => {
    const store = new SaleFile(path);
    store.end();
    expect(() => store.open()).toThrow(DeputyError);
  });
});

describe("the file of paid invoices", () => {
  it("keeps what was recorded when its process is killed", async () => {
    const lines = await killed("paid", 0, (lines) => lines.length >= 30);
    const store = new PaidFile(path);
    for (const number of numbers(lines, "added"))
      expect(store.find(hash(number))).toMatchObject({ htlcs: [`${number}`], paidAt: number });
    expect(store.find(hash(1_000_000))).toBeUndefined();
    expect(code(() => new PaidFile(path))).toBe("locked");
    store.end();
  });

  it("of the version before amounts were kept is read on, with none", () => {
    const db = new Database(path);
    db.exec(`CREATE TABLE paid (
      payment_hash BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
      preimage BLOB NOT NULL CHECK (length(preimage) = 32),
      htlcs TEXT NOT NULL,
      paid_at INTEGER NOT NULL,
      expires_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX paid_by_expiry ON paid (expires_at);
    PRAGMA application_id = ${0x63715044}; PRAGMA user_version = 1;`);
    db.prepare("INSERT INTO paid VALUES (?, ?, '[\"1:2\"]', 5, NULL)").run(hash(1), hash(2));
    db.close();
    const store = new PaidFile(path);
    expect(store.find(hash(1))).toMatchObject({ htlcs: ["1:2"], received: 0n, paidAt: 5 });
    store.end();
  });

  it("records a payment hash once, and forgets it after its time", () => {
    const store = new PaidFile(path);
    const paid = {
      paymentHash: hash(1),
      preimage: hash(2),
      htlcs: ["a", "b"],
      received: msat(2_500_000n),
      paidAt: 5,
      expiresAt: 100,
    };
    store.record(paid);
    store.record({ ...paid, paymentHash: hash(3), expiresAt: undefined });
    expect(() => store.record(paid)).toThrow(DeputyError);
    expect(store.find(hash(1))).toEqual(paid);
    store.forgetExpired(100);
    expect(store.find(hash(1))).toEqual(paid);
    store.forgetExpired(101);
    expect(store.find(hash(1))).toBeUndefined();
    expect(store.find(hash(3))).toEqual({ ...paid, paymentHash: hash(3), expiresAt: undefined });
    store.end();
  });
});
