import { localTime } from "./local-time.js";
import { msatIn, type Price } from "./price.js";

/** What a spreadsheet runs as a formula: a leading sign, also a full-width one, and after white space. */
const FORMULA = /^(\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

/** How a CSV is written, and for whom. */
export interface CsvForm {
  /** Between fields; default a comma. With a semicolon decimals have a comma, as spreadsheets of those countries do. */
  readonly separator?: "," | ";" | "\t";
  /** Begin with a byte order mark, by which spreadsheets know UTF-8. */
  readonly bom?: boolean;
  /** Times get a column in this zone. */
  readonly timeZone?: string;
  /** Amounts get a column in this currency. */
  readonly price?: Price | undefined;
}

/** A field: a text, a number, or a decimal number that is written as the form wants it. */
export type CsvField = string | bigint | { readonly decimal: string };

/** A column: its name, which ends in `_msat` for amounts; `time` for one of ISO 8601 in UTC. */
export type CsvColumn = string | { readonly time: string };

/**
 * A CSV text (RFC 4180) with a head, lines ended by CR LF. A column of msat is followed by the same in sat, and in the
 * form's currency; one of times by local time. A text that a spreadsheet would run as a formula gets an apostrophe
 * before it; numbers are left as they are.
 */
export function csvText(
  columns: readonly CsvColumn[],
  rows: readonly (readonly CsvField[])[],
  form: CsvForm = {},
): string {
  const { separator = "," } = form;
  const quoted = new RegExp(`["\r\n${separator}]`);
  const line = (fields: readonly CsvField[]): string =>
    fields.map((field) => written(field, separator, quoted)).join(separator);
  const lines = [
    columns.flatMap((column) => namesOf(column, form)),
    ...rows.map((fields) => fields.flatMap((field, at) => withOthers(field, columns[at] ?? "", form))),
  ];
  return `${form.bom ? "\ufeff" : ""}${lines.map(line).join("\r\n")}\r\n`;
}

function namesOf(column: CsvColumn, { price, timeZone }: CsvForm): string[] {
  if (typeof column !== "string")
    return timeZone === undefined ? [column.time] : [column.time, `${column.time}_local`];
  if (!column.endsWith("_msat")) return [column];
  const name = column.slice(0, -"_msat".length);
  return [column, `${name}_sat`, ...(price ? [`${name}_${price.currency.toLowerCase()}`] : [])];
}

/** A field with what its column has beside it. */
function withOthers(field: CsvField, column: CsvColumn, { price, timeZone }: CsvForm): CsvField[] {
  if (typeof column !== "string")
    return timeZone === undefined ? [field] : [field, localTime(String(field), timeZone)];
  if (!column.endsWith("_msat")) return [field];
  if (typeof field !== "bigint") return price ? [field, "", ""] : [field, ""];
  return [field, { decimal: inSat(field) }, ...(price ? [{ decimal: msatIn(field, price) }] : [])];
}

/** `12.345` for 12345 msat. */
function inSat(amount: bigint): string {
  if (amount < 0n) return `-${inSat(-amount)}`;
  const rest = (amount % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${amount / 1000n}${rest === "" ? "" : `.${rest}`}`;
}

function written(field: CsvField, separator: string, quoted: RegExp): string {
  if (typeof field === "bigint") return field.toString();
  if (typeof field !== "string") return separator === ";" ? field.decimal.replace(".", ",") : field.decimal;
  const safe = FORMULA.test(field) ? `'${field}` : field;
  return quoted.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
