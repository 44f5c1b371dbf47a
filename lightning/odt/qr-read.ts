import { decodeQR, type Image } from "qr/decode.js";
import { equalBytes, ParseError } from "../../common/index.js";
import { type Brightness, checkPictureSize, type Picture, Shrinker } from "./brightness.js";
import { readPng } from "./png-read.js";

export { MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, type Picture } from "./brightness.js";

/** Greatest picture file in bytes. */
export const MAX_PICTURE_BYTES = 8 * 1024 * 1024;

/**
 * The text of the QR code in a picture, for example a frame of a camera; transparency is ignored.
 * @throws ParseError `picture` when its size is out of bounds, or when it shows no readable code
 */
export function readQr(picture: Picture): string {
  const { width, height, data } = picture;
  checkPictureSize(width, height);
  if (data.length !== width * height * 4)
    throw new ParseError("picture", `need ${width * height * 4} bytes, have ${data.length}`);
  return findCode(viewsOf(picture, [undefined]));
}

/**
 * The text of the QR code in a PNG file. Where it is transparent it is read on white, then on black.
 * @throws ParseError `picture`
 */
export function readQrPng(file: Uint8Array): string {
  if (file.length > MAX_PICTURE_BYTES)
    throw new ParseError("picture", `need at most ${MAX_PICTURE_BYTES} bytes, have ${file.length}`);
  const picture = readPng(file);
  return findCode(viewsOf(picture, isOpaque(picture) ? [undefined] : [255, 0]));
}

function isOpaque({ data }: Picture): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

/**
 * One colour at a time: green, which weighs most in brightness, then red and blue.
 * @param grounds brightness of what shows through transparent pixels; undefined: nothing does
 */
function* viewsOf(
  { width, height, data }: Picture,
  grounds: readonly (number | undefined)[],
): Generator<Brightness> {
  for (const ground of grounds)
    for (const colour of [1, 0, 2]) {
      const shrinker = new Shrinker(width, height);
      const row = new Uint8Array(width);
      for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at += 4) {
          const level = data[at + colour] ?? 0;
          const alpha = data[at + 3] ?? 0;
          row[x] = ground === undefined ? level : (level * alpha + ground * (255 - alpha) + 127) / 255;
        }
        shrinker.take(row);
      }
      yield shrinker.result();
    }
}

/** Two guesses at where the code is. Without a clock, so that the same picture always reads the same. */
const SEARCH = { format: "I420", effort: 2, timeLimit: Number.POSITIVE_INFINITY } as const;

/** Looks for a code, dark or bright, in each view; equal views are searched once. */
function findCode(views: Iterable<Brightness>): string {
  let cause: unknown;
  const seen: Uint8Array[] = [];
  for (const view of views) {
    if (seen.some((data) => equalBytes(data, view.data))) continue;
    seen.push(view.data);
    try {
      return decodeQR(view, { ...SEARCH, imageOnBitmap: refuseCrowd });
    } catch (error) {
      if (error instanceof ParseError) throw error;
      cause = error;
    }
  }
  throw new ParseError("picture", "shows no readable QR code", {
    cause,
    hint: "Take the picture again, or cut the code out: whole, with its white border, sharp and evenly lit.",
  });
}

/** In the picture as it is searched: a page of small print has 1,000 to 3,500, a code a few hundred. */
const MAX_CORNER_ROWS = 4096;

/**
 * Stops the search in a picture that was made to take long: its time grows with the square of what looks like a corner.
 * @param bitmap black and white, as the search sees it
 * @throws ParseError
 */
function refuseCrowd(bitmap: Image): void {
  if (cornerRows(bitmap) > MAX_CORNER_ROWS)
    throw new ParseError("picture", "too much in it looks like the corner of a QR code", {
      hint: "Cut the code out with its white border.",
    });
}

/** How often dark and bright follow each other in every second row as in a code's corner, 1 : 1 : 3 : 1 : 1. */
function cornerRows({ width, height, data }: Image): number {
  let count = 0;
  for (let y = 0; y < height; y += 2) {
    let [a, b, c, d, e, start] = [0, 0, 0, 0, 0, 0];
    const row = y * width;
    for (let x = 1; x <= width; x++) {
      if (x < width && data[4 * (row + x)] === data[4 * (row + x - 1)]) continue;
      [a, b, c, d, e, start] = [b, c, d, e, x - start, x];
      if (a && isCorner((a + b + c + d + e) / 7, a, b, c, d, e)) count++;
    }
  }
  return count;
}

/** Whether runs of pixels are 1, 1, 3, 1 and 1 modules long, each give or take half. */
const isCorner = (module: number, a: number, b: number, c: number, d: number, e: number): boolean =>
  module >= 1 &&
  Math.abs(c - 3 * module) < 1.5 * module &&
  Math.abs(a - module) < 0.5 * module &&
  Math.abs(b - module) < 0.5 * module &&
  Math.abs(d - module) < 0.5 * module &&
  Math.abs(e - module) < 0.5 * module;
