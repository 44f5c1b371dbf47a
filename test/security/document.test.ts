import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const text = readFileSync(join(ROOT, "SECURITY.md"), "utf8").replaceAll(/\n(?!\n|\||#|- )/g, " ");

/** Titles of a file's tests, also of those with a table before them. @param file from this folder, or from the root */
const titlesOf = (file: string): string[] =>
  [
    ...readFileSync(file.includes("/") ? join(ROOT, file) : join(import.meta.dirname, file), "utf8").matchAll(
      /(?:\bit\(|\)\()\s*"([^"\n]+)"/g,
    ),
  ].map(([, title]) => title as string);
const STORIES = [
  "rogue-terminal",
  "rogue-card",
  "overspending-card",
  "certificates",
  "updates",
  "curious-terminal",
  "flooding-peer",
  "both-offline",
  "api",
  "card-page",
  "browser.pages",
].map((name) => `${name}.test.ts`);

describe("SECURITY.md", () => {
  it("names for every attack what is lost at most, and a test that exists", () => {
    const rows = text.split("\n").filter((line) => /^\| .* "[^"]+" \|$/.test(line));
    expect(rows.length).toBeGreaterThan(30);
    const titles = new Set(
      readdirSync(import.meta.dirname)
        .filter((file) => file.endsWith(".test.ts"))
        .concat([...text.matchAll(/\]\((test\/[\w./-]+\.test\.ts)\)/g)].map(([, file]) => file as string))
        .flatMap(titlesOf),
    );
    for (const row of rows) {
      const cells = row.slice(1, -1).split(" | ");
      expect([row, cells.length]).toEqual([row, 4]);
      const [, title = ""] = /"([^"]+)"\s*$/.exec(cells[3] ?? "") ?? [];
      expect([title, titles.has(title)]).toEqual([title, true]);
    }
  });

  it("leaves no story out", () => {
    const told = STORIES.flatMap(titlesOf);
    expect(told.length).toBeGreaterThan(30);
    expect(told.filter((title) => !text.includes(`"${title}"`))).toEqual([]);
  });
});
