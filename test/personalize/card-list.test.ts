import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ParseError } from "../../common/index.js";
import { readQrPng } from "../../lightning/odt/index.js";
import {
  type CardLabel,
  exportLabels,
  labelCsv,
  numberedCards,
  parseCardList,
} from "../../personalize/index.js";

const problemsOf = (text: string): string[] => {
  try {
    parseCardList(text, "list.csv");
    return [];
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message
      .replace(/^list\.csv: (\d+ mistakes:\n)?/, "")
      .split("\n")
      .map((line) => line.trim());
  }
};

describe("card list", () => {
  it("is read with and without the optional columns, quotes, empty lines and a byte order mark", () => {
    expect(
      parseCardList(
        '\uFEFFnumber,holder,credit\r\n7,"Ada ""A"" Lovelace, Countess",5000sat\r\n\r\n 8 ,,\r\n',
        "l",
      ),
    ).toEqual([
      { number: "7", holder: 'Ada "A" Lovelace, Countess', credit: 5_000_000n },
      { number: "8", holder: "" },
    ]);
    expect(parseCardList("Credit,Number\n1sat,x", "l")).toEqual([{ number: "x", holder: "", credit: 1000n }]);
  });

  it("reports every bad line at once, with its number", () => {
    expect(
      problemsOf('number,holder,credit\n1,a,\n2,b\n1,c,\n,d,\n3,e,5 euro\n4,"f,\n5,g,1sat,more\n6,h\x07,'),
    ).toEqual([
      "line 3: need 3 fields, have 2",
      "line 4: number 1 stands in line 2 already",
      "line 5: number: need 1 to 32 printable characters, have 0",
      expect.stringContaining("line 6: credit: need a number with a unit"),
      "line 7: a quotation mark is not closed or stands inside a field",
      "line 8: need 3 fields, have 4",
      expect.stringContaining("line 9: holder: need at most 64 printable characters"),
    ]);
    expect(problemsOf("")).toEqual(["line 1: need the names of the columns: number,holder,credit"]);
    expect(problemsOf("number")).toEqual(["line 2: need at least one card"]);
    expect(problemsOf("holder\nx")).toEqual(["line 1: the column number is missing"]);
    expect(problemsOf("number,colour,number\nx,y,z")).toHaveLength(2);
    const many = `number\n${"x\n".repeat(300)}`;
    expect(problemsOf(many)).toHaveLength(101);
    expect(problemsOf(many).at(-1)).toBe("and 199 more");
  });

  it("never throws anything but a ParseError, and never takes a number twice", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: fc.constantFrom("1", "2", "a", ",", '"', " ", "\n", "\r"), maxLength: 12 }),
        ),
        (rows) => {
          try {
            const orders = parseCardList(`number,holder\n${rows.join("\n")}`, "fuzz");
            expect(new Set(orders.map(({ number }) => number)).size).toBe(orders.length);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it("is numbered where there is none", () => {
    expect(numberedCards(3, "A-").map(({ number }) => number)).toEqual(["A-0001", "A-0002", "A-0003"]);
    expect(numberedCards(20_000).at(-1)?.number).toBe("20000");
    for (const count of [0, -1, 1.5, 100_001]) expect(() => numberedCards(count)).toThrow(ParseError);
    expect(() => numberedCards(1, "x".repeat(29))).toThrow(ParseError);
  });
});

describe("labels", () => {
  const labels: CardLabel[] = [
    { cardId: "0102030405060708", number: "0001", holder: 'Ada, "A"', qr: "CHEQUECARD:0102030405060708" },
    { cardId: "1112131415161718", number: "=1+1", holder: "@x", qr: "CHEQUECARD:1112131415161718" },
  ];

  it("are a CSV that no spreadsheet runs", () => {
    expect(labelCsv(labels)).toBe(
      'card_id,number,holder,qr\r\n0102030405060708,0001,"Ada, ""A""",CHEQUECARD:0102030405060708\r\n' +
        "1112131415161718,'=1+1,'@x,CHEQUECARD:1112131415161718\r\n",
    );
  });

  it("come with QR codes that read back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "chequecard-labels-"));
    expect(await exportLabels(folder, labels, "png")).toEqual([
      "labels.csv",
      "0102030405060708.png",
      "1112131415161718.png",
    ]);
    for (const { cardId, qr } of labels) {
      expect(readQrPng(readFileSync(join(folder, `${cardId}.png`)))).toBe(qr);
    }
    expect(await exportLabels(folder, labels.slice(0, 1), "svg")).toEqual([
      "labels.csv",
      "0102030405060708.svg",
    ]);
    expect(readFileSync(join(folder, "0102030405060708.svg"), "utf8")).toContain("<svg");
    expect(await exportLabels(folder, labels)).toEqual(["labels.csv"]);
    const hostile = [{ ...labels[0], cardId: "../../x" } as CardLabel];
    await expect(exportLabels(folder, hostile, "svg")).rejects.toThrow("card id");
    rmSync(folder, { recursive: true });
  });
});
