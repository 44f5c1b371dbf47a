import type { Command } from "commander";
import { type CsvForm, parsePrice } from "../common/index.js";
import { InputError } from "./error-report.js";

/** Options of commands that write CSV. */
export interface CsvOptions {
  readonly separator?: string;
  readonly bom?: boolean;
  readonly fiatRate?: string;
}

const SEPARATORS: Readonly<Record<string, NonNullable<CsvForm["separator"]>>> = {
  comma: ",",
  ",": ",",
  semicolon: ";",
  ";": ";",
  tab: "\t",
  "\t": "\t",
};

/** Adds the options of {@link CsvOptions} to a command. @param priced with amounts that have no currency of their own */
export function csvOptions(command: Command, { priced = false } = {}): Command {
  command
    .option(
      "--separator <character>",
      "between the fields of the CSV: comma, semicolon (decimals then have a comma) or tab",
      "comma",
    )
    .option("--bom", "begin the CSV with a byte order mark, so that a spreadsheet knows its encoding");
  return priced
    ? command.option(
        "--fiat-rate <price>",
        "price of one bitcoin, such as 61500eur: amounts in that currency too",
      )
    : command;
}

/**
 * @param timeZone of local times; @param currency of a rate that names none
 * @throws InputError; ParseError
 */
export function csvForm(
  { separator = "comma", bom = false, fiatRate }: CsvOptions,
  timeZone: string,
  currency = "",
): CsvForm {
  const found = SEPARATORS[separator.toLowerCase()];
  if (found === undefined)
    throw new InputError(`--separator: need comma, semicolon or tab, have "${separator.slice(0, 20)}"`);
  return {
    separator: found,
    bom,
    timeZone,
    ...(fiatRate === undefined
      ? {}
      : { price: parsePrice(/[a-z]$/i.test(fiatRate) ? fiatRate : fiatRate + currency, "--fiat-rate") }),
  };
}

/** Where this machine is. */
export const systemTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
