import { describe, expect, it } from "vitest";
import { visible, visibleJson, visibleLines } from "../../common/index.js";

const HOSTILE = [
  ["an escape sequence", "\u001b[31m"],
  ["a C1 control that begins one", "\u009b2J"],
  ["a carriage return", "\r"],
  ["a tab", "\t"],
  ["DEL", "\u007f"],
  ["a right-to-left override", "\u202e"],
  ["an isolate", "\u2066"],
  ["a zero-width space", "\u200b"],
  ["a soft hyphen", "\u00ad"],
  ["a line separator", "\u2028"],
  ["a paragraph separator", "\u2029"],
  ["a byte order mark", "\ufeff"],
  ["a tag character", "\u{e0041}"],
  ["a lone surrogate", "\ud800"],
  ["a blank letter", "\u3164"],
] as const;

describe("a text of others", () => {
  it.each(HOSTILE)("with %s shows it as an escape", (_, text) => {
    const code = text.codePointAt(0) ?? 0;
    const shown = code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
    expect(visible(`a${text}b`)).toBe(`a${shown}${text.slice(code > 0xffff ? 2 : 1)}b`);
  });

  it("stays on its line, and keeps what people write", () => {
    expect(visible("one\ntwo")).toBe("one\\u000atwo");
    expect(visibleLines("one\ntwo\r\u001b")).toBe("one\ntwo\\u000d\\u001b");
    const plain = "M\u00fcller & S\u00f6hne, \u5c71\u7530, \u05d0\u05d1, \ud83c\udf7a 3.50 \u20ac";
    expect(visible(plain)).toBe(plain);
  });

  it.each(HOSTILE)("in JSON with %s is the same data without it", (_, text) => {
    const json = JSON.stringify({ label: `a${text}b` }, null, 2);
    expect(JSON.parse(visibleJson(json))).toEqual({ label: `a${text}b` });
    expect(visibleLines(visibleJson(json))).toBe(visibleJson(json));
  });
});
