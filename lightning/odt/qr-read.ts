import jsqr from "jsqr";
import { PNG } from "pngjs";
import { ParseError, readU32 } from "../../common/index.js";

/** Greatest picture file in bytes, and greatest picture in pixels (a full-HD camera frame). */
export const MAX_PICTURE_BYTES = 8 * 1024 * 1024;
export const MAX_PICTURE_PIXELS = 1 << 21;

/** A picture in memory: 4 bytes a pixel (red, green, blue, alpha), row by row from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width * height * 4 bytes. */
  readonly data: Uint8Array;
}

/**
 * The text of the QR code in a picture, for example a frame of a camera.
 * @throws ParseError `picture` when its size is out of bounds, or when it shows no readable code
 */
export function readQr({ width, height, data }: Picture): string {
  checkSize(width, height);
  if (data.length !== width * height * 4)
    throw new ParseError("picture", `need ${width * height * 4} bytes, have ${data.length}`);
  const pixels = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
  let text: string | undefined;
  try {
    text = jsqr.default(pixels, width, height)?.data;
  } catch (cause) {
    // A code that was found but cannot be read makes jsQR throw in places.
    throw new ParseError("picture", noCode, { cause, hint });
  }
  if (!text) throw new ParseError("picture", noCode, { hint });
  return text;
}

const noCode = "shows no readable QR code";
const hint = "Take the picture again: the whole code with its white border, sharp and evenly lit.";

/**
 * The text of the QR code in a PNG file. The header is read first: nothing is unpacked that is not a PNG of bounded
 * size, and interlaced files are refused because their unpacked size is not bounded by it.
 * @throws ParseError `picture`
 */
export function readQrPng(file: Uint8Array): string {
  if (file.length > MAX_PICTURE_BYTES)
    throw new ParseError("picture", `need at most ${MAX_PICTURE_BYTES} bytes, have ${file.length}`);
  if (file.length < 33 || !SIGNATURE.every((byte, at) => file[at] === byte))
    throw new ParseError("picture", "not a PNG file");
  checkSize(readU32(file, 16), readU32(file, 20));
  if (file[28] !== 0)
    throw new ParseError("picture", "an interlaced PNG file", { hint: "Save it without interlacing." });
  let png: PNG;
  try {
    png = PNG.sync.read(Buffer.from(file.buffer, file.byteOffset, file.length));
  } catch (cause) {
    throw new ParseError("picture", "a damaged PNG file", { cause });
  }
  return readQr(png);
}

/** PNG signature, then the length and the name of the first chunk, IHDR. */
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1 || width * height > MAX_PICTURE_PIXELS)
    throw new ParseError("picture", `need at most ${MAX_PICTURE_PIXELS} pixels, have ${width} x ${height}`);
}
