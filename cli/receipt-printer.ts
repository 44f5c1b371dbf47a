import { constants } from "node:fs";
import { open } from "node:fs/promises";
import ReceiptPrinterEncoder from "@point-of-sale/receipt-printer-encoder";
import { FileError, systemReason } from "../common/index.js";
import { InputError } from "./error-report.js";

/** How a receipt printer takes text. */
export interface PrinterForm {
  /** Characters of a line. */
  readonly columns: number;
  /** Such as `cp858`; undefined: each character on a page that has it, by the numbers of Epson's printers. */
  readonly codePage?: string | undefined;
}

type CodePage = Parameters<ReceiptPrinterEncoder["codepage"]>[0];

/**
 * Lines as bytes for a printer that knows ESC/POS, cut off at the end. Characters that no page has become `?`, and so
 * do those that a page has where controls are (an arrow to the left is ESC), since foreign text stands in a receipt.
 * @param lines without controls: see `visible`
 * @throws InputError for a page that the encoder does not know
 */
export function printerBytes(
  lines: readonly string[],
  { columns, codePage = "auto" }: PrinterForm,
): Uint8Array {
  const encoder = newEncoder(columns);
  try {
    encoder.initialize().codepage(codePage as CodePage);
  } catch (cause) {
    throw new InputError(
      `--code-page: need one such as cp858 or windows1252, have "${codePage.slice(0, 32)}"`,
      {
        cause,
        hint: "The printer's self-test prints the pages that it has.",
      },
    );
  }
  const safe = (line: string) =>
    plainSigns(line).replace(/[^\x20-\x7e]/gu, (one) => (isText(one, codePage) ? one : "?"));
  for (const line of lines) encoder.line(safe(line));
  return encoder.cut("partial").encode();
}

const newEncoder = (columns: number) =>
  new ReceiptPrinterEncoder({ language: "esc-pos", columns, newline: "\n", feedBeforeCut: 4 });

/** Spaces and apostrophes of our texts, which few pages have, as every page has them. */
const plainSigns = (line: string): string => line.replace(/[\u00a0\u202f]/g, " ").replaceAll("\u2019", "'");

const ESC = 0x1b;
/** ESC t n turns to another page, ESC M n chooses the font. */
const OWN_COMMANDS: readonly (number | undefined)[] = [0x74, 0x4d];
const known = new Map<string, boolean>();

/** Whether a character is printed: none of its bytes on the page is a control. */
function isText(character: string, codePage: string): boolean {
  const key = `${codePage} ${character}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const encoder = newEncoder(32).codepage(codePage as CodePage);
  const is = hasNoControls(encoder.line(character).encode().subarray(0, -1));
  known.set(key, is);
  return is;
}

function hasNoControls(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === ESC && OWN_COMMANDS.includes(bytes[at + 1])) at += 2;
    else if (byte < 0x20 || byte === 0x7f) return false;
  }
  return true;
}

/**
 * Sends bytes to a printer: to its device, such as /dev/usb/lp0, or behind what a file has, for a spooler.
 * @throws FileError
 */
export async function sendToPrinter(path: string, bytes: Uint8Array): Promise<void> {
  // A pipe that nobody reads is refused instead of waited for.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
  try {
    const file = await open(path, flags, 0o600);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new FileError(path, `the printer cannot be written to (${systemReason(cause)})`, { cause });
  }
}
