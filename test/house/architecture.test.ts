import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const page = read("docs/architecture.md");

interface Step {
  readonly file: string;
  readonly names: readonly string[];
}

/** Lines of the drawings: a file, the functions to read there, and what they do, two spaces or more apart. */
const stepsIn = (text: string): Step[] =>
  [...text.matchAll(/([a-z][\w-]*\/[\w./-]+\.ts) {2,}(\w+(?:, \w+)*) {2,}\S/g)].map(
    ([, file = "", names = ""]) => ({ file, names: names.split(", ") }),
  );

/** The text from where a name is declared to the bracket that ends it, by their indentation. */
function textOf({ file }: Step, name: string): string | undefined {
  if (!existsSync(join(ROOT, file))) return undefined;
  const declared = new RegExp(
    `^( *)(?:(?:export|private|static|async|const|let|function|class) )*(?:get )?#?${name}\\b[^\\n]*(?:[({]|=>|=|\\[)[^\\n]*$|^( *)(?:readonly )?${name}\\([^\\n]*;$`,
    "m",
  );
  const lines = read(file).split("\n");
  const start = lines.findIndex((line) => declared.test(line));
  if (start < 0) return undefined;
  const indent = /^ */.exec(lines[start] ?? "")?.[0] ?? "";
  if (/;$/.test(lines[start] ?? "")) return lines[start];
  const length = lines
    .slice(start + 1)
    .findIndex((line) => new RegExp(`^${indent}[\\])}].*;?$`).test(line) && !/^ *\)[^;]*\{$/.test(line));
  return lines.slice(start, start + 2 + length).join("\n");
}

/** Lines to read: without blank ones and comments, which a formatter or an author may add. */
const linesToRead = (text: string): number =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line)).length;

describe("docs/architecture.md", () => {
  const steps = stepsIn(page);

  it("names files and folders that exist", () => {
    const named = [...page.matchAll(/(?<![\w./-])[a-z][\w-]*\/[\w./-]*[\w/]/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("names functions that stand in their files", () => {
    expect(steps.length).toBeGreaterThan(35);
    const missing = steps.flatMap((step) =>
      step.names.filter((name) => textOf(step, name) === undefined).map((name) => `${step.file}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it("leads from the card's bytes to the ledger row in at most 1,500 lines", () => {
    const path = stepsIn(
      page.split("<< the path of a tap begins")[1]?.split("<< the path of a tap ends")[0] ?? "",
    );
    expect(path.at(0)?.file).toBe("apdu/commands/authorize.ts");
    expect(path.at(-1)?.file).toBe("issuer/ledger/record.ts");
    const lengths = path.map(
      (step) =>
        [
          step.file,
          step.names.reduce((sum, name) => sum + linesToRead(textOf(step, name) ?? ""), 0),
        ] as const,
    );
    for (const [file, lines] of lengths) expect([file, lines > 5]).toEqual([file, true]);
    expect(lengths.reduce((sum, [, lines]) => sum + lines, 0)).toBeLessThanOrEqual(1500);
  });
});
