import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Journal, JournalError, PinLetters, randomPin } from "../../personalize/index.js";
import { JournalFile, readJournal } from "../../personalize/journal-file.js";
import { CHEAP, freshPath, newJournal, PASSPHRASE, profileOf, WITHOUT_PIN } from "./fixture.js";

const options = { durable: false };

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  }
};

describe("journal file", () => {
  it("is cut anywhere and keeps every whole line, and goes on after them", () => {
    const path = freshPath();
    const file = JournalFile.create(path, options);
    const lines = ["one", "two with ü", "three"];
    const ends = lines.map((line) => {
      file.append(line);
      return readFileSync(path).length;
    });
    file.close();
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const expected = lines.slice(0, ends.filter((end) => end <= length).length);
      if (expected.length === 0) {
        expect(readJournal(path).lines).toEqual([]);
        continue;
      }
      const { journal, lines: found } = JournalFile.open(path, options);
      expect(found).toEqual(expected);
      journal.append("after");
      journal.close();
      expect(readJournal(path).lines).toEqual([...expected, "after"]);
    }
  });

  it("is found damaged when a line changed, went missing or came in another order", () => {
    const path = freshPath();
    const file = JournalFile.create(path, options);
    for (const line of ["one", "two", "three", "four"]) file.append(line);
    file.close();
    const rows = readFileSync(path, "utf8").split("\n").slice(0, -1);
    const variants = [
      rows.map((row) => row.replace("two", "tw0")),
      rows.filter((row) => !row.endsWith("two")),
      [rows[0], rows[2], rows[1], rows[3]],
      rows.map((row, index) => (index === 1 ? row.slice(1) : row)),
    ];
    for (const variant of variants) {
      writeFileSync(path, `${variant.join("\n")}\n`);
      expect(codeOf(() => readJournal(path))).toBe("damaged");
      expect(codeOf(() => JournalFile.open(path))).toBe("damaged");
      expect(readFileSync(path, "utf8")).toBe(`${variant.join("\n")}\n`);
    }
  });

  it.each(["my only note", "my only note\n", '{"name":"festival"}\n', "0123456789abcdef0 a line\n", "\n"])(
    "leaves another file as it is: %j",
    (content) => {
      const path = freshPath();
      writeFileSync(path, content);
      for (const run of [
        () => readJournal(path),
        () => JournalFile.open(path, options),
        () => JournalFile.create(path, options),
      ]) {
        expect(codeOf(run)).toBe("damaged");
        expect(readFileSync(path, "utf8")).toBe(content);
      }
    },
  );

  it("keeps what a killed process left until the next line takes its place", () => {
    const path = freshPath();
    const file = JournalFile.create(path, options);
    file.append("one \ufffd");
    file.close();
    const whole = readFileSync(path);
    // Cut in the middle of a character of two bytes.
    writeFileSync(path, Buffer.concat([whole, Buffer.from("0123456789abcdef \u00fc").subarray(0, 18)]));
    const cut = readFileSync(path);
    JournalFile.open(path, options).journal.close();
    expect(readFileSync(path)).toEqual(cut);
    const { journal } = JournalFile.open(path, options);
    journal.append("two");
    journal.close();
    expect(readFileSync(path).subarray(0, whole.length)).toEqual(whole);
    expect(readJournal(path).lines).toEqual(["one \ufffd", "two"]);
  });

  it("belongs to one process, is never overwritten, and says what is missing", () => {
    const path = freshPath();
    expect(codeOf(() => JournalFile.open(path))).toBe("missing");
    expect(codeOf(() => readJournal(path))).toBe("missing");
    const file = JournalFile.create(path, options);
    file.append("x");
    expect(codeOf(() => JournalFile.open(path))).toBe("locked");
    expect(codeOf(() => JournalFile.create(path))).toBe("locked");
    file.close();
    file.close();
    expect(codeOf(() => file.append("y"))).toBe("missing");
    expect(codeOf(() => JournalFile.create(path))).toBe("exists");
    expect(codeOf(() => JournalFile.create("/nonexistent/folder/x"))).toBe("io");
  });
});

describe("journal of a batch", () => {
  it("of a process that died before its first line is started again", () => {
    const path = freshPath();
    writeFileSync(path, "");
    const journal = newJournal(profileOf(WITHOUT_PIN), undefined, path);
    journal.close();
    expect(Journal.read(path).counts()).toEqual({ open: 1, assigned: 0, verified: 0, active: 0, done: 0 });
    truncateSync(path, 20);
    newJournal(profileOf(WITHOUT_PIN), undefined, path).close();
    expect(Journal.read(path).items).toHaveLength(1);
  });

  it("refuses records that are none, a newer version, and to be written when it was opened to be read", () => {
    const write = (line: string): string => {
      const path = freshPath();
      const file = JournalFile.create(path, options);
      file.append(line);
      file.close();
      return path;
    };
    const batch = readJournal(written()).lines[0] ?? "";
    expect(codeOf(() => Journal.open(write("not json")))).toBe("damaged");
    expect(codeOf(() => Journal.open(write('{"step":"done","item":0,"card":"00"}')))).toBe("damaged");
    expect(codeOf(() => Journal.open(write(batch.replace('"version":1', '"version":2'))))).toBe(
      "newer-version",
    );
    const path = write(batch);
    const reader = Journal.read(path);
    expect(codeOf(() => reader.append({ step: "retry", chip: "00" }))).toBe("locked");
    const writer = Journal.open(path, options);
    writer.append({ step: "attempt", chip: "ab", version: 1 });
    writer.close();
    expect(Journal.read(path).chips.get("ab")?.attempts.get(1)).toBe(1);
    appendFileSync(path, "half a li");
    expect(Journal.read(path).chips.size).toBe(1);
  });

  function written(): string {
    const path = freshPath();
    newJournal(profileOf(WITHOUT_PIN), undefined, path).close();
    return path;
  }
});

describe("PIN letters", () => {
  it("go on after a restart, hold no PIN in clear, and refuse another passphrase", async () => {
    const path = freshPath();
    const first = await PinLetters.create(path, PASSPHRASE, { scrypt: CHEAP, durable: false });
    first.append({ card: "01".repeat(8), number: "1", holder: "Ada", pin: "483920175566" });
    first.close();
    const again = await PinLetters.open(path, PASSPHRASE, options);
    again.append({ card: "02".repeat(8), number: "2", holder: "", pin: "774411" });
    again.close();
    const text = readFileSync(path, "utf8");
    for (const secret of ["483920175566", "774411", "Ada"]) expect(text).not.toContain(secret);
    await expect(PinLetters.open(path, new Uint8Array([1, 2]), options)).rejects.toMatchObject({
      code: "wrong-passphrase",
    });
    await expect(
      PinLetters.open(path, PASSPHRASE, options).then((letters) => letters.close()),
    ).resolves.toBeUndefined();
  });

  it("have PINs whose digits are all equally likely", () => {
    const counts = new Array<number>(10).fill(0);
    for (let round = 0; round < 2000; round++) {
      const pin = randomPin(12);
      expect(pin).toMatch(/^\d{12}$/);
      for (const digit of pin)
        counts[Number.parseInt(digit, 10)] = (counts[Number.parseInt(digit, 10)] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 2400)).toBeLessThan(350);
    const biased = [250, 251, 255, 0, 9, 10, 249];
    expect(randomPin(4, () => Uint8Array.from(biased))).toBe("0909");
  });
});
