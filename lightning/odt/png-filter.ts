/** Which bytes of a row are read: one of each pixel. */
export interface Samples {
  /** Byte within the pixel. */
  readonly sample: number;
  /** Bytes from a pixel to the next. */
  readonly step: number;
}

/**
 * Undoes a row's filter (PNG §9) for one sample of each pixel; the others do not take part in it.
 * @param rows all rows as they were unpacked; @param at of the byte that names the filter
 * @param above samples of the row above, zero for the first one
 * @param row gets the samples
 * @returns false when there is no such filter
 */
export function unfilterRow(
  rows: Uint8Array,
  at: number,
  { sample, step }: Samples,
  above: Uint8Array,
  row: Uint8Array,
): boolean {
  const undo = FILTERS[rows[at] ?? 0];
  undo?.(rows, at + 1 + sample, step, above, row);
  return undo !== undefined;
}

type Undo = (rows: Uint8Array, at: number, step: number, above: Uint8Array, row: Uint8Array) => void;

const none: Undo = (rows, start, step, _, row) => {
  for (let x = 0, at = start; x < row.length; x++, at += step) row[x] = rows[at] ?? 0;
};

const sub: Undo = (rows, start, step, _, row) => {
  let left = 0;
  for (let x = 0, at = start; x < row.length; x++, at += step) {
    left = (left + (rows[at] ?? 0)) & 0xff;
    row[x] = left;
  }
};

const up: Undo = (rows, start, step, above, row) => {
  for (let x = 0, at = start; x < row.length; x++, at += step) row[x] = (rows[at] ?? 0) + (above[x] ?? 0);
};

const average: Undo = (rows, start, step, above, row) => {
  let left = 0;
  for (let x = 0, at = start; x < row.length; x++, at += step) {
    left = ((rows[at] ?? 0) + ((left + (above[x] ?? 0)) >> 1)) & 0xff;
    row[x] = left;
  }
};

const absolute = (value: number): number => (value ^ (value >> 31)) - (value >> 31);

/** Predicts what is nearest to left + up - corner. Without branches: what cannot be foreseen takes them twice the time. */
const paeth: Undo = (rows, start, step, above, row) => {
  let left = 0;
  let corner = 0;
  for (let x = 0, at = start; x < row.length; x++, at += step) {
    const high = above[x] ?? 0;
    const fromLeft = absolute(high - corner);
    const fromHigh = absolute(left - corner);
    const fromCorner = absolute(high + left - 2 * corner);
    const isHigh = (fromHigh - fromLeft) >> 31;
    const nearer = left + ((high - left) & isHigh);
    const distance = fromLeft + ((fromHigh - fromLeft) & isHigh);
    const isCorner = (fromCorner - distance) >> 31;
    left = ((rows[at] ?? 0) + nearer + ((corner - nearer) & isCorner)) & 0xff;
    row[x] = left;
    corner = high;
  }
};

const FILTERS: readonly Undo[] = [none, sub, up, average, paeth];
