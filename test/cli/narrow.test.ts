import { beforeAll, describe, expect, it } from "vitest";
import { Story } from "../../cli/demo/story.js";
import { wrap } from "../../cli/wrap.js";
import { fittingQr, qrTerminal } from "../../common/qr.js";
import { buildProgram } from "../../testing/build-program.js";
import { inTerminal } from "../pseudo-terminal.js";

const INVOICE = `LIGHTNING:LNBCRT25U1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(9)}`;
let program: string;
beforeAll(async () => {
  program = await buildProgram("cli/main.ts");
});

const widthOf = (code: string): number => Math.max(...code.split("\n").map((line) => line.length));

describe("a QR code", () => {
  it("has less error correction where it would be torn, and none is shown where nothing helps", () => {
    const [usual, least] = [qrTerminal(INVOICE), qrTerminal(INVOICE, { errorCorrection: "L" })];
    expect(widthOf(least)).toBeLessThan(widthOf(usual));
    expect(fittingQr(INVOICE)).toEqual({ code: usual });
    expect(fittingQr(INVOICE, widthOf(usual))).toEqual({ code: usual });
    expect(fittingQr(INVOICE, widthOf(usual) - 1)).toEqual({ code: least });
    expect(fittingQr(INVOICE, widthOf(least))).toEqual({ code: least });
    expect(fittingQr(INVOICE, widthOf(least) - 1)).toEqual({ needs: widthOf(least) });
  });

  const proof = `0000${"a7".repeat(32)}`;
  it("fits the terminal, or the command says how wide it must be", async () => {
    const wide = inTerminal([process.execPath, program, "odt", "qr", proof], 80);
    expect(await wide.ended).toBe(0);
    const lines = wide
      .screen()
      .split("\r\n")
      .filter((line) => /[\u2580\u2584\u2588]/.test(line));
    expect(lines.length).toBeGreaterThan(15);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    const needed = fittingQr(proof.toUpperCase(), 1);
    const narrow = inTerminal([process.execPath, program, "odt", "qr", proof], 30);
    expect(await narrow.ended).toBe(2);
    expect(narrow.screen().replaceAll("\r\n", " ")).toContain(
      `The QR code does not fit into 30 columns: widen the window to ${"needs" in needed ? needed.needs : 0}, or give --out FILE.png.`,
    );
    expect(narrow.screen()).not.toMatch(/[\u2580\u2584\u2588]/);
    const piped = inTerminal([process.execPath, program, "--json", "odt", "qr", proof], 30);
    expect(await piped.ended).toBe(0);
  });
});

describe("text for a terminal", () => {
  it("is broken between words, and goes on under its beginning", () => {
    expect(wrap("- one two three four", 10, "", "  ")).toBe("- one two\n  three\n  four");
    expect(wrap("one averyveryverylongword two", 10, "   ")).toBe("   one\n   averyveryverylongword\n   two");
    expect(wrap("one two three", undefined, "  ")).toBe("  one two three");
  });

  it.each([40, 80])("of the demonstration fits %i columns", async (columns) => {
    const printed: string[] = [];
    const story = new Story({
      columns,
      json: false,
      print: (text) => void printed.push(text),
      note: () => undefined,
      trace: undefined,
      env: {},
      signal: new AbortController().signal,
    });
    const long =
      "The card signs the invoice and the amount, and the terminal hands both to the merchant's node.";
    story.chapter("Personalization", long, `- ${long}`);
    await story.step(long, async () => ({ outcome: long }));
    const lines = printed.join("\n").split("\n");
    expect(lines.length).toBeGreaterThan(6);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(lines.join(" ").replaceAll(/\s+/g, " ").split("merchant's node.")).toHaveLength(5);
  });
});
