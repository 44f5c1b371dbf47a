import { readFileSync } from "node:fs";
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
import { type PictureHeader, pictureFile, rowsLength } from "../../testing/picture-file.js";

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

/** The picture of the SVG's squares: `M x y` and one unit to the right and down. */
function drawing(svg: string): Picture {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const path = /<path fill="#000000" d="((?:M\d+ \d+h1v1h-1z)+)"/.exec(svg)?.[1] ?? "";
  const dark = new Set([...path.matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => `${x},${y}`));
  return picture(size, size, 4, (column, row) => dark.has(`${column},${row}`));
}

type IsDark = (x: number, y: number) => boolean;

/** A code with its border, `scale` pixels a module. */
function codeOf(text: string, scale: number): { side: number; isDark: IsDark } {
  const { width: side, data } = PNG.sync.read(Buffer.from(qrPng(text, { scale })));
  return { side, isDark: (x, y) => (data[(y * side + x) * 4] ?? 0) < 128 };
}

/** It in the middle of something larger that has other things on it. */
function onScreen(text: string, width: number, height: number, scale: number): IsDark {
  const { side, isDark } = codeOf(text, scale);
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  return (x, y) =>
    x >= left && x < left + side && y >= top && y < top + side
      ? isDark(x - left, y - top)
      : y % 90 < 24 && (x * 7) % 31 < 12 && x < width - 60;
}

/** The same as a file, black and white in any form that PNG knows. */
function inForm(header: PictureHeader, isDark: IsDark, filter: number, transparent?: Uint8Array): Uint8Array {
  const { width, height, depth, colourType } = header;
  const rowLength = rowsLength(header) / height;
  const step = Math.max(1, ((rowLength - 1) / width) | 0);
  const plain = new Uint8Array(rowsLength(header));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * rowLength + 1;
      const bright = !isDark(x, y);
      if (depth < 8) {
        const bit = 8 - depth - ((x * depth) & 7);
        const value = colourType === 3 ? Number(bright) : (2 ** depth - 1) * Number(bright);
        plain[at + ((x * depth) >> 3)] = (plain[at + ((x * depth) >> 3)] ?? 0) | (value << bit);
      } else if (colourType === 3) plain[at + x] = Number(bright);
      else plain.fill(bright ? 255 : 0, at + x * step, at + (x + 1) * step);
    }
  const byte = (y: number, i: number) => (y < 0 || i < 0 ? 0 : (plain[y * rowLength + 1 + i] ?? 0));
  const rows = plain.slice();
  for (let y = 0; y < height; y++) {
    rows[y * rowLength] = filter;
    for (let i = 0; i < rowLength - 1; i++) {
      const [left, up, corner] = [byte(y, i - step), byte(y - 1, i), byte(y - 1, i - step)];
      const nearest = [left, up, corner].reduce((best, value) =>
        Math.abs(left + up - corner - value) < Math.abs(left + up - corner - best) ? value : best,
      );
      const guess = [0, left, up, (left + up) >> 1, nearest][filter] ?? 0;
      rows[y * rowLength + 1 + i] = byte(y, i) - guess;
    }
  }
  const palette = colourType === 3 ? Uint8Array.of(9, 9, 9, 250, 250, 250) : undefined;
  return pictureFile(header, rows, palette, transparent);
}

