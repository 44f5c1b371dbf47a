import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCsv, ParseError } from "../../common/index.js";
import { readQrPng } from "../../lightning/odt/index.js";
import {
  type CardLabel,
  exportLabels,
  labelCsv,
  numberedCards,
  parseCardList,
  readCardList,
} from "../../personalize/index.js";
import { newFolder } from "../../testing/hooks.js";

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
    expect(problemsOf("number,holder,credit\nG1,Anna,20.000sat\nG2,Bob,0.5sat")).toEqual([
      expect.stringContaining('line 2: credit: "20.000sat" can be read in two ways; write 20000sat'),
      expect.stringContaining("line 3: credit: need whole sat"),
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

describe("a card list as spreadsheets write it", () => {
  const read = (bytes: Uint8Array) => parseCardList(decodeCsv(bytes, "list.csv"), "list.csv");
  const ANN = { number: "A1", holder: "M\u00fcller", credit: 100_000n };
  const PLAIN = "number,holder,credit\r\nA1,M\u00fcller,100sat\r\n";

  it.each([
    ["semicolons and a byte order mark", Buffer.from(`\ufeff${PLAIN.replaceAll(",", ";")}`)],
    ["tabs", Buffer.from(PLAIN.replaceAll(",", "\t"))],
    ["a line that names the separator", Buffer.from(`sep=;\r\n${PLAIN.replaceAll(",", ";")}`)],
    ["a line that names a strange separator", Buffer.from(`"sep=^"\n${PLAIN.replaceAll(",", "^")}`)],
    ["UTF-16, the small end first", Buffer.from(`\ufeff${PLAIN}`, "utf16le")],
    ["UTF-16, the great end first", Buffer.from(`\ufeff${PLAIN}`, "utf16le").swap16()],
    ["CR alone", Buffer.from(PLAIN.replaceAll("\r\n", "\r"))],
    ["trailing columns", Buffer.from("number,holder,credit,,,\nA1,M\u00fcller,100sat,,,\n")],
    ["trailing columns of the head alone", Buffer.from("number,holder,credit,,\nA1,M\u00fcller,100sat\n")],
    ["trailing rows", Buffer.from(`${PLAIN},,\r\n,,\r\n`)],
    ["a name in decomposed characters", Buffer.from(PLAIN.normalize("NFD"))],
    ["a separator in quotation marks", Buffer.from('number;holder;credit\n"A1"; "M\u00fcller" ;100sat')],
  ])("with %s is read", (_, bytes) => {
    expect(read(bytes)).toEqual([ANN]);
  });

  it("in Windows-1252 is refused with the line, and how to save it", () => {
    expect(() => read(Buffer.from(PLAIN, "latin1"))).toThrow(/^list\.csv: line 2: need UTF-8.*Windows-1252/);
    expect(() => read(Buffer.from(PLAIN, "utf16le"))).toThrow(/UTF-16/);
  });

  it("with one number in two Unicode forms has it twice", () => {
    expect(problemsOf("number\nM\u00fc1\nMu\u03081")).toEqual([
      "line 3: number M\u00fc1 stands in line 2 already",
    ]);
  });

  it("shows no control of a head, and takes no name that is not seen whole", () => {
    expect(problemsOf("number,\u001b[31mholder\u009b2J\nA1,x")).toEqual([
      'line 1: unknown column "\\u001b[31mholder\\u009b2j"',
    ]);
    for (const unseen of ["a\u2028b", "a\u202eb", "a\u200bb", "\ud800"])
      expect(problemsOf(`number,holder\n1,${unseen}`)).toEqual([
        expect.stringMatching(/^line 2: holder: need at most 64 printable/),
      ]);
  });

  it("of great length is refused without reading it to its end", () => {
    const begin = "number,holder,credit\n";
    expect(problemsOf(`${begin}1,${"x".repeat(20_000_000)},\n`)).toHaveLength(1);
    expect(problemsOf(`${begin}1,"${'""'.repeat(10_000_000)}",\n`)).toHaveLength(1);
    expect(problemsOf(`${begin}1,"${"x".repeat(20_000_000)}\n`)).toHaveLength(1);
    expect(problemsOf(`${",".repeat(1_000_000)}\n`)).toHaveLength(1);
    expect(problemsOf(`${begin}${"1,a,\n".repeat(2_000_000)}`).at(-1)).toBe("and 99900 more");
    const many = Array.from({ length: 100_001 }, (_, at) => `${at}\n`).join("");
    expect(problemsOf(`number\n${many}`)).toEqual(["line 100002: need at most 100000 cards"]);
    const path = join(newFolder(), "list.csv");
    writeFileSync(path, begin);
    truncateSync(path, 96 * 1024 * 1024);
    expect(() => readCardList(path)).toThrow("need at most 33554432 bytes, have 100663296");
  });
});

describe("labels", () => {
  const labels: CardLabel[] = [
    { cardId: "0102-0304-0506-0708", number: "0001", holder: 'Ada, "A"', qr: "CHEQUECARD:0102030405060708" },
    { cardId: "1112-1314-1516-1718", number: "=1+1", holder: "@x", qr: "CHEQUECARD:1112131415161718" },
  ];

  it("are a CSV that no spreadsheet runs", () => {
    expect(labelCsv(labels)).toBe(
      'card_id,number,holder,qr\r\n0102-0304-0506-0708,0001,"Ada, ""A""",CHEQUECARD:0102030405060708\r\n' +
        "1112-1314-1516-1718,'=1+1,'@x,CHEQUECARD:1112131415161718\r\n",
    );
  });

  it("come with QR codes that read back", async () => {
    const folder = newFolder();
    expect(exportLabels(folder, labels, "png")).toEqual([
      "labels.csv",
      "0102-0304-0506-0708.png",
      "1112-1314-1516-1718.png",
    ]);
    for (const { cardId, qr } of labels) {
      expect(readQrPng(readFileSync(join(folder, `${cardId}.png`)))).toBe(qr);
    }
    expect(exportLabels(folder, labels.slice(0, 1), "svg")).toEqual([
      "labels.csv",
      "0102-0304-0506-0708.svg",
    ]);
    expect(readFileSync(join(folder, "0102-0304-0506-0708.svg"), "utf8")).toContain("<svg");
    expect(exportLabels(folder, labels)).toEqual(["labels.csv"]);
    const hostile = [{ ...labels[0], cardId: "../../x" } as CardLabel];
    expect(() => exportLabels(folder, hostile, "svg")).toThrow("card id");
  });
});
