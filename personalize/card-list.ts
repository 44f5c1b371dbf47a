import {
  decodeCsv,
  MAX_SHOWN_MISTAKES,
  type Msat,
  mistakes,
  ParseError,
  parseAmount,
  readBoundedFile,
  readCsvRows,
  visible,
} from "../common/index.js";

/** A card that a batch shall make. */
export interface CardOrder {
  /** Printed on the card; unique in its batch. 1..32 printable characters. */
  readonly number: string;
  /** 0..64 characters; empty: no holder. */
  readonly holder: string;
  /** Instead of the profile's credit. */
  readonly credit?: Msat;
}

const MAX_CARDS = 100_000;
const MAX_NUMBER = 32;
const MAX_HOLDER = 64;
const COLUMNS = ["number", "holder", "credit"] as const;
type Column = (typeof COLUMNS)[number];

/** Cards with running numbers: `A-0001`, `A-0002` ... @throws ParseError */
export function numberedCards(count: number, prefix = ""): CardOrder[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_CARDS)
    throw new ParseError("count", `need 1 to ${MAX_CARDS} cards, have ${count}`);
  const width = Math.max(4, String(count).length);
  if (prefix.length + width > MAX_NUMBER || !isPrintable(prefix))
    throw new ParseError("prefix", `need at most ${MAX_NUMBER - width} printable characters`);
  return Array.from({ length: count }, (_, index) => ({
    number: `${prefix}${String(index + 1).padStart(width, "0")}`,
    holder: "",
  }));
}

/** Of the file, in bytes: more than 100,000 cards with the longest names take. */
const MAX_LENGTH = 32 * 1024 * 1024;

/** The cards of a file. @throws ParseError with the first mistakes; FileError */
export const readCardList = (path: string): CardOrder[] =>
  parseCardList(decodeCsv(readBoundedFile(path, MAX_LENGTH), path), path);

/**
 * Reads a list of cards: CSV as spreadsheets write it, first line the names of the columns, `number` and optionally
 * `holder` and `credit`. The first malformed or doubled lines are reported, all in one error. Names are composed
 * characters (NFC) from here on: the same name in two forms is one.
 * @param path of the file, for errors
 * @throws ParseError
 */
export function parseCardList(text: string, path: string): CardOrder[] {
  const problems = new Problems();
  const seen = new Map<string, number>();
  const orders: CardOrder[] = [];
  let columns: Column[] | undefined;
  for (const { line, fields } of readCsvRows(text)) {
    if (!fields) {
      problems.add(line, "a quotation mark is not closed or stands inside a field");
      columns ??= [];
    } else if (!columns) columns = readHead(fields, line, problems);
    else if (columns.length > 0) {
      if (orders.length === MAX_CARDS) {
        problems.add(line, `need at most ${MAX_CARDS} cards`);
        break;
      }
      const order = readOrder(fields, columns, line, seen, problems);
      if (order) orders.push(order);
    }
  }
  if (!columns) problems.add(1, "need the names of the columns: number,holder,credit");
  if (problems.count === 0 && orders.length === 0) problems.add(2, "need at least one card");
  if (problems.count === 0) return orders;
  throw mistakes(path, problems.first, "Correct these lines; no card was touched.", problems.count);
}

/** The first mistakes of a file, and how many there are. */
class Problems {
  readonly first: string[] = [];
  count = 0;

  add(line: number, text: string): void {
    this.count++;
    if (this.first.length < MAX_SHOWN_MISTAKES) this.first.push(`line ${line}: ${text}`);
  }
}

function readOrder(
  fields: readonly string[],
  columns: readonly Column[],
  line: number,
  seen: Map<string, number>,
  problems: Problems,
): CardOrder | undefined {
  if (fields.length !== columns.length) {
    problems.add(line, `need ${columns.length} fields, have ${fields.length}`);
    return undefined;
  }
  const value = (column: Column) => fields[columns.indexOf(column)]?.trim() ?? "";
  const [number, holder] = [shortName(value("number")), shortName(value("holder"))];
  const before = seen.get(number);
  if (number.length === 0 || number.length > MAX_NUMBER || !isPrintable(number))
    problems.add(
      line,
      `number: need 1 to ${MAX_NUMBER} printable characters, have ${value("number").length}`,
    );
  else if (before !== undefined) problems.add(line, `number ${number} stands in line ${before} already`);
  else seen.set(number, line);
  if (holder.length > MAX_HOLDER || !isPrintable(holder))
    problems.add(
      line,
      `holder: need at most ${MAX_HOLDER} printable characters, have ${value("holder").length}`,
    );
  const credit = readCredit(value("credit"), line, problems);
  return { number, holder, ...(credit === undefined ? {} : { credit }) };
}

/** In composed characters. What is far too long is not worth composing. */
const shortName = (text: string): string => text.slice(0, 4 * MAX_HOLDER + 1).normalize("NFC");

/** A printed number or a name is one line, and all of it is seen. */
const isPrintable = (text: string): boolean => visible(text) === text;

function readHead(fields: readonly string[], line: number, problems: Problems): Column[] {
  const names = fields.map((field) => field.trim().slice(0, MAX_NUMBER).toLowerCase());
  const unknown = names.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  const found: string[] = [];
  if (unknown.length)
    found.push(
      `unknown column ${unknown
        .slice(0, 5)
        .map((name) => `"${visible(name)}"`)
        .join(", ")}`,
    );
  if (new Set(names).size !== names.length) found.push("a column stands twice");
  if (!names.includes("number")) found.push("the column number is missing");
  for (const text of found) problems.add(line, text);
  return found.length ? [] : (names as Column[]);
}

function readCredit(text: string, line: number, problems: Problems): Msat | undefined {
  if (text === "") return undefined;
  try {
    return parseAmount(text.slice(0, MAX_HOLDER), "credit");
  } catch (error) {
    problems.add(line, error instanceof Error ? visible(error.message) : "credit");
    return undefined;
  }
}
