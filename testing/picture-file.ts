import { crc32, deflateSync } from "node:zlib";

/** What the header of a PNG file says. */
export interface PictureHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly depth: number;
  /** 0 grey, 2 colours, 3 palette, 4 grey and alpha, 6 colours and alpha. */
  readonly colourType: number;
}

function chunk(name: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length);
  out.write(name, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** Bytes that the rows of a picture must have, each with the byte that names its filter. */
export const rowsLength = ({ width, height, depth, colourType }: PictureHeader): number =>
  height * (1 + Math.ceil((width * depth * ([1, 0, 3, 1, 2, 0, 4][colourType] ?? 0)) / 8));

/**
 * A PNG file whose checksums are right, whatever it says.
 * @param rows each behind the byte that names its filter; @param transparent content of the chunk tRNS
 */
export function pictureFile(
  header: PictureHeader,
  rows: Uint8Array,
  palette?: Uint8Array,
  transparent?: Uint8Array,
): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(header.width);
  head.writeUInt32BE(header.height, 4);
  head.set([header.depth, header.colourType], 8);
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Uint8Array.from(
    Buffer.concat([
      signature,
      chunk("IHDR", head),
      ...(palette ? [chunk("PLTE", palette)] : []),
      ...(transparent ? [chunk("tRNS", transparent)] : []),
      chunk("IDAT", deflateSync(rows, { level: 1 })),
      chunk("IEND", new Uint8Array(0)),
    ]),
  );
}
