import { inflateSync } from "node:zlib";
import { PNG } from "pngjs";
import { ParseError, readU32 } from "../../common/index.js";
import { checkPictureSize, type Picture } from "./brightness.js";

/** The signature of PNG, then the length and the name of the first chunk, IHDR. */
const START = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const HEADER_END = START.length + 13;
const FIRST_CHUNK = 8;

/** Bits a pixel by colour type and bits a sample (PNG, third edition, table 12). */
const PIXEL_BITS: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  0: { 1: 1, 2: 2, 4: 4, 8: 8, 16: 16 },
  2: { 8: 24, 16: 48 },
  3: { 1: 1, 2: 2, 4: 4, 8: 8 },
  4: { 8: 16, 16: 32 },
  6: { 8: 32, 16: 64 },
};

/**
 * The pixels of a PNG file. Its header is checked before anything is unpacked, and its data must unpack to exactly
 * what the header says: `pngjs` reads unwritten memory where it ends early. Interlaced files are refused.
 * @throws ParseError `picture`
 */
export function readPng(bytes: Uint8Array): Picture {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, START.length).equals(START)) throw new ParseError("picture", "not a PNG file");
  const length = unpackedLength(file.subarray(START.length, HEADER_END));
  try {
    const { packed, end } = dataOf(file);
    if (inflateSync(packed, { maxOutputLength: length }).length !== length) throw damaged();
    return PNG.sync.read(file.subarray(0, end));
  } catch (cause) {
    throw damaged(cause);
  }
}

const damaged = (cause?: unknown): ParseError => new ParseError("picture", "a damaged PNG file", { cause });

/** Bytes of all rows, each with the byte that names its filter. @throws ParseError */
function unpackedLength(header: Uint8Array): number {
  if (header.length !== 13) throw damaged();
  const [width, height] = [readU32(header, 0), readU32(header, 4)];
  checkPictureSize(width, height);
  const [depth = 0, colourType = 0, , , interlace] = header.subarray(8);
  if (interlace)
    throw new ParseError("picture", "an interlaced PNG file", { hint: "Save it without interlacing." });
  const bits = PIXEL_BITS[colourType]?.[depth];
  if (bits === undefined) throw damaged();
  return height * (1 + Math.ceil((width * bits) / 8));
}

/** The packed rows, and where the last chunk ends. @throws RangeError when a chunk is cut off */
function dataOf(file: Buffer): { packed: Buffer; end: number } {
  const packed: Buffer[] = [];
  for (let at = FIRST_CHUNK; ; ) {
    const [name, data] = [file.toString("latin1", at + 4, at + 8), at + 8];
    const end = data + file.readUInt32BE(at);
    if (name === "IDAT") packed.push(file.subarray(data, end));
    at = end + 4;
    if (name === "IEND") return { packed: Buffer.concat(packed), end: at };
  }
}