describe("QR medium", () => {
  it("a message goes through a PNG file", () => {
    expect(odtFromHex(readQrPng(qrPng(odtToHex(MESSAGE))))).toEqual(MESSAGE);
  });

  it("a message goes through an SVG drawing", () => {
    expect(odtFromHex(readQr(drawing(qrSvg(odtToHex(MESSAGE)))))).toEqual(MESSAGE);
  });

  it("a message goes through a dark and through a bright terminal", () => {
    const text = odtToHex(MESSAGE);
    expect(readQr(screen(qrTerminal(text), true))).toBe(text);
    expect(readQr(screen(qrTerminal(text, { darkBackground: false }), false))).toBe(text);
  });

  it.each([
    ["hex", "0002FF"],
    ["label", "CHEQUECARD:0123456789ABCDEF"],
    ["words", "lightning:lnbc1 grüße 123456789012345"],
  ])("a picture made by another program is read: %s", (name, text) => {
    expect(readQrPng(readFileSync(new URL(`../frozen/qr/${name}.png`, import.meta.url)))).toBe(text);
  });

  it("the longest message fits one code", () => {
    const longest = {
      kind: "unknown",
      type: 0xabcd,
      payload: new Uint8Array(MAX_ODT_MESSAGE_LENGTH - 2).fill(0x5a),
    } as const;
    const png = qrPng(odtToHex(longest), { scale: 3 });
    expect(odtFromHex(readQrPng(png))).toEqual(longest);
  });

  it("upper-case hex makes a smaller code than lower-case hex", () => {
    const text = odtToHex({ kind: "unknown", type: 0xabcd, payload: new Uint8Array(256).fill(0xef) });
    const size = (shown: string) => qrTerminal(shown).split("\n").length;
    expect(size(text)).toBeLessThan(size(text.toLowerCase()));
  });

  it("a code is read turned by 90 degrees, and white on black", () => {
    const { width, height, data } = PNG.sync.read(Buffer.from(qrPng("0002FF")));
    const pixel = (x: number, y: number) => (data[(y * width + x) * 4] ?? 0) < 128;
    expect(readQr(picture(height, width, 1, (x, y) => pixel(y, height - 1 - x)))).toBe("0002FF");
    expect(readQr(picture(width, height, 1, (x, y) => !pixel(x, y)))).toBe("0002FF");
  });

  const INVOICE = `LIGHTNING:LNBC2500U1PVJLUEZ${"PP5QQQSYQCYQ5RQWZQF".repeat(11)}`;

  it.each([
    [1080, 2400, 8],
    [1920, 1080, 6],
    [2048, 2048, 20],
    [600, 400, 2],
  ])("an invoice is read off a screen of %i x %i, %i pixels a module", (width, height, scale) => {
    const isDark = onScreen(INVOICE, width, height, scale);
    expect(readQr(picture(width, height, 1, isDark))).toBe(INVOICE);
    const header = { width, height, depth: 8, colourType: 6 };
    expect(readQrPng(inForm(header, isDark, 1))).toBe(INVOICE);
  });

  it.each(
    [
      [0, 1],
      [0, 2],
      [0, 4],
      [0, 8],
      [0, 16],
      [2, 8],
      [2, 16],
      [3, 1],
      [3, 2],
      [3, 4],
      [3, 8],
      [4, 8],
      [4, 16],
      [6, 8],
      [6, 16],
    ].map(([colourType = 0, depth = 0]) => ({ colourType, depth })),
  )("is read from PNG of colour type $colourType with $depth bits, with every filter", (form) => {
    const { side, isDark } = codeOf("0002FF", 3);
    const header = { width: side, height: side, ...form };
    for (const filter of [0, 1, 2, 3, 4]) expect(readQrPng(inForm(header, isDark, filter))).toBe("0002FF");
  });

  it.each([
    ["black on nothing", [0, 0, 0, 255], [0, 0, 0, 0]],
    ["white on nothing", [255, 255, 255, 255], [255, 255, 255, 0]],
    ["cyan on white", [0, 255, 255, 255], [255, 255, 255, 255]],
    ["green on white", [37, 211, 102, 255], [255, 255, 255, 255]],
    ["yellow on white", [255, 255, 0, 255], [255, 255, 255, 255]],
    ["blue on black", [0, 0, 255, 255], [0, 0, 0, 255]],
    ["red on black", [255, 0, 0, 255], [0, 0, 0, 255]],
    ["white on green", [255, 255, 255, 255], [37, 211, 102, 255]],
    ["dark red on half-transparent yellow", [100, 0, 0, 255], [255, 255, 0, 128]],
  ])("a code is read in colours and without a ground: %s", (_, ink, ground) => {
    const { side, isDark } = codeOf("0002FF", 6);
    const png = new PNG({ width: side, height: side });
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) png.data.set(isDark(x, y) ? ink : ground, 4 * (y * side + x));
    expect(readQrPng(PNG.sync.write(png))).toBe("0002FF");
    const isOpaque = ground[3] === 255;
    if (isOpaque) expect(readQr({ width: side, height: side, data: png.data })).toBe("0002FF");
  });

  it.each([
    { form: { colourType: 0, depth: 8 }, bright: [0, 255], dark: [0, 0] },
    { form: { colourType: 0, depth: 16 }, bright: [255, 255], dark: [0, 0] },
    { form: { colourType: 2, depth: 8 }, bright: [0, 255, 0, 255, 0, 255], dark: [0, 0, 0, 0, 0, 0] },
    { form: { colourType: 2, depth: 16 }, bright: Array(6).fill(255), dark: Array(6).fill(0) },
    { form: { colourType: 3, depth: 8 }, bright: [255, 0], dark: [0] },
  ])("a code without a ground is read, whichever colour is transparent: $form", ({ form, bright, dark }) => {
    const { side, isDark } = codeOf("0002FF", 4);
    const header = { width: side, height: side, ...form };
    // A black code on nothing, and a white one on nothing.
    expect(readQrPng(inForm(header, isDark, 4, Uint8Array.from(bright)))).toBe("0002FF");
    expect(readQrPng(inForm(header, (x, y) => !isDark(x, y), 4, Uint8Array.from(dark)))).toBe("0002FF");
  });

  it("bytes behind the end of the file are ignored", () => {
    expect(readQrPng(Buffer.concat([qrPng("0002FF"), Buffer.from("an older, longer picture")]))).toBe(
      "0002FF",
    );
  });

  it("a text that does not fit is refused in words", () => {
    expect(() => qrPng("")).toThrow("need 1 to 4296 characters, have 0");
    expect(() => qrPng("A".repeat(4297))).toThrow("have 4297");
    expect(() => qrSvg("a".repeat(2954))).toThrow("need 1 to 2953 bytes");
    expect(() => qrTerminal("A".repeat(4296), { errorCorrection: "H" })).toThrow(ValueError);
  });
});

