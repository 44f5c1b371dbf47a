import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printerBytes, sendToPrinter } from "../../cli/receipt-printer.js";
import { visible } from "../../common/index.js";
import { LANGUAGES } from "../../common/languages/language.js";
import { speak } from "../../common/languages/speak.js";
import { RECEIPT } from "../../common/languages/spoken.js";
import { newFolder } from "../../testing/hooks.js";

const START = "\x1b@\x1c.\x1bM\0";
const CUT = "\x1dV\x01";
const printed = (lines: readonly string[], codePage?: string): string =>
  Buffer.from(printerBytes(lines, { columns: 32, codePage })).toString("latin1");

/** What is left of printed bytes without the commands that are ours. */
function text(bytes: string): string {
  expect(bytes.startsWith(START)).toBe(true);
  expect(bytes).toContain(CUT);
  let rest = bytes.slice(START.length).replace(CUT, "");
  let out = "";
  while (rest !== "") {
    if (rest.startsWith("\x1bt")) rest = rest.slice(3);
    else if (rest.startsWith("\x1bM\0")) rest = rest.slice(3);
    else {
      out += rest[0];
      rest = rest.slice(1);
    }
  }
  return out;
}

describe("a receipt for a printer", () => {
  it("has names with accents on the printer's code pages", () => {
    // cp858 has the euro sign, cp852 the Polish letters; Epson's numbers of both are 19 and 18.
    expect(printed(["M\u00fcller 3 \u20ac"], "cp858")).toContain("\x1bt\x13M\x81ller 3 \xd5");
    expect(printed(["\u0141\u00f3d\u017a"], "cp852")).toContain("\x1bt\x12\x9d\xa2d\xab");
    expect(text(printed(["Caf\u00e9 \u0141\u00f3d\u017a"]))).toMatch(/^Caf\x82 \x9d\xa2d\xab\n/);
    expect(text(printed(["\u4e2d\u6587"]))).toMatch(/^\?\?\n/);
    expect(() => printed(["x"], "cp9999")).toThrow(/--code-page: need one such as cp858/);
  });

  it("has the words, spaces and apostrophes of every language, without a question mark for any", async () => {
    const plain = (line: string) => text(printed([line], "cp858")).replace(/\n[\s\S]*/, "");
    expect(plain("Total 12\u00a0500 sat, l\u2019\u00e9t\u00e9 1\u202f000")).toBe(
      "Total 12 500 sat, l'\x82t\x82 1 000",
    );
    for (const language of LANGUAGES) {
      await speak(language);
      const lines = [
        RECEIPT.left,
        RECEIPT.paymentHash,
        RECEIPT.paid,
        RECEIPT.notPaidYet,
        RECEIPT.refusedNotPaid,
      ];
      for (const line of [...lines, ...Object.values(RECEIPT.day).filter((one) => typeof one === "string")])
        expect(text(printed([line])), line).not.toContain("?");
    }
    await speak("en");
  });

  it("has nothing of foreign text that would command the printer", () => {
    // Code pages have arrows, notes and card suits where the controls are: an arrow to the left is ESC.
    const signs =
      "\u2190\u2191\u2192\u2193\u2194\u2195\u25b2\u25bc\u25ba\u25c4\u263a\u263b\u2665\u2666\u2663\u2660\u2022\u25d8\u25cb\u25d9\u2642\u2640\u266a\u266b\u263c\u203c\u00b6\u00a7\u25ac\u21a8\u221f\u2302";
    const foreign = [`\u2190@ ${signs}`, visible("\x1b@\x07\r\n\x1dV\0 PAID"), signs.normalize("NFD")];
    for (const page of [undefined, "cp437", "cp858", "windows1252"]) {
      const left = text(printed(foreign, page)).replaceAll("\n", "");
      expect([page, [...left].filter((one) => one < " " || one === "\x7f")]).toEqual([page, []]);
    }
  });

  it("goes behind what a file has, and a printer that is not there is named", async () => {
    const folder = newFolder();
    const path = join(folder, "spool");
    writeFileSync(path, "first");
    await sendToPrinter(path, Buffer.from("second"));
    expect(readFileSync(path, "utf8")).toBe("firstsecond");
    await expect(sendToPrinter(join(folder, "none", "lp0"), Buffer.from("x"))).rejects.toThrow(
      /lp0: the printer cannot be written to/,
    );
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(sendToPrinter(pipe, Buffer.from("x"))).rejects.toThrow(/cannot be written to/);
  });
});
