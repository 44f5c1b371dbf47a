import { PNG } from "pngjs";
import { encodeQR } from "qr";
import { ValueError } from "./errors.js";

/** How much of the picture may be unreadable: 7, 15, 25 or 30 %. */
export type QrErrorCorrection = "L" | "M" | "Q" | "H";

export interface QrOptions {
  /** Default `M`, and `L` where the text does not fit otherwise. */
  readonly errorCorrection?: QrErrorCorrection;
  /** Pixels a module. Default 8. */
  readonly scale?: number;
}

export interface QrTerminalOptions extends QrOptions {
  /** The terminal writes bright on dark, so the white modules are the ones to draw. Default true. */
  readonly darkBackground?: boolean;
}

/** What one code holds at level L and at level M: characters of the alphanumeric set, or bytes. */
const CAPACITY = {
  characters: { L: 4296, M: 3391 },
  bytes: { L: 2953, M: 2331 },
} as const;

/** QR's alphanumeric set: hex in upper case and invoices in upper case are made of it. */
const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]*$/;

const LEVELS = { L: "low", M: "medium", Q: "quartile", H: "high" } as const;

/** Modules of white around the code: what the standard asks for. */
const MARGIN = 4;

/** Rows of modules with their margin, true is dark. @throws ValueError */
function modulesOf(text: string, { errorCorrection }: QrOptions): boolean[][] {
  const unit = ALPHANUMERIC.test(text) ? "characters" : "bytes";
  const size = unit === "bytes" ? Buffer.byteLength(text) : text.length;
  const { L, M } = CAPACITY[unit];
  if (size === 0 || size > L) throw new ValueError("qr", `need 1 to ${L} ${unit}, have ${size}`);
  const level = errorCorrection ?? (size > M ? "L" : "M");
  try {
    return encodeQR(text, "raw", { ecc: LEVELS[level], border: MARGIN });
  } catch {
    throw new ValueError("qr", `${text.length} characters do not fit with this error correction`);
  }
}

/** By the upper and the lower of two modules that share a character, whether they are painted. */
const HALF_BLOCKS = [" ", "▄", "▀", "█"];

/**
 * A QR code as lines of half-block characters (UTF-8) for a terminal.
 * @throws ValueError when the text is empty or does not fit one code
 */
export function qrTerminal(text: string, options: QrTerminalOptions = {}): string {
  const rows = modulesOf(text, options);
  const brightIsPainted = options.darkBackground ?? true;
  const painted = (dark = false) => Number(dark !== brightIsPainted);
  const lines = Array.from({ length: Math.ceil(rows.length / 2) }, (_, line) => {
    const lowers = rows[2 * line + 1] ?? [];
    return rows[2 * line]?.map((upper, x) => HALF_BLOCKS[2 * painted(upper) + painted(lowers[x])]).join("");
  });
  return lines.join("\n");
}

/** A code for a terminal, or the columns that it would need. */
export type FittingCode = { readonly code: string } | { readonly needs: number };

/**
 * A QR code for a terminal of this width: one that is torn at the edge cannot be read. The error correction is the
 * least that makes it fit. @param columns absent: no terminal, so no edge
 * @throws ValueError when the text is empty or does not fit one code
 */
export function fittingQr(text: string, columns = Number.POSITIVE_INFINITY): FittingCode {
  const options: QrOptions = modulesOf(text, {}).length > columns ? { errorCorrection: "L" } : {};
  const needs = modulesOf(text, options).length;
  return needs > columns ? { needs } : { code: qrTerminal(text, options) };
}

/** A QR code as a PNG file. @throws ValueError when the text is empty or does not fit one code */
export function qrPng(text: string, options: QrOptions = {}): Uint8Array {
  const rows = modulesOf(text, options);
  const { scale = 8 } = options;
  const side = rows.length * scale;
  const png = new PNG({ width: side, height: side });
  // One byte a pixel, grey.
  png.data = Buffer.alloc(side * side, 255);
  for (const [y, row] of rows.entries())
    for (const [x, isDark] of row.entries())
      for (let line = y * scale; isDark && line < (y + 1) * scale; line++)
        png.data.fill(0, line * side + x * scale, line * side + (x + 1) * scale);
  return Uint8Array.from(PNG.sync.write(png, { colorType: 0, inputColorType: 0 }));
}

/** A QR code as an SVG document. @throws ValueError when the text is empty or does not fit one code */
export function qrSvg(text: string, options: QrOptions = {}): string {
  const rows = modulesOf(text, options);
  const side = rows.length;
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges"><path fill="#ffffff" d="M0 0h${side}v${side}H0z"/><path fill="#000000" d="${path.join("")}"/></svg>\n`;
}
