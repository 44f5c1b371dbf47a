import { EVENT_ID, type Event, getScalarValue, parseEvents } from "js-yaml";
import { mistakeText, type SchemaMistake } from "./schema-mistakes.js";

/** An open list or map: how many entries it has had, and the key whose value comes next. */
interface Open {
  readonly isMap: boolean;
  entries: number;
  key: string | undefined;
}

/**
 * Where the fields of a YAML text stand.
 * @returns the line of a field, from 1; of the nearest field around it where it is missing
 */
export function yamlLines(text: string): (path: readonly (string | number)[]) => number | undefined {
  const lines = new Map<string, number>();
  const stack: Open[] = [];
  const names: string[] = [];
  let seen = 0;
  let line = 1;
  const note = (at: number) => {
    // Events come in the order of the text; a value that is not there has no place.
    if (at > seen) {
      line += text.slice(seen, at).split(/\r\n?|\n/).length - 1;
      seen = at;
    }
    const path = names.join("\0");
    if (!lines.has(path)) lines.set(path, line);
  };
  /** A node begins: it is a key, the value of one, an entry, or the whole. @returns false for a key */
  const begin = (at: number, scalar: string | undefined): boolean => {
    const parent = stack.at(-1);
    if (!parent) {
      note(at);
      return true;
    }
    if (parent.isMap && parent.key === undefined) {
      parent.key = scalar ?? "";
      names.push(parent.key);
      note(at);
      return false;
    }
    if (!parent.isMap) {
      names.push(String(parent.entries++));
      note(at);
    }
    return true;
  };
  const end = () => {
    const parent = stack.at(-1);
    if (!parent) return;
    names.pop();
    parent.key = undefined;
  };
  for (const event of parseEvents(text, {}) as readonly Event[]) {
    if (event.type === EVENT_ID.POP) {
      if (stack.pop()) end();
    } else if (event.type === EVENT_ID.SCALAR) {
      if (begin(event.valueStart, getScalarValue(text, event))) end();
    } else if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      begin(event.start, undefined);
      stack.push({ isMap: event.type === EVENT_ID.MAPPING, entries: 0, key: undefined });
    }
  }
  return (path) => {
    for (let length = path.length; length >= 0; length--) {
      const line = lines.get(path.slice(0, length).join("\0"));
      if (line !== undefined) return line;
    }
    return undefined;
  };
}

/** Mistakes of a YAML file as `line 7: limits/credit: need text, have a number`, in the order of the lines. */
export function yamlMistakes(list: readonly SchemaMistake[], text: string, root: string): string[] {
  const lineOf = yamlLines(text);
  return list
    .map((mistake) => ({ line: lineOf(mistake.path) ?? 1, mistake }))
    .sort((a, b) => a.line - b.line)
    .map(({ line, mistake }) => `line ${line}: ${mistakeText(mistake, root)}`);
}
