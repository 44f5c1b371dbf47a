import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { KeyFile } from "../../keys/index.js";
import { JournalError, PinLetters, readPinLetters } from "../../personalize/index.js";
import { JournalFile, readJournal } from "../../personalize/journal-file.js";
import { CHEAP, freshPath, PASSPHRASE } from "./fixture.js";

const options = { durable: false };
const letter = (number: string) => ({ card: "0102030405060708", number, holder: "", pin: "1234" });

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return "none";
  } catch (error) {
    return (error as { code?: string }).code ?? "unknown";
  }
}

/** A second name of a file, a symbolic link in a folder of its own. */
function linkTo(path: string): string {
  const link = join(dirname(path), `elsewhere-${Math.floor(performance.now() * 1e6)}`, "link");
  mkdirSync(dirname(link));
  symlinkSync(path, link);
  return link;
}

const PROGRAM = JSON.stringify(join(import.meta.dirname, "journal-program.ts"));
/** What another process that adds a line to the journal says. */
const inAnotherProcess = (path: string): string =>
  execFileSync(
    process.execPath,
    ["-e", `import("vite").then(({ runnerImport }) => runnerImport(${PROGRAM}))`, "--", path],
    { encoding: "utf8" },
  ).trim();

describe("through a symbolic link", () => {
  it("a journal is written by one process, and no record is lost", async () => {
    const path = freshPath();
    const file = JournalFile.create(path, options);
    file.append("one");
    const link = linkTo(path);
    expect(await codeOf(() => JournalFile.open(link, options))).toBe("locked");
    expect(inAnotherProcess(link)).toBe("locked");
    file.append("two");
    file.close();
    expect(inAnotherProcess(link)).toBe("written");
    const { journal } = JournalFile.open(link, options);
    expect(await codeOf(() => JournalFile.open(path, options))).toBe("locked");
    journal.append("three");
    journal.close();
    expect(readJournal(path).lines).toEqual(["one", "two", "by another", "three"]);
  });

  it("PIN letters are written by one process, and none is lost", async () => {
    const path = freshPath();
    const letters = await PinLetters.create(path, PASSPHRASE, { scrypt: CHEAP });
    letters.append(letter("1"));
    const link = linkTo(path);
    expect(await codeOf(() => PinLetters.open(link, PASSPHRASE))).toBe("locked");
    letters.append(letter("2"));
    letters.close();
    const more = await PinLetters.open(link, PASSPHRASE);
    more.append(letter("3"));
    more.close();
    expect((await readPinLetters(path, PASSPHRASE)).map(({ number }) => number)).toEqual(["1", "2", "3"]);
  });

  it("a key file gets its new passphrase, and the old one opens nothing", async () => {
    const path = freshPath();
    await (await KeyFile.create(path, PASSPHRASE, "cards", { scrypt: CHEAP })).close();
    const link = linkTo(path);
    const next = Buffer.from("another passphrase");
    const keys = await KeyFile.open(link, PASSPHRASE);
    await keys.changePassphrase(next);
    await keys.close();
    for (const name of [path, link]) {
      expect(await codeOf(() => KeyFile.open(name, PASSPHRASE))).toBe("wrong-passphrase");
      await (await KeyFile.open(name, next)).close();
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("a new journal is made where the link leads, and leaves no lock elsewhere", () => {
    const path = freshPath();
    const link = linkTo(path);
    JournalFile.create(link, options).close();
    expect(existsSync(path)).toBe(true);
    expect(readdirSync(dirname(link))).toEqual(["link"]);
  });
});

describe("a file with two names", () => {
  it("is not written: neither journal, letters nor keys", async () => {
    const [journal, letters, keys] = [freshPath(), freshPath(), freshPath()];
    const file = JournalFile.create(journal, options);
    file.append("one");
    file.close();
    (await PinLetters.create(letters, PASSPHRASE, { scrypt: CHEAP })).close();
    await (await KeyFile.create(keys, PASSPHRASE, "cards", { scrypt: CHEAP })).close();
    const before = [journal, letters, keys].map((path) => readFileSync(path));
    for (const path of [journal, letters, keys]) linkSync(path, `${path}.second`);
    expect(await codeOf(() => JournalFile.open(`${journal}.second`, options))).toBe("io");
    expect(await codeOf(() => PinLetters.open(letters, PASSPHRASE))).toBe("io");
    const opened = await KeyFile.open(`${keys}.second`, PASSPHRASE);
    expect(await codeOf(() => opened.changePassphrase(Buffer.from("another passphrase")))).toBe("file");
    await opened.close();
    expect([journal, letters, keys].map((path) => readFileSync(path))).toEqual(before);
  });
});

describe.runIf(process.getuid?.() === 0)("in a folder for everybody", () => {
  it("a journal is not begun through another user's link: neither over a file nor in a new place", async () => {
    const folder = freshPath();
    mkdirSync(folder);
    chmodSync(folder, 0o1777);
    const [empty, absent] = [freshPath(), freshPath()];
    writeFileSync(empty, "");
    for (const target of [empty, absent]) {
      const link = join(folder, "batch.journal");
      symlinkSync(target, link);
      lchownSync(link, 12345, 12345);
      expect(await codeOf(() => JournalFile.create(link, options))).toBe("io");
      expect(await codeOf(() => PinLetters.create(link, PASSPHRASE, { scrypt: CHEAP }))).toBe("io");
      expect(await codeOf(() => KeyFile.create(link, PASSPHRASE, "cards", { scrypt: CHEAP }))).toBe("file");
      rmSync(link);
    }
    expect(readFileSync(empty)).toHaveLength(0);
    expect([existsSync(absent), readdirSync(folder)]).toEqual([false, []]);
  });
});

describe("a journal that was made for everybody", () => {
  it("does not stay so, and one that was only begun is replaced", () => {
    const path = freshPath();
    writeFileSync(path, "");
    chmodSync(path, 0o666);
    const { ino } = statSync(path);
    const file = JournalFile.create(path, options);
    file.append("one");
    file.close();
    expect(statSync(path)).toMatchObject({ mode: 0o100600 });
    expect(statSync(path).ino === ino && readFileSync(path).length === 0).toBe(false);
    chmodSync(path, 0o666);
    JournalFile.open(path, options).journal.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is refused where it is a pipe, a device or a folder", async () => {
    const path = freshPath();
    mkdirSync(path);
    for (const odd of [path, "/dev/zero"])
      for (const run of [() => JournalFile.create(odd, options), () => JournalFile.open(odd, options)])
        expect(run).toThrow(JournalError);
  });
});
