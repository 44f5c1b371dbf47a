import { ParseError } from "./errors.js";
import { decodeUtf8, utf16Of } from "./read-file.js";

/** A line of a CSV file that is not empty. */
export interface CsvRow {
  /** 1 for the first. */
  readonly line: number;
  /** Undefined where a quotation mark is not closed or stands inside a field. */
  readonly fields: readonly string[] | undefined;
}

/** Between fields: what the line `sep=` names, else what the first line has most of. */
const SEPARATORS = [",", ";", "\t", "|"] as const;
const SEP_LINE = /^"?sep=(.)"?$/i;

/**
 * Text of a CSV file as spreadsheets write it: UTF-8 or, with a byte order mark, UTF-16.
 * @throws ParseError with the line in another encoding, and how to save it
 */
export function decodeCsv(bytes: Uint8Array, path: string): string {
  const encoding = utf16Of(bytes);
  if (encoding === undefined) return decodeUtf8(bytes, path);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new ParseError(path, "begins as UTF-16 and is not", { hint: "Save it as UTF-8." });
  }
}

/**
 * Reads CSV (RFC 4180), one row on each line, ended by CR LF, LF or CR. Separated by commas, semicolons, tabs or bars;
 * a first line `sep=;` says by which. Empty lines, lines of empty fields, and empty fields behind the last column of the
 * first row are left out. Each line is read when it is asked for, so that a reader that has enough stops.
 */
export function* readCsvRows(text: string): Generator<CsvRow> {
  let separator: string | undefined;
  let columns = 0;
  for (const { line, content } of linesOf(text)) {
    const named = line === 1 ? SEP_LINE.exec(content)?.[1] : undefined;
    if (named !== undefined) separator = named;
    if (named !== undefined || content.trim() === "") continue;
    separator ??= likeliest(content);
    const fields = splitRow(content, separator);
    if (fields?.every((field) => field.trim() === "")) continue;
    while (fields && fields.length > columns && fields.at(-1)?.trim() === "") fields.pop();
    if (fields && columns === 0) columns = fields.length;
    yield { line, fields };
  }
}

function* linesOf(text: string): Generator<{ line: number; content: string }> {
  const end = /\r\n|\n|\r/g;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let line = 1; ; line++) {
    end.lastIndex = start;
    const found = end.exec(text);
    yield { line, content: text.slice(start, found?.index) };
    if (!found) return;
    start = end.lastIndex;
  }
}

/** A field may hold a separator in quotation marks; the first line has the names of columns, which do not. */
function likeliest(line: string): string {
  const times = (separator: string) => line.split(separator).length;
  return SEPARATORS.reduce<string>((best, one) => (times(one) > times(best) ? one : best), ",");
}

function splitRow(content: string, separator: string): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    const quote = /\S/.exec(content.slice(at, at + 64))?.[0] === '"' && content.indexOf('"', at);
    let end: number;
    if (typeof quote === "number") {
      const [text, next] = readQuoted(content, quote + 1);
      if (text === undefined) return undefined;
      fields.push(text);
      end = content.indexOf(separator, next);
      if (content.slice(next, end < 0 ? undefined : end).trim() !== "") return undefined;
    } else {
      end = content.indexOf(separator, at);
      const text = content.slice(at, end < 0 ? undefined : end);
      if (text.includes('"')) return undefined;
      fields.push(text);
    }
    if (end < 0) return fields;
    at = end;
  }
}

/** @returns the text up to the closing quotation mark and where it ends; undefined when it is not closed */
function readQuoted(content: string, start: number): [text: string | undefined, next: number] {
  for (let at = content.indexOf('"', start); at >= 0; at = content.indexOf('"', at + 2))
    if (content[at + 1] !== '"') return [content.slice(start, at).replaceAll('""', '"'), at + 1];
  return [undefined, content.length];
}
