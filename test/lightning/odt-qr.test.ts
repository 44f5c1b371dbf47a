import fc from "fast-check";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { ParseError, ValueError } from "../../common/index.js";
import {
  MAX_ODT_MESSAGE_LENGTH,
  odtFromHex,
  odtToHex,
  type Picture,
  qrPng,
  qrSvg,
  qrTerminal,
  readQr,
  readQrPng,
} from "../../lightning/odt/index.js";

const MESSAGE = { kind: "preimage", preimage: Uint8Array.from({ length: 32 }, (_, i) => i * 7) } as const;

/** What a camera sees: `scale` pixels a module, dark where `isDark` says so. */
function picture(
  width: number,
  height: number,
  scale: number,
  isDark: (x: number, y: number) => boolean,
): Picture {
  const data = new Uint8Array(width * height * scale * scale * 4).fill(255);
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++)
      if (isDark(Math.floor(x / scale), Math.floor(y / scale)))
        data.fill(0, (y * width * scale + x) * 4, (y * width * scale + x) * 4 + 3);
  return { width: width * scale, height: height * scale, data };
}

/** The picture that lines of half blocks make on a screen. */
function screen(text: string, brightOnDark: boolean): Picture {
  const lines = text.split("\n").filter((line) => line.length > 0);
  const width = Math.max(...lines.map((line) => line.length));
  return picture(width, lines.length * 2, 4, (x, y) => {
    const block = lines[Math.floor(y / 2)]?.[x] ?? " ";
    const painted = block === "█" || block === (y % 2 === 0 ? "▀" : "▄");
    return painted !== brightOnDark;
  });
}

/** The picture of the SVG's one path: `M x y h n` strokes half a unit below their line. */
function drawing(svg: string): Picture {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const dark = new Set<string>();
  let x = 0;
  let y = 0;
  for (const [, step = "", numbers = ""] of (/stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? "").matchAll(
    /([Mmh])\s*([-\d. ]+)/g,
  )) {
    const [a = 0, b = 0] = numbers.trim().split(/\s+/).map(Number);
    if (step === "M") [x, y] = [a, b - 0.5];
    else if (step === "m") [x, y] = [x + a, y + b];
    else for (const end = x + a; x < end; x++) dark.add(`${x},${y}`);
  }
  return picture(size, size, 4, (column, row) => dark.has(`${column},${row}`));
}

describe("QR medium", () => {
  it("a message goes through a PNG file", async () => {
    expect(odtFromHex(readQrPng(await qrPng(odtToHex(MESSAGE))))).toEqual(MESSAGE);
  });

  it("a message goes through an SVG drawing", async () => {
    expect(odtFromHex(readQr(drawing(await qrSvg(odtToHex(MESSAGE)))))).toEqual(MESSAGE);
  });

  it("a message goes through a dark and through a bright terminal", async () => {
    const text = odtToHex(MESSAGE);
    expect(readQr(screen(await qrTerminal(text), true))).toBe(text);
    expect(readQr(screen(await qrTerminal(text, { darkBackground: false }), false))).toBe(text);
  });

  it("the longest message fits one code", async () => {
    const longest = {
      kind: "unknown",
      type: 0xabcd,
      payload: new Uint8Array(MAX_ODT_MESSAGE_LENGTH - 2).fill(0x5a),
    } as const;
    const png = await qrPng(odtToHex(longest), { scale: 3 });
    expect(odtFromHex(readQrPng(png))).toEqual(longest);
  });

  it("upper-case hex makes a smaller code than lower-case hex", async () => {
    const text = odtToHex({ kind: "unknown", type: 0xabcd, payload: new Uint8Array(256).fill(0xef) });
    const size = async (shown: string) => (await qrTerminal(shown)).split("\n").length;
    expect(await size(text)).toBeLessThan(await size(text.toLowerCase()));
  });

  it("a code is read turned by 90 degrees, and white on black", async () => {
    const { width, height, data } = PNG.sync.read(Buffer.from(await qrPng("0002FF")));
    const pixel = (x: number, y: number) => (data[(y * width + x) * 4] ?? 0) < 128;
    expect(readQr(picture(height, width, 1, (x, y) => pixel(y, height - 1 - x)))).toBe("0002FF");
    expect(readQr(picture(width, height, 1, (x, y) => !pixel(x, y)))).toBe("0002FF");
  });

  it("a text that does not fit is refused in words", async () => {
    await expect(qrPng("")).rejects.toThrow("need 1 to 4296 characters, have 0");
    await expect(qrPng("A".repeat(4297))).rejects.toThrow("have 4297");
    await expect(qrSvg("a".repeat(2954))).rejects.toThrow("need 1 to 2953 bytes");
    await expect(qrTerminal("A".repeat(4296), { errorCorrection: "H" })).rejects.toThrow(ValueError);
  });
});

describe("pictures that cannot be read", () => {
  const refused = (file: Uint8Array) => expect(() => readQrPng(file));

  it("no PNG, or none at all", () => {
    refused(new Uint8Array(0)).toThrow("not a PNG file");
    refused(new Uint8Array(100)).toThrow("not a PNG file");
  });

  it("too large a file, too many pixels, no pixels: nothing is unpacked", async () => {
    refused(new Uint8Array(8 * 1024 * 1024 + 1)).toThrow("need at most 8388608 bytes");
    const bomb = Buffer.from(await qrPng("0002FF"));
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    refused(bomb).toThrow("need at most 2097152 pixels, have 100000 x 100000");
    bomb.writeUInt32BE(0, 16);
    refused(bomb).toThrow("pixels");
    expect(() => readQr({ width: 10, height: 10, data: new Uint8Array(399) })).toThrow("need 400 bytes");
  });

  it("interlaced: its unpacked size is not bounded", async () => {
    const file = await qrPng("0002FF");
    file[28] = 1;
    refused(file).toThrow("interlaced");
  });

  it("no code on it, or a damaged one", () => {
    const blank = PNG.sync.write(Object.assign(new PNG({ width: 64, height: 64 }), {}));
    refused(blank).toThrow("shows no readable QR code");
    expect(() => readQr(picture(21, 21, 4, (x, y) => (x ^ y) % 3 === 0))).toThrow(ParseError);
  });

  it("a file cut off or changed anywhere is read the same or refused with a ParseError", async () => {
    const file = await qrPng("0002FF", { scale: 2 });
    fc.assert(
      fc.property(
        fc.nat(file.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, flip, cut) => {
          const damaged = cut ? file.slice(0, at) : file.map((value, i) => (i === at ? value ^ flip : value));
          try {
            readQrPng(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { seed: 819, numRuns: 200 },
    );
  });
});
