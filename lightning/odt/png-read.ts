import { crc32, inflateSync } from "node:zlib";
import { ParseError, readU32 } from "../../common/index.js";
import { type Brightness, checkPictureSize, Shrinker } from "./brightness.js";
import { unfilterRow } from "./png-filter.js";

/** The signature of PNG, then the length and the name of the first chunk, IHDR. */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
const FIRST_CHUNK = 8;
/** Samples a pixel by colour type: grey, colours, palette, grey and alpha, colours and alpha. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const [GREY, PALETTE] = [0, 3];
/** Colour types with a sample for transparency, the last of a pixel's. */
const ALPHA = [4, 6];

/** How the rows are stored. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly depth: number;
  readonly colourType: number;
  /** Bytes a row, without the one that names its filter. */
  readonly rowLength: number;
  /** Bytes from a pixel to the next, 1 where several share one. */
  readonly step: number;
}

/** Which sample of a colour stands for its brightness, and what lies behind a transparent picture: 255 is white. */
interface View {
  readonly colour: number;
  readonly ground: number;
}
const [RED, GREEN, BLUE] = [0, 1, 2];
const [WHITE, BLACK] = [255, 0];

/**
 * How bright the pixels of a PNG file are (PNG, third edition), made smaller where they are many: one view after the
 * other, for who looks for a code in each. Green on white comes first: green weighs most, and one sample a pixel is a
 * quarter of the work. A code of another colour shows in red or in blue, a white one without a ground on black. The
 * header is read first: nothing is unpacked that is not of bounded size. Interlaced files are refused.
 * @throws ParseError `picture`
 */
export function* readPng(file: Uint8Array): Generator<Brightness> {
  if (!SIGNATURE.every((byte, at) => file[at] === byte)) throw new ParseError("picture", "not a PNG file");
  const layout = readHeader(file.subarray(SIGNATURE.length, SIGNATURE.length + 13));
  const chunks = chunksOf(file);
  const dataOf = (wanted: string) => chunks.find(({ name }) => name === wanted)?.data;
  const [palette, transparent] = [dataOf("PLTE"), dataOf("tRNS")];
  const packed = chunks.flatMap(({ name, data }) => (name === "IDAT" ? [data] : []));
  const rows = unpack(packed, layout);
  const isColoured = layout.colourType === PALETTE || (SAMPLES[layout.colourType] ?? 0) > 2;
  const hasGround = ALPHA.includes(layout.colourType) || transparent !== undefined;
  for (const ground of hasGround ? [WHITE, BLACK] : [WHITE])
    for (const colour of isColoured ? [GREEN, RED, BLUE] : [0]) {
      const view = { colour, ground };
      yield readRows(rows, layout, levelsOf(layout, palette, transparent, view), view);
    }
}

const damaged = (cause?: unknown): ParseError => new ParseError("picture", "a damaged PNG file", { cause });

interface Chunk {
  readonly name: string;
  readonly data: Uint8Array;
}

