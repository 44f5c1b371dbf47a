import type { Command } from "commander";
import { ChequecardError, type Msat } from "../common/index.js";
import { SENTENCES } from "../common/languages/spoken.js";
import { type Receipt, receiptLines } from "../host/terminal/receipt.js";
import type { CommandContext } from "./command-context.js";
import { systemTimeZone } from "./csv-options.js";
import { InputError } from "./error-report.js";

/** Characters of a line, by the width of the paper in millimetres. */
const COLUMNS: Readonly<Record<string, number>> = { "58": 32, "80": 48 };

/** Options of commands that show receipts; `terminal.yaml` has them too. */
export interface ReceiptOptions {
  readonly place: string;
  readonly printer?: string;
  readonly paper?: string;
  readonly codePage?: string;
}

/** Adds the options of {@link ReceiptOptions} to a command, but for the place. */
export const receiptOptions = (command: Command): Command =>
  command
    .option(
      "--printer <file>",
      "print receipts too, as ESC/POS: device of the printer, such as /dev/usb/lp0, or a file",
    )
    .option("--paper <mm>", "width of the paper: 58 (32 characters, the default) or 80 (48)")
    .option(
      "--code-page <name>",
      "of the printer, such as cp858; default: whichever has the character, as Epson numbers them",
    );

/** @throws InputError */
export function columnsOf({ paper = "58" }: Pick<ReceiptOptions, "paper">): number {
  const columns = COLUMNS[paper.replace(/\s*mm$/, "")];
  if (columns === undefined) throw new InputError(`--paper: need 58 or 80, have "${paper.slice(0, 20)}"`);
  return columns;
}

/** A receipt in local time, for the width of the paper. @throws InputError */
export const receiptText = (receipt: Receipt, options: ReceiptOptions, left?: Msat): string[] =>
  receiptLines(receipt, options.place, { columns: columnsOf(options), timeZone: systemTimeZone(), left });

/**
 * Sends lines to the printer where there is one. A printer that cannot be written to keeps nothing from being sold.
 * @returns whether they were sent
 */
export async function print(
  context: CommandContext,
  lines: readonly string[],
  { printer, codePage, ...options }: ReceiptOptions,
): Promise<boolean> {
  if (printer === undefined) return false;
  const { printerBytes, sendToPrinter } = await import("./receipt-printer.js");
  try {
    await sendToPrinter(printer, printerBytes(lines, { columns: columnsOf(options), codePage }));
    return true;
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    context.note(SENTENCES.receipt.notPrinted(error.message));
    return false;
  }
}
