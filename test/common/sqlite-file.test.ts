import { fork } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { ParseError } from "../../common/errors.js";
import type { SqliteProblem } from "../../common/sqlite-error.js";
import { SqliteFile, type SqliteForm } from "../../common/sqlite-file.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";

class Problem extends Error {
  readonly problem: SqliteProblem;
  readonly hint: string | undefined;
  constructor(problem: SqliteProblem, message: string, options: { cause?: unknown; hint?: string }) {
    super(message, options);
    this.problem = problem;
    this.hint = options.hint;
  }
}

const NOTES =
  "create table note (number integer primary key, text text not null check (length(text) < 100)) strict;";
const form = (more: Partial<SqliteForm> = {}): SqliteForm => ({
  name: "a file of notes",
  applicationId: 0x6e6f7465,
  migrations: [NOTES],
  error: (problem, message, options) => new Problem(problem, message, options),
  ...more,
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = newFolder();
  path = join(folder, "notes.db");
});

function refusal(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
const open = (more: Partial<SqliteForm> = {}): SqliteFile => new SqliteFile(path, form(more));
const texts = (file: SqliteFile): string[] =>
  file.all("select text from note order by number", [], ({ text }: { text: string }) => text);
const write = (file: SqliteFile, text: string) => file.run("insert into note (text) values (?)", [text]);
function raw(change: (db: Database.Database) => void): void {
  const db = new Database(path);
  change(db);
  db.close();
}

describe("an SQLite file", () => {
  it("is made for its owner alone, marked, and keeps what is written", () => {
    const file = open();
    write(file, "one");
    file.close();
    file.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    raw((db) => {
      expect(db.pragma("application_id", { simple: true })).toBe(0x6e6f7465);
      expect(db.pragma("user_version", { simple: true })).toBe(1);
    });
    const again = open();
    expect(texts(again)).toEqual(["one"]);
    again.close();
  });

  it("of its owner alone stays so, whatever its mode was", () => {
    writeFileSync(path, "", { mode: 0o644 });
    open().close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("syncs every commit, to the write-ahead log of one process", () => {
    const file = open();
    const pragma = (name: string) =>
      file.all(`pragma ${name}`, [], (row: Record<string, unknown>) => Object.values(row)[0])[0];
    expect([pragma("synchronous"), pragma("journal_mode"), pragma("locking_mode")]).toEqual([
      2,
      "wal",
      "exclusive",
    ]);
    file.close();
  });

  it("that another one has open is locked", () => {
    const file = open();
    const refused = refusal(() => open({ hints: { locked: "Stop it." } }));
    expect(refused).toMatchObject({ problem: "locked", hint: "Stop it." });
    expect(refused.message).toMatch(/notes\.db: a file of notes, in use by another process/);
    file.close();
    open().close();
  });

  it("that is shared is open for several at once", () => {
    const [one, other] = [open({ shared: true }), open({ shared: true })];
    write(one, "one");
    write(other, "two");
    expect(texts(one)).toEqual(["one", "two"]);
    expect(existsSync(`${path}-shm`)).toBe(true);
    one.close();
    other.close();
  });

  it("that is shared is made once by several processes that start together", async () => {
    const program = await buildProgram("test/common/sqlite-file-child.ts");
    const children = Array.from({ length: 4 }, () => fork(program, [path], { stdio: "inherit" }));
    const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    const file = open({ shared: true });
    expect(texts(file)).toHaveLength(4 * 50);
    file.close();
  });

  it.each<[string, SqliteProblem, () => void]>([
    ["text", "damaged", () => writeFileSync(path, "number,text\n".repeat(600))],
    ["cut short", "damaged", () => shorten(5000)],
    ["damaged inside", "damaged", () => spoil(4096)],
    ["another program's", "foreign", () => raw((db) => db.exec("create table t (a)"))],
    [
      "another program's with a version",
      "foreign",
      () => raw((db) => db.exec("create table t (a); pragma user_version = 1")),
    ],
    [
      "another program's with a mark",
      "foreign",
      () => raw((db) => db.exec("create table t (a); pragma application_id = 7")),
    ],
    [
      "a newer version's",
      "newer-version",
      () => {
        open().close();
        raw((db) => db.pragma("user_version = 2"));
      },
    ],
  ])("that is %s is refused and not touched", (_, problem, make) => {
    make();
    const before = readFileSync(path);
    expect(refusal(open).problem).toBe(problem);
    expect(readFileSync(path)).toEqual(before);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  function filled(): Buffer {
    const file = open();
    for (let i = 0; i < 300; i++) write(file, `note ${i} `.repeat(8));
    file.close();
    return readFileSync(path);
  }
  const shorten = (length: number) => writeFileSync(path, filled().subarray(0, length));
  const spoil = (from: number) => writeFileSync(path, filled().fill(0xff, from, from + 4096));

  it.each<[string, () => void, RegExp]>([
    ["a folder", () => mkdirSync(path), /need a file, this is a folder/],
    [
      "in no folder",
      () => rmSync(folder, { recursive: true }),
      /cannot be (found|used) \((no such file or folder, )?ENOENT\)/,
    ],
    [
      "a file with two names",
      () => {
        open().close();
        linkSync(path, `${path}.two`);
      },
      /has 2 names/,
    ],
  ])("that is %s is refused with the words of the file system", (_, make, message) => {
    make();
    expect(refusal(open)).toMatchObject({ problem: "access", message: expect.stringMatching(message) });
  });

  it("is found through a symbolic link, and stays behind it", () => {
    symlinkSync(join(folder, "real.db"), path);
    open().close();
    expect(readFileSync(join(folder, "real.db")).toString("latin1")).toMatch(/^SQLite format 3/);
  });

  it("whose row cannot be read is damaged", () => {
    const file = open();
    write(file, "{");
    const read = (refuse: () => unknown) =>
      refusal(() => file.all("select text from note", [], refuse)).problem;
    expect(read(() => JSON.parse("{"))).toBe("damaged");
    expect(
      read(() => {
        throw new ParseError("text", "need something else");
      }),
    ).toBe("damaged");
    file.close();
  });

  it("says which rule refused a change, what is missing, and that it is closed", () => {
    const file = open();
    expect(refusal(() => write(file, "x".repeat(100))).problem).toBe("constraint");
    expect(refusal(() => file.run("insert into other values (1)")).problem).toBe("damaged");
    file.close();
    expect(refusal(() => texts(file)).message).toMatch(/cannot be used \(closed\)/);
  });
});

describe("a transaction of an SQLite file", () => {
  it("is done whole or not at all", () => {
    const file = open();
    file.transaction(() => write(file, "one"));
    expect(() =>
      file.transaction(() => {
        write(file, "two");
        throw new RangeError("no");
      }),
    ).toThrow(RangeError);
    expect(
      refusal(() => file.transaction(() => [write(file, "three"), write(file, "x".repeat(100))])).problem,
    ).toBe("constraint");
    expect(file.inTransaction).toBe(false);
    expect(texts(file)).toEqual(["one"]);
    file.close();
  });

  it("that the disk has no room for is rolled back, and the file stays usable", () => {
    const file = open();
    write(file, "one");
    file.run("pragma max_page_count = 4");
    const fill = () =>
      file.transaction(() => {
        for (let i = 0; i < 1000; i++) write(file, "x".repeat(90));
      });
    expect(refusal(fill)).toMatchObject({
      problem: "full",
      message: expect.stringMatching(/the disk is full/),
    });
    expect(texts(file)).toEqual(["one"]);
    write(file, "two");
    file.close();
    const again = open();
    expect(texts(again)).toEqual(["one", "two"]);
    again.close();
  });
});

describe("a migration of an SQLite file", () => {
  const second = "alter table note add column read_at integer";

  it("brings an older file to the newest version and keeps what is in it", () => {
    const file = open();
    write(file, "one");
    file.close();
    const newer = open({ migrations: [NOTES, second] });
    newer.run("update note set read_at = 5");
    expect(texts(newer)).toEqual(["one"]);
    newer.close();
    expect(refusal(open).message).toMatch(/need version 1, have version 2/);
  });

  it("that fails leaves the file as it was", () => {
    filledOnce();
    const before = readFileSync(path);
    expect(
      refusal(() => open({ migrations: [NOTES, `${second}; insert into nowhere values (1)`] })).problem,
    ).toBe("damaged");
    expect(readFileSync(path)).toEqual(before);
    open().close();
  });

  it("marks a file of a version that carried no mark, and no other", () => {
    const marked = { migrations: [NOTES, second], markedFrom: 2 };
    filledOnce();
    raw((db) => db.pragma("application_id = 0"));
    const file = open(marked);
    expect(texts(file)).toEqual(["one"]);
    file.close();
    open(marked).close();
    raw((db) => db.pragma("application_id = 0"));
    expect(refusal(() => open(marked)).problem).toBe("foreign");
  });

  function filledOnce(): void {
    const file = open();
    write(file, "one");
    file.close();
  }
});
