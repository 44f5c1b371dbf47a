import type { z } from "zod";
import { similarTo } from "./similar.js";
import { visible } from "./visible.js";

/** A mistake in what was read: where, and in words. */
export interface SchemaMistake {
  /** Names of fields and places in lists, from the outside in. */
  readonly path: readonly (string | number)[];
  /** What is needed and what is there. A value never stands in it: it may be a secret. */
  readonly problem: string;
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;
type Path = readonly (string | number)[];

/** Sentences that a schema has of its own begin otherwise. */
const VALIDATORS_OWN = /^(Invalid|Too (small|big)|Unrecognized|Expected|Required)\b/;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  bigint: "a number",
  object: "fields",
  record: "fields",
  array: "a list",
  tuple: "a list",
  null: "nothing",
};
const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

const kindOf = (value: unknown): string =>
  value === undefined || value === null
    ? "nothing"
    : (KINDS[Array.isArray(value) ? "array" : typeof value] ?? "something else");

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[name] : undefined,
    value,
  );
}

interface Definition {
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly innerType?: Schema;
  readonly in?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly options?: readonly Schema[];
}

/** Names of the fields that a schema knows at a place. */
function fieldsAt(schema: Schema | undefined, path: Path): string[] {
  if (!schema) return [];
  const definition = schema._zod.def as Definition;
  const inner = definition.innerType ?? definition.in;
  if (inner) return fieldsAt(inner, path);
  if (definition.options) return definition.options.flatMap((option) => fieldsAt(option, path));
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(definition.shape ?? {});
  return fieldsAt(definition.shape?.[first] ?? definition.element ?? definition.valueType, rest);
}

const meant = (text: string, known: readonly string[]): string => {
  const found = similarTo(text, known);
  return found === undefined ? "" : `; did you mean ${found}?`;
};

function sizeProblem(issue: Issue & { code: "too_small" | "too_big" }): string {
  const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const word = issue.code === "too_small" ? "at least" : "at most";
  const [one, many] = UNITS[issue.origin] ?? ["", ""];
  return `need ${word} ${bound} ${Number(bound) === 1 ? one : many}`.trimEnd();
}

/** Of the alternatives of a union, the mistakes of the one that comes nearest. */
function nearest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) =>
    Math.max(...issues.map(({ path, code }) => path.length + (code === "custom" ? 1 : 0)));
  return alternatives
    .filter((issues) => issues.length > 0 && depth(issues) > 0)
    .sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

function wanted(issue: Issue): string[] {
  if (issue.code === "invalid_value") return issue.values.map(String);
  return issue.code === "invalid_type" ? [KINDS[issue.expected] ?? issue.expected] : [];
}

function explain(issue: Issue, schema: Schema | undefined, whole: unknown, base: Path): SchemaMistake[] {
  const path: Path = [...base, ...issue.path.map((name) => (typeof name === "number" ? name : String(name)))];
  const value = valueAt(whole, path);
  const one = (problem: string): SchemaMistake[] => [{ path, problem }];
  if (!VALIDATORS_OWN.test(issue.message)) return one(issue.message);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        problem: `unknown field${meant(key, fieldsAt(schema, path))}`,
      }));
    case "invalid_type":
      return one(
        value === undefined
          ? `missing, need ${wanted(issue).join()}`
          : `need ${wanted(issue).join()}, have ${kindOf(value)}`,
      );
    case "invalid_value": {
      const known = wanted(issue);
      const needed = `need ${known.join(" or ")}`;
      if (value === undefined) return one(`missing, ${needed}`);
      return one(needed + (typeof value === "string" ? meant(value, known) : `, have ${kindOf(value)}`));
    }
    case "too_small":
    case "too_big":
      return one(sizeProblem(issue));
    case "invalid_union": {
      const found = value === undefined ? undefined : nearest(issue.errors);
      if (found) return found.flatMap((inner) => explain(inner, schema, whole, path));
      const all = [...new Set(issue.errors.flat().flatMap(wanted))].join(" or ");
      return one(value === undefined ? `missing, need ${all}` : `need ${all}, have ${kindOf(value)}`);
    }
    default:
      return one("not in the form that is needed");
  }
}

/**
 * What a schema has against a value, in sentences of ours: never the validator's own words, never a value.
 * @param schema knows the names that a mistyped field may have meant
 */
export const schemaMistakes = (error: z.core.$ZodError, schema: Schema, value: unknown): SchemaMistake[] =>
  error.issues.flatMap((issue) => explain(issue, schema, value, []));

/** `limits/credit: missing, need text`. @param root stands for the whole where a mistake has no field */
export const mistakeText = ({ path, problem }: SchemaMistake, root: string): string =>
  `${visible(path.map((name) => String(name).slice(0, 64)).join("/")) || root}: ${problem}`;
