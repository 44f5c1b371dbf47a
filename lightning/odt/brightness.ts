import { ParseError } from "../../common/index.js";

/** Greatest picture in pixels, and their number on a side: a telephone's screen, and a little more. */
export const MAX_PICTURE_PIXELS = 1 << 22;
export const MAX_PICTURE_SIDE = 4096;
/** What a code is looked for in; a larger picture is made smaller first. A telephone's screen becomes 360 x 800. */
const MAX_LOOKED_AT = 600_000;

/** A picture in memory: 4 bytes a pixel (red, green, blue, alpha), row by row from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width * height * 4 bytes. */
  readonly data: Uint8Array;
}

/** One byte a pixel, row by row from the top left; 0 is dark. */
export interface Brightness {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** @throws ParseError `picture` */
export function checkPictureSize(width: number, height: number): void {
  const isTooLong = width > MAX_PICTURE_SIDE || height > MAX_PICTURE_SIDE;
  if (width < 1 || height < 1 || isTooLong || width * height > MAX_PICTURE_PIXELS)
    throw new ParseError(
      "picture",
      `need at most ${MAX_PICTURE_PIXELS} pixels, ${MAX_PICTURE_SIDE} a side, have ${width} x ${height}`,
      { hint: "Cut the code out, or save the picture smaller." },
    );
}

/**
 * Makes a picture smaller while its rows come in: squares of pixels become one pixel, their mean. Columns and rows that
 * fill no square are left out, at most a few at the edge.
 */
export class Shrinker {
  readonly #side: number;
  readonly #sums: Uint32Array;
  readonly #result: Brightness;
  #row = 0;

  /** @param width of the rows that come; @param height how many come */
  constructor(width: number, height: number) {
    this.#side = Math.ceil(Math.sqrt((width * height) / MAX_LOOKED_AT));
    const [columns, rows] = [Math.floor(width / this.#side), Math.floor(height / this.#side)];
    this.#sums = new Uint32Array(columns);
    this.#result = { width: columns, height: rows, data: new Uint8Array(columns * rows) };
  }

  /** @param row `width` bytes; may be used again afterwards */
  take(row: Uint8Array): void {
    const side = this.#side;
    const sums = this.#sums;
    for (let column = 0, x = 0; column < sums.length; column++) {
      let sum = sums[column] ?? 0;
      for (const end = x + side; x < end; x++) sum += row[x] ?? 0;
      sums[column] = sum;
    }
    if (++this.#row % side) return;
    const { data, width } = this.#result;
    const at = (this.#row / side - 1) * width;
    for (let column = 0; column < width; column++) data[at + column] = (sums[column] ?? 0) / side ** 2;
    sums.fill(0);
  }

  /** After the last row. */
  result(): Brightness {
    return this.#result;
  }
}
