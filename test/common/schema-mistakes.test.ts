import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { mistakeText, schemaMistakes, similarTo, yamlLines, yamlMistakes } from "../../common/index.js";

const schema = z.strictObject({
  name: z.string().min(1).max(3),
  pin: z.enum(["none", "random"]),
  credit: z.union([z.literal("none"), z.string().refine((text) => text.endsWith("sat"), "need an amount")]),
  limits: z.strictObject({ "max-per-transaction": z.int().min(4).optional() }).optional(),
  database: z.union([z.strictObject({ sqlite: z.string() }), z.strictObject({ postgres: z.string() })]),
  places: z
    .array(z.strictObject({ port: z.int().max(65_535) }))
    .max(2)
    .default([]),
  open: z.boolean().default(false),
});

/** A file and what is said of it. */
const CASES: readonly (readonly [what: string, text: string, sentences: readonly string[]])[] = [
  [
    "missing fields",
    "name: ab\n",
    [
      "line 1: pin: missing, need none or random",
      "line 1: credit: missing, need none or text",
      "line 1: database: missing, need fields",
    ],
  ],
  [
    "kinds, names and sizes, in the order of the lines",
    `# a comment
name: abcdef
pin: randm
credit: 5000
limits:
  max-per-transacton: 5
  max-per-transaction: 2
database: { sqlit: x }
places: [{ port: 99999 }, { port: "1" }]
open: maybe
opne: true
`,
    [
      "line 2: name: need at most 3 characters",
      "line 3: pin: need none or random; did you mean random?",
      "line 4: credit: need none or text, have a number",
      "line 6: limits/max-per-transacton: unknown field; did you mean max-per-transaction?",
      "line 7: limits/max-per-transaction: need at least 4",
      "line 8: database/sqlite: missing, need text",
      "line 8: database/sqlit: unknown field; did you mean sqlite?",
      "line 9: places/0/port: need at most 65535",
      "line 9: places/1/port: need a number, have text",
      "line 10: open: need true or false, have text",
      "line 11: opne: unknown field; did you mean open?",
    ],
  ],
  [
    "sentences that the schema has of its own",
    "name: ab\npin: none\ncredit: 5btc\ndatabase: { sqlite: x }\n",
    ["line 3: credit: need an amount"],
  ],
  [
    "too many entries",
    "name: ab\npin: none\ncredit: none\ndatabase: { sqlite: x }\nplaces: [{ port: 1 }, { port: 2 }, { port: 3 }]\n",
    ["line 5: places: need at most 2 entries"],
  ],
  ["not even fields", "- 1\n", ["line 1: file: need fields, have a list"]],
];

describe("mistakes in a file", () => {
  it.each(CASES)("%s have sentences with lines", async (_what, text, sentences) => {
    const { load } = await import("js-yaml");
    const value = load(text);
    const result = schema.safeParse(value);
    if (result.success) throw new Error("nothing is wrong");
    const found = yamlMistakes(schemaMistakes(result.error, schema, value), text, "file");
    expect([...found].sort()).toEqual([...sentences].sort());
    const lines = found.map((sentence) => Number(/\d+/.exec(sentence)?.[0]));
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it("never repeat a value, a control or the validator's own words", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true }), fc.string({ minLength: 1 }), (value, key) => {
        const given = { name: "hunter2-hunter2", pin: "hunter2-hunter2", [`x${key}`]: 1, limits: value };
        const result = schema.safeParse(given);
        if (result.success) return;
        for (const mistake of schemaMistakes(result.error, schema, given)) {
          const text = mistakeText(mistake, "file");
          expect(text).not.toMatch(/hunter2|Invalid|Unrecognized|expected|received|undefined|\p{Cc}/u);
          expect(mistake.problem).not.toBe("");
        }
      }),
    );
  });
});

describe("the line of a field", () => {
  it("is that of its key, in every style of YAML", () => {
    const lineOf = yamlLines(
      'a: 1\r\n"b":\r\n  - x\r\n  - { c: 1,\r\n      d: [2] }\r\ne:\r\nf: |\r\n  text\r\n  text\r\ng: 1',
    );
    expect(lineOf(["a"])).toBe(1);
    expect(lineOf(["b"])).toBe(2);
    expect(lineOf(["b", 0])).toBe(3);
    expect(lineOf(["b", 1, "d", 0])).toBe(5);
    expect(lineOf(["b", 1, "z"])).toBe(4);
    expect(lineOf(["e"])).toBe(6);
    expect(lineOf(["g"])).toBe(10);
    expect(lineOf(["nowhere"])).toBe(1);
  });
});

describe("a name that is near", () => {
  it.each([
    ["max-per-transacton", "max-per-transaction"],
    ["Node-URI", "node-uri"],
    ["creidt", "credit"],
    ["pni", "pin"],
    ["colour", undefined],
    ["x".repeat(100), undefined],
  ])("%s: %s", (text, found) => {
    expect(similarTo(text, ["max-per-transaction", "node-uri", "credit", "pin"])).toBe(found);
  });
});
