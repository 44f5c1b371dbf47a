import QRCode, { type QRCodeRenderersOptions } from "qrcode";
import { ValueError } from "./errors.js";

/** How much of the picture may be unreadable: 7, 15, 25 or 30 %. */
export type QrErrorCorrection = "L" | "M" | "Q" | "H";

export interface QrOptions {
  /** Default `M`, and `L` where the text does not fit otherwise. */
  readonly errorCorrection?: QrErrorCorrection;
  /** Pixels a module. Default 8. */
  readonly scale?: number;
  /** Modules of white around the code. Default 4, what the standard asks for. */
  readonly margin?: number;
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

function settings(text: string, options: QrOptions): QRCodeRenderersOptions {
  const unit = ALPHANUMERIC.test(text) ? "characters" : "bytes";
  const size = unit === "bytes" ? Buffer.byteLength(text) : text.length;
  const { L, M } = CAPACITY[unit];
  if (size === 0 || size > L) throw new ValueError("qr", `need 1 to ${L} ${unit}, have ${size}`);
  const errorCorrectionLevel = options.errorCorrection ?? (size > M ? "L" : "M");
  return { errorCorrectionLevel, margin: options.margin ?? 4, scale: options.scale ?? 8 };
}

/** `qrcode` reports a text that does not fit the level asked for as a plain Error. */
async function drawn<T>(text: string, making: Promise<T>): Promise<T> {
  try {
    return await making;
  } catch {
    throw new ValueError("qr", `${text.length} characters do not fit with this error correction`);
  }
}

/**
 * A QR code as lines of half-block characters (UTF-8) for a terminal.
 * @throws ValueError when the text is empty or does not fit one code
 */
export async function qrTerminal(text: string, options: QrTerminalOptions = {}): Promise<string> {
  const dark = options.darkBackground ?? true;
  const color = dark ? { dark: "#ffffff", light: "#000000" } : { dark: "#000000", light: "#ffffff" };
  return drawn(text, QRCode.toString(text, { ...settings(text, options), type: "utf8", color }));
}

/** A QR code as a PNG file. @throws ValueError when the text is empty or does not fit one code */
export async function qrPng(text: string, options: QrOptions = {}): Promise<Uint8Array> {
  const png = QRCode.toBuffer(text, { ...settings(text, options), type: "png" });
  return Uint8Array.from(await drawn(text, png));
}

/** A QR code as an SVG document. @throws ValueError when the text is empty or does not fit one code */
export async function qrSvg(text: string, options: QrOptions = {}): Promise<string> {
  return drawn(text, QRCode.toString(text, { ...settings(text, options), type: "svg" }));
}