function chunksOf(file: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = FIRST_CHUNK; chunks.at(-1)?.name !== "IEND"; ) {
    const length = at + 12 <= file.length ? readU32(file, at) : Number.POSITIVE_INFINITY;
    const end = at + 8 + length;
    if (end + 4 > file.length || crc32(file.subarray(at + 4, end)) !== readU32(file, end)) throw damaged();
    const name = String.fromCharCode(...file.subarray(at + 4, at + 8));
    chunks.push({ name, data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function readHeader(header: Uint8Array): Layout {
  if (header.length !== 13) throw damaged();
  const [width, height] = [readU32(header, 0), readU32(header, 4)];
  const [depth = 0, colourType = 0, compression, filter, interlace] = header.subarray(8);
  checkPictureSize(width, height);
  if (interlace)
    throw new ParseError("picture", "an interlaced PNG file", { hint: "Save it without interlacing." });
  const depths = colourType === GREY ? [1, 2, 4, 8, 16] : colourType === PALETTE ? [1, 2, 4, 8] : [8, 16];
  const bits = (SAMPLES[colourType] ?? 0) * depth;
  if (!bits || !depths.includes(depth) || compression || filter) throw damaged();
  const rowLength = Math.ceil((width * bits) / 8);
  return { width, height, depth, colourType, rowLength, step: Math.max(1, bits / 8) };
}

/** The rows with their filters. */
function unpack(packed: readonly Uint8Array[], { height, rowLength }: Layout): Uint8Array {
  const length = height * (1 + rowLength);
  let rows: Uint8Array;
  try {
    rows = inflateSync(Buffer.concat(packed), { maxOutputLength: length, chunkSize: length + 64 });
  } catch (cause) {
    throw damaged(cause);
  }
  if (rows.length !== length) throw damaged();
  return rows;
}

/** A sample over the ground that shows through it. @param alpha 0 is transparent */
const over = (level: number, alpha: number, ground: number): number =>
  Math.round((level * alpha + ground * (255 - alpha)) / 255);

/** Brightness by sample of 1, 2, 4 or 8 bits; entries of a palette and greys that are transparent show the ground. */
function levelsOf(
  { colourType, depth }: Layout,
  palette: Uint8Array | undefined,
  transparent: Uint8Array | undefined,
  { colour, ground }: View,
): Uint8Array {
  if (colourType === PALETTE) {
    if (!palette) throw damaged();
    return Uint8Array.from({ length: 256 }, (_, entry) =>
      over(palette[3 * entry + colour] ?? 0, transparent?.[entry] ?? 255, ground),
    );
  }
  const clear = colourType === GREY && depth <= 8 ? transparent?.[1] : undefined;
  return Uint8Array.from({ length: 256 }, (_, level) =>
    level === clear ? ground : (level * 255) / (2 ** depth - 1),
  );
}

function readRows(
  rows: Uint8Array,
  layout: Layout,
  levels: Uint8Array,
  { colour, ground }: View,
): Brightness {
  const { width, height, depth, rowLength, step, colourType } = layout;
  const shrinker = new Shrinker(width, height);
  const bytes = Math.max(1, depth / 8);
  const samples = SAMPLES[colourType] ?? 0;
  // The high byte of the only sample, or of the colour's.
  const sample = samples > 2 ? colour * bytes : 0;
  let above = new Uint8Array(depth < 8 ? rowLength : width);
  let row = new Uint8Array(above.length);
  const hasAlpha = ALPHA.includes(colourType);
  let alphaAbove = new Uint8Array(hasAlpha ? width : 0);
  let alpha = new Uint8Array(alphaAbove.length);
  const pixels = new Uint8Array(width);
  const isMapped = colourType === PALETTE || (colourType === GREY && depth === 8);
  for (let y = 0, at = 0; y < height; y++, at += 1 + rowLength) {
    if (!unfilterRow(rows, at, { sample, step }, above, row)) throw damaged();
    if (depth < 8) unpackSamples(row, depth, levels, pixels);
    else if (isMapped) for (let x = 0; x < width; x++) pixels[x] = levels[row[x] ?? 0] ?? 0;
    else if (hasAlpha) {
      unfilterRow(rows, at, { sample: (samples - 1) * bytes, step }, alphaAbove, alpha);
      for (let x = 0; x < width; x++) pixels[x] = over(row[x] ?? 0, alpha[x] ?? 0, ground);
      [alphaAbove, alpha] = [alpha, alphaAbove];
    }
    shrinker.take(depth < 8 || isMapped || hasAlpha ? pixels : row);
    [above, row] = [row, above];
  }
  return shrinker.result();
}

/** Several samples share a byte, the first in its highest bits. */
function unpackSamples(row: Uint8Array, depth: number, levels: Uint8Array, pixels: Uint8Array): void {
  const mask = 2 ** depth - 1;
  for (let x = 0, bit = 0; x < pixels.length; x++, bit += depth)
    pixels[x] = levels[((row[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & mask] ?? 0;
}
