import { describe, expect, it } from "vitest";
import { mistakes, ParseError, readStrictYaml } from "../../common/index.js";

const read = (text: string): unknown => readStrictYaml(text, "x.yaml");

describe("strict YAML", () => {
  it.each([
    ["", null],
    ["# a comment alone\n", null],
    ["---\na: 1\n...\n", { a: 1 }],
    ["\uFEFFa: 1\r\nb: two words # and a comment\r\n", { a: 1, b: "two words" }],
    ['{\n\t"a": [1, -2.5, 1e3, true, null, "\\u00e9"]\n}', { a: [1, -2.5, 1000, true, null, "é"] }],
    ["a: off\nb: yes\nc: 2024-01-01\nd: 12:30:00", { a: "off", b: "yes", c: "2024-01-01", d: "12:30:00" }],
    ["a: |\n  one\n  two\nb: >-\n  one\n  two", { a: "one\ntwo\n", b: "one two" }],
    ["a: 9007199254740991\nb: -9007199254740991", { a: 9007199254740991, b: -9007199254740991 }],
    ['a: "9007199254740993"', { a: "9007199254740993" }],
    ["<<: { a: 1 }", { "<<": { a: 1 } }],
  ])("reads %j", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ["a: 1\nb: 2\na: 3", "line 3: neither YAML nor JSON: duplicated mapping key"],
    ["1: a\n'1': b", "line 2: neither YAML nor JSON: duplicated mapping key"],
    ["a: &x 1\nb: *x", "line 1: anchors and aliases are not allowed"],
    ["a: 1\nb: *x", "line 2: anchors and aliases are not allowed"],
    ["a: 1\nb: &unused 2", "line 2: anchors and aliases are not allowed"],
    ["a: 1\r\nb: !!str 2", "line 2: tags are not allowed"],
    ["- !local x", "line 1: tags are not allowed"],
    ["%YAML 1.2\n---\na: 1", "line 1: directives are not allowed"],
    ["a: 1\n---\nb: 1", "more than one document"],
    ["max-transactions: 1.000", "line 1: a point before three digits"],
    ["- 0.125\n- 100.000", "line 2: a point before three digits"],
    ["a: 9007199254740993", "line 1: a number beyond 9007199254740991"],
    ["- 1\n- -9007199254740992", "line 2: a number beyond 9007199254740991"],
    ["a: 0x7fffffffffffffff", "line 1: a number beyond"],
    ["a: 1.5e16", "line 1: a number beyond"],
    ["a: .inf", "line 1: a number beyond"],
    ["a: -.INF", "line 1: a number beyond"],
    ["a: .nan", "line 1: a number beyond"],
    ["a:\n\t- 1", "line 2: neither YAML nor JSON: tab characters must not be used in indentation"],
    ["a: [1\nb: 2", "line 2: neither YAML nor JSON"],
    ["? [a]\n: b", "line 1: neither YAML nor JSON"],
    ["\u0000", "line 1: neither YAML nor JSON"],
  ])("refuses %j", (text, problem) => {
    expect(() => read(text)).toThrow(ParseError);
    expect(() => read(text)).toThrow(`x.yaml: ${problem}`);
  });

  it.each([
    "a: s3cret: x",
    'a: "s3cret\\q"',
    "a: !s3cret| x",
    "a: !<s3cret x",
    "a: !s3cret!x y",
    "a: *s3cret",
    "%TAG s3cret\n---\na",
    "s3cret: 1\ns3cret: 2",
    "a: [s3cret",
  ])("never repeats what the file says: %j", (text) => {
    try {
      read(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ParseError);
      expect(`${error} ${(error as Error).stack} ${(error as Error).cause}`).not.toContain("s3cret");
    }
  });

  it("keeps __proto__ a key like others", () => {
    const value = read("__proto__: { polluted: 1 }") as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("has bounds: length, signs, depth", () => {
    const list = (count: number) => `- ${"a".repeat(66)}\n`.repeat(count);
    expect(read(list(1000))).toHaveLength(1000);
    expect(() => read("a".repeat(131_073))).toThrow("need at most 131072 characters, have 131073");
    expect(() => read(list(4097).replaceAll("a", ""))).toThrow(
      "need at most 8192 punctuation marks and lines",
    );
    expect(read("[".repeat(15) + "]".repeat(15))).toBeInstanceOf(Array);
    expect(() => read("[".repeat(16) + "]".repeat(16))).toThrow("nesting exceeded");
  });

  // Read again and again: where a parser recursed too deep, compiling an expression later ended the whole process.
  it.each([
    "[",
    "{a: ",
    "- ",
    "? ",
    "[a: [",
    "- &a x\n",
    "- *a\n",
    "- |\n",
    '"',
    "'",
    "%",
    "!<",
    "\t",
    "#",
    "a ",
  ])("stands 64 KiB of %j", (piece) => {
    for (const length of [65_536, 8_000, 65_536, 8_000])
      try {
        read(piece.repeat(Math.ceil(length / piece.length)));
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
  });
});

describe("a list of mistakes", () => {
  it("is one error, the first 100 named", () => {
    expect(mistakes("f", ["a: wrong"], "Mend it.")).toMatchObject({
      message: "f: a: wrong",
      hint: "Mend it.",
    });
    expect(mistakes("f", ["a", "b"], "").message).toBe("f: 2 mistakes:\n  a\n  b");
    const { message } = mistakes("f", Array<string>(250).fill("x"), "");
    expect(message.split("\n")).toHaveLength(102);
    expect(message).toMatch(/^f: 250 mistakes:\n {2}x\n(?: {2}x\n)+ {2}and 150 more$/);
  });
});
