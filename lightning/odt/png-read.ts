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

/**
 * How bright the pixels of a PNG file are (PNG, third edition), made smaller where they are many. Green stands for the
 * brightness of a colour: it weighs most, and one sample a pixel is a quarter of the work. Transparency is not looked
 * at. The header is read first: nothing is unpacked that is not of bounded size. Interlaced files are refused.
 * @throws ParseError `picture`
 */
export function readPng(file: Uint8Array): Brightness {
  if (!SIGNATURE.every((byte, at) => file[at] === byte)) throw new ParseError("picture", "not a PNG file");
  const layout = readHeader(file.subarray(SIGNATURE.length, SIGNATURE.length + 13));
  const chunks = chunksOf(file);
  const levels = levelsOf(layout, chunks.find(({ name }) => name === "PLTE")?.data);
  const packed = chunks.flatMap(({ name, data }) => (name === "IDAT" ? [data] : []));
  return readRows(unpack(packed, layout), layout, levels);
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

/** Brightness by sample of 1, 2, 4 or 8 bits. */
function levelsOf({ colourType, depth }: Layout, palette: Uint8Array | undefined): Uint8Array {
  if (colourType !== PALETTE)
    return Uint8Array.from({ length: 256 }, (_, level) => (level * 255) / (2 ** depth - 1));
  if (!palette) throw damaged();
  return Uint8Array.from({ length: 256 }, (_, entry) => palette[3 * entry + 1] ?? 0);
}

function readRows(rows: Uint8Array, layout: Layout, levels: Uint8Array): Brightness {
  const { width, height, depth, rowLength, step, colourType } = layout;
  const shrinker = new Shrinker(width, height);
  // The high byte of the only sample, or of green.
  const sample = (SAMPLES[colourType] ?? 0) > 2 ? Math.max(1, depth / 8) : 0;
  let above = new Uint8Array(depth < 8 ? rowLength : width);
  let row = new Uint8Array(above.length);
  const pixels = new Uint8Array(width);
  for (let y = 0, at = 0; y < height; y++, at += 1 + rowLength) {
    if (!unfilterRow(rows, at, { sample, step }, above, row)) throw damaged();
    if (depth < 8) unpackSamples(row, depth, levels, pixels);
    else if (colourType === PALETTE) for (let x = 0; x < width; x++) pixels[x] = levels[row[x] ?? 0] ?? 0;
    shrinker.take(depth < 8 || colourType === PALETTE ? pixels : row);
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
