import { readQrPng } from "../../../lightning/odt/index.js";
import { type PictureHeader, pictureFile, rowsLength } from "../../../testing/picture-file.js";
import { MAX_INPUT } from "../mutate.js";
import type { FuzzTarget } from "../target.js";

const form = (width: number, height: number, colourType: number, depth: number): PictureHeader => ({
  width,
  height,
  colourType,
  depth,
});
/** A telephone's screen, the most that is accepted, the most that is searched as it is. They take a while to make. */
const LARGE = [form(1080, 2400, 0, 8), form(2048, 2048, 6, 8), form(775, 774, 0, 8)];
const SMALL = [
  form(300, 300, 2, 8),
  form(200, 200, 6, 16),
  form(200, 200, 3, 4),
  form(400, 400, 0, 1),
  form(100, 120, 4, 8),
];

/** A file of 64 KiB may hold 4 million pixels, and the decoder unpacks each of them. */
export const PICTURE_LIMIT_MS = 3_000;

const HEAD = 4;
const MAX_TILE = 4096;

/**
 * A picture of a tile that is repeated. Form, 128 and above for a large one; filter of the rows; pixels for each byte;
 * bytes in a row of the tile; then the tile.
 */
function tiled(input: Uint8Array): Uint8Array {
  const [which = 0, filter = 0, zoom = 0, columns = 0] = input;
  const forms = which & 0x80 ? LARGE : SMALL;
  const header = forms[(which & 0x7f) % forms.length] ?? form(1, 1, 0, 8);
  const tile = input.subarray(HEAD, HEAD + MAX_TILE);
  const scale = 1 + (zoom % 8);
  const width = Math.max(1, columns);
  const height = Math.max(1, Math.min(Math.ceil(tile.length / width), header.height));
  const rows = new Uint8Array(rowsLength(header));
  const rowLength = rows.length / header.height;
  const kinds = Array.from({ length: height }, (_, line) => {
    const row = new Uint8Array(rowLength).fill(filter % 5, 0, 1);
    for (let x = 0; x + 1 < rowLength; x++)
      row[x + 1] = tile[line * width + (Math.floor(x / scale) % width)] ?? 255;
    return row;
  });
  for (let y = 0; y < header.height; y++)
    rows.set(kinds[Math.floor(y / scale) % height] ?? [], y * rowLength);
  const file = pictureFile(header, rows, input.subarray(HEAD, HEAD + 48));
  return file.length > MAX_INPUT ? input : file;
}

/** Dark and bright squares, `#` is dark. */
const tile = (lines: readonly string[]): number[] =>
  lines.flatMap((line) => [...line].map((sign) => (sign === "#" ? 0 : 255)));

const CORNER = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
/** What has much in it that looks like the corner of a code: corners at distances, stripes, a grid, noise. */
const TILES: readonly (readonly string[])[] = [
  ...[1, 2, 4, 7, 14].map((gap) => [
    ...CORNER.map((line) => line + ".".repeat(gap)),
    ...Array.from({ length: gap }, () => ".".repeat(7 + gap)),
  ]),
  ["#.###.#."],
  [..."#.###.#."].map((sign) => (sign === "#" ? "########" : "#.###.#.")),
  Array.from({ length: 37 }, (_, y) =>
    Array.from({ length: 37 }, (_, x) => (((x * 7 + y * 13) ^ (x * y)) % 3 ? "#" : ".")).join(""),
  ),
];

const inputOf = (which: number, filter: number, zoom: number, lines: readonly string[]): Uint8Array =>
  Uint8Array.of(which, filter, zoom, lines[0]?.length ?? 0, ...tile(lines));

/** Pictures whose checksums are mended after mutation, so that what lies behind them is reached. */
export const pictureContentTarget: FuzzTarget = {
  name: "pictures under their checksums",
  weight: 2,
  limitMs: PICTURE_LIMIT_MS,
  corpus: () => TILES.map((lines, i) => inputOf(i, i, 0, lines)),
  extremes: () =>
    TILES.flatMap((lines) =>
      [0, 1, 2].flatMap((which) => [0, 2].map((zoom) => inputOf(0x80 | which, which, zoom, lines))),
    ),
  prepare: tiled,
  run: (input) => readQrPng(input),
};