describe("pictures that cannot be read", () => {
  const refused = (file: Uint8Array) => expect(() => readQrPng(file));

  it("no PNG, or none at all", () => {
    refused(new Uint8Array(0)).toThrow("not a PNG file");
    refused(new Uint8Array(100)).toThrow("not a PNG file");
  });

  it("too large a file, too many pixels, no pixels: nothing is unpacked", () => {
    refused(new Uint8Array(8 * 1024 * 1024 + 1)).toThrow("need at most 8388608 bytes");
    const bomb = Buffer.from(qrPng("0002FF"));
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    refused(bomb).toThrow("need at most 4194304 pixels, 4096 a side, have 100000 x 100000");
    for (const [width, height] of [
      [4097, 1],
      [1, 4097],
      [2048, 2049],
    ] as const) {
      bomb.writeUInt32BE(width, 16);
      bomb.writeUInt32BE(height, 20);
      refused(bomb).toThrow(`have ${width} x ${height}`);
    }
    bomb.writeUInt32BE(0, 16);
    refused(bomb).toThrow("pixels");
    expect(() => readQr({ width: 10, height: 10, data: new Uint8Array(399) })).toThrow("need 400 bytes");
  });

  it("interlaced: its unpacked size is not bounded", () => {
    const file = qrPng("0002FF");
    file[28] = 1;
    refused(file).toThrow("interlaced");
  });

  it("that unpack to more or to less than their header says", () => {
    const header = { width: 50, height: 50, depth: 8, colourType: 2 };
    const length = rowsLength(header);
    refused(pictureFile(header, new Uint8Array(length))).toThrow("shows no readable QR code");
    for (const other of [0, 1, 100, length - 1, length + 1, 1 << 26])
      refused(pictureFile(header, new Uint8Array(other))).toThrow("a damaged PNG file");
  });

  it("that would unpack without end: nothing beyond what the header says is unpacked", () => {
    const header = { width: 50, height: 50, depth: 8, colourType: 0 };
    const file = pictureFile(header, new Uint8Array(1 << 20));
    refused(file).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: "ERR_BUFFER_TOO_LARGE" }) }),
    );
  });

  it("in a form that PNG does not have", () => {
    const header = { width: 50, height: 50, depth: 8, colourType: 2 };
    const rows = new Uint8Array(rowsLength(header));
    for (const [colourType, depth] of [
      [1, 8],
      [5, 8],
      [7, 8],
      [2, 4],
      [6, 1],
      [3, 16],
      [0, 3],
      [0, 0],
      [0, 32],
    ] as const)
      refused(pictureFile({ ...header, colourType, depth }, rows)).toThrow("a damaged PNG file");
    refused(pictureFile({ ...header, colourType: 3 }, rows)).toThrow("a damaged PNG file");
    refused(pictureFile(header, rows.with(151, 5))).toThrow("a damaged PNG file");
    const file = pictureFile(header, rows);
    refused(file.with(file.length - 20, 1)).toThrow("a damaged PNG file");
    refused(file.subarray(0, 33)).toThrow("a damaged PNG file");
    refused(file.subarray(0, 20)).toThrow("a damaged PNG file");
  });

  it("full of corners of codes: the search ends", () => {
    const ring = (x: number, y: number) => Math.max(Math.abs((x % 9) - 3), Math.abs((y % 9) - 3));
    const corners = picture(600, 600, 1, (x, y) => [0, 1, 3].includes(ring(x, y)));
    expect(() => readQr(corners)).toThrow("too much in it looks like the corner of a QR code");
  });

  it("no code on it, or a damaged one", () => {
    const blank = PNG.sync.write(Object.assign(new PNG({ width: 64, height: 64 }), {}));
    refused(blank).toThrow("shows no readable QR code");
    expect(() => readQr(picture(21, 21, 4, (x, y) => (x ^ y) % 3 === 0))).toThrow(ParseError);
  });

  it("a file cut off or changed anywhere is read the same or refused with a ParseError", () => {
    const file = qrPng("0002FF", { scale: 2 });
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
