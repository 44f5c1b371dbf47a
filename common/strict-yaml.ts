import {
  constructFromEvents,
  EVENT_ID,
  type Event,
  floatCoreTag,
  intCoreTag,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from "js-yaml";
import { ParseError } from "./errors.js";

/** In characters. The issuer's configuration with every option explained has 3,000, a policy with 1,000 payees 75,000. */
const MAX_LENGTH = 128 * 1024;
/** What a parser takes time for: of these two files the one has 300, the other 5,000. */
const MAX_SIGNS = 8192;
/** A parser that recurses without end takes the whole process with it, so this is no matter of comfort. */
const MAX_DEPTH = 16;

/**
 * Reads YAML 1.2 (JSON is YAML too) where nothing is guessed, shared or rounded: a doubled key, an anchor, an alias,
 * a tag, a directive, a second document, a number that a double does not hold or one such as 1.000 is an error.
 * @param path of the file, for errors
 * @returns strings, numbers, booleans, null, lists and plain objects; null for an empty text
 * @throws ParseError with the line; never with what the file says, which may be a password
 */
export function readStrictYaml(text: string, path: string): unknown {
  if (text.length > MAX_LENGTH)
    throw new ParseError(path, `need at most ${MAX_LENGTH} characters, have ${text.length}`);
  const signs = text.replace(/[\w \u0080-\uffff]+/g, "").length;
  if (signs > MAX_SIGNS)
    throw new ParseError(path, `need at most ${MAX_SIGNS} punctuation marks and lines, have ${signs}`);
  try {
    const events = parseEvents(text, { maxDepth: MAX_DEPTH });
    refuse(events, text, path);
    return constructFromEvents(events, { source: text, maxAliases: 0 })[0] ?? null;
  } catch (error) {
    // The library's error holds the whole text, so it is not kept as the cause.
    throw error instanceof ParseError ? error : new ParseError(path, syntaxProblem(error));
  }
}

/** What the parser says, unless it repeats a part of the text. */
function syntaxProblem(error: unknown): string {
  const problem = "neither YAML nor JSON";
  if (!(error instanceof YAMLException)) return problem;
  const where = error.mark ? `line ${error.mark.line + 1}: ` : "";
  return /["<]|: /.test(error.reason) ? `${where}${problem}` : `${where}${problem}: ${error.reason}`;
}

/** Refuses what YAML allows and a file of settings does not need. */
function refuse(events: readonly Event[], text: string, path: string): void {
  let documents = 0;
  for (const event of events) {
    const found = unwanted(event, text);
    if (found) {
      const line = text.slice(0, found.at).split(/\r\n?|\n/).length;
      throw new ParseError(path, `line ${line}: ${found.problem}`);
    }
    if (event.type === EVENT_ID.DOCUMENT && ++documents > 1)
      throw new ParseError(path, "more than one document");
  }
}

interface Unwanted {
  /** Where in the text. */
  readonly at: number;
  readonly problem: string;
}

function unwanted(event: Event, text: string): Unwanted | undefined {
  if (event.type === EVENT_ID.POP) return undefined;
  if (event.type === EVENT_ID.DOCUMENT)
    return event.directives.length ? { at: 0, problem: "directives are not allowed" } : undefined;
  if (event.anchorStart >= 0)
    return { at: event.anchorStart, problem: "anchors and aliases are not allowed" };
  if (event.type === EVENT_ID.ALIAS) return undefined;
  if (event.tagStart >= 0) return { at: event.tagStart, problem: "tags are not allowed" };
  if (event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN) {
    const { valueStart, valueEnd } = event;
    if (/^[1-9]\d{0,2}(?:\.\d{3})+$/.test(text.slice(valueStart, valueEnd)))
      return {
        at: valueStart,
        problem:
          "a point before three digits can be read in two ways: write 1000, with nothing between thousands",
      };
    if (isRounded(text.slice(valueStart, valueEnd)))
      return {
        at: valueStart,
        problem: "a number beyond 9007199254740991 would be rounded: write it in quotes",
      };
  }
  return undefined;
}

/** Whether a plain scalar is a number outside of those that a double holds: beyond 2^53 - 1, infinite, or none. */
function isRounded(plain: string): boolean {
  const values = [intCoreTag, floatCoreTag].map((tag) => tag.resolve(plain, false, tag.tagName));
  return values.some((value) => typeof value === "number" && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER));
}
