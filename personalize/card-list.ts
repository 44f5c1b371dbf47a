import { type Msat, mistakes, ParseError, parseAmount } from "../common/index.js";

/** A card that a batch shall make. */
export interface CardOrder {
  /** Printed on the card; unique in its batch. 1..32 printable characters. */
  readonly number: string;
  /** 0..64 characters; empty: nobody in particular. */
  readonly holder: string;
  /** Instead of the profile's credit. */
  readonly credit?: Msat;
}

const MAX_CARDS = 100_000;
const MAX_NUMBER = 32;
const MAX_HOLDER = 64;
const COLUMNS = ["number", "holder", "credit"] as const;
type Column = (typeof COLUMNS)[number];

/** What is wrong in which line. */
interface Problem {
  readonly line: number;
  readonly text: string;
}

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

/**
 * Reads a list of cards: comma-separated, first line the names of the columns, `number` and optionally `holder` and
 * `credit`. Every malformed or doubled line is reported, all in one error.
 * @param path of the file, for errors
 * @throws ParseError
 */
export function parseCardList(text: string, path: string): CardOrder[] {
  const problems: Problem[] = [];
  const rows = readRows(text.replace(/^\uFEFF/, ""), problems);
  const [head, ...body] = rows;
  const columns = head ? readHead(head.fields, problems) : [];
  if (!head) problems.push({ line: 1, text: "need the names of the columns: number,holder,credit" });
  const seen = new Map<string, number>();
  const orders: CardOrder[] = [];
  for (const { line, fields } of columns.length ? body : []) {
    if (fields.length !== columns.length) {
      problems.push({ line, text: `need ${columns.length} fields, have ${fields.length}` });
      continue;
    }
    const value = (column: Column) => fields[columns.indexOf(column)]?.trim() ?? "";
    const number = value("number");
    const holder = value("holder");
    const before = seen.get(number);
    if (number.length === 0 || number.length > MAX_NUMBER || !isPrintable(number))
      problems.push({
        line,
        text: `number: need 1 to ${MAX_NUMBER} printable characters, have ${number.length}`,
      });
    else if (before !== undefined)
      problems.push({ line, text: `number ${number} stands in line ${before} already` });
    else seen.set(number, line);
    if (holder.length > MAX_HOLDER || !isPrintable(holder))
      problems.push({
        line,
        text: `holder: need at most ${MAX_HOLDER} printable characters, have ${holder.length}`,
      });
    const credit = readCredit(value("credit"), line, problems);
    orders.push({ number, holder, ...(credit === undefined ? {} : { credit }) });
  }
  if (problems.length === 0 && orders.length === 0)
    problems.push({ line: 2, text: "need at least one card" });
  if (orders.length > MAX_CARDS)
    problems.push({ line: MAX_CARDS + 2, text: `need at most ${MAX_CARDS} cards, have ${orders.length}` });
  if (problems.length === 0) return orders;
  const list = problems
    .sort((a, b) => a.line - b.line)
    .map(({ line, text: problem }) => `line ${line}: ${problem}`);
  throw mistakes(path, list, "Correct these lines; no card was touched.");
}

/** No control characters: a printed number or a name is one line. */
const isPrintable = (text: string): boolean => !/\p{C}/u.test(text);

function readHead(fields: readonly string[], problems: Problem[]): Column[] {
  const names = fields.map((field) => field.trim().toLowerCase());
  const unknown = names.filter((name) => !(COLUMNS as readonly string[]).includes(name));
  const found: string[] = [];
  if (unknown.length) found.push(`unknown column ${unknown.map((name) => `"${name}"`).join(", ")}`);
  if (new Set(names).size !== names.length) found.push("a column stands twice");
  if (!names.includes("number")) found.push("the column number is missing");
  for (const text of found) problems.push({ line: 1, text });
  return found.length ? [] : (names as Column[]);
}

function readCredit(text: string, line: number, problems: Problem[]): Msat | undefined {
  if (text === "") return undefined;
  try {
    return parseAmount(text, "credit");
  } catch (error) {
    problems.push({ line, text: error instanceof Error ? error.message : "credit" });
    return undefined;
  }
}

/** Comma-separated values (RFC 4180) on one line each; empty lines are skipped. */
function readRows(text: string, problems: Problem[]): { line: number; fields: string[] }[] {
  const rows: { line: number; fields: string[] }[] = [];
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === "") continue;
    const fields = splitRow(content);
    if (fields) rows.push({ line: index + 1, fields });
    else problems.push({ line: index + 1, text: "a quotation mark is not closed or stands inside a field" });
  }
  return rows;
}

function splitRow(content: string): string[] | undefined {
  const fields: string[] = [];
  let rest = content;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(,|$)/.exec(rest);
    const plain = /^([^",]*)(,|$)/.exec(rest);
    const found = quoted ?? plain;
    if (!found) return undefined;
    fields.push(quoted ? (found[1] ?? "").replaceAll('""', '"') : (found[1] ?? ""));
    if (found[2] !== ",") return fields;
    rest = rest.slice(found[0].length);
  }
}
