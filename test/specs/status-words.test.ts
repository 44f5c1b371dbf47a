import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readVectorFile } from "./vector-file.js";

const textOf = (name: string): string =>
  readFileSync(new URL(`../../specs/${name}`, import.meta.url), "utf8");
const { vectors } = readVectorFile<{ vectors: readonly { sw: string; name: string }[] }>("status-words.json");
const known = new Map(vectors.map(({ sw, name }) => [sw, name]));
/** The family of a status word with a count in it. */
const familyOf = (sw: string): string =>
  sw.startsWith("63c") ? "63cx" : sw.startsWith("61") ? "61xx" : sw.startsWith("6c") ? "6cxx" : sw;

describe("the status words of the specification", () => {
  test("the table of specs/01 §7 has those of the vectors and no others", () => {
    const text = textOf("01-card-application.md");
    const section = text.slice(text.indexOf("## 7. Status words"), text.indexOf("## 8. "));
    const rows = [...section.matchAll(/^\| `([0-9A-Fx]{4})` +\| ([a-z-]+) +\|/gm)];
    expect(rows.map(([, sw = "", name = ""]) => [sw.toLowerCase(), name])).toEqual([...known]);
  });

  test.each(["01-card-application.md", "04-personalization.md", "06-odt.md"])("%s names no other", (name) => {
    const words = [...textOf(name).matchAll(/`(6[1-9A-F][0-9A-F]{2}|9000|9C[0-9A-F]{2})`/g)];
    const named = new Set(words.map(([, sw = ""]) => familyOf(sw.toLowerCase())));
    // 9C05 is named as one that is not used.
    expect([...named].filter((sw) => !known.has(sw) && sw !== "9c05")).toEqual([]);
    expect(named.size).toBeGreaterThan(10);
  });
});
