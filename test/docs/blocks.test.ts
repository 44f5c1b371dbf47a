import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chequecard } from "../../testing/command-run.js";
import { blocksOf, commandsOf, DOCUMENTS, ROOT, textOf } from "./blocks.js";
import { form } from "./form.js";
import { NOT_RUN, REASONS } from "./not-run.js";

const blocks = DOCUMENTS.flatMap(blocksOf);

/** How a line begins that somebody would paste into a shell. */
const COMMAND = /^(sudo |\$ |\w+=\S+ )?(chequecard|npx|npm|node|apt-get|git|docker|systemctl|python3) /;
const MARKS: Readonly<Record<string, readonly string[]>> = {
  sh: ["no-run", "window", "stops", "card"],
  yaml: ["append"],
  python: ["write"],
  text: ["paste", "output", "output-of"],
};

describe("blocks of documents", () => {
  it("are fenced, and name a language and marks that are known", () => {
    for (const document of DOCUMENTS)
      expect([document, textOf(document).match(/\n\n {4,}(?=[\w$#])(?!\d+\.|[-*] )[^\n]*/g)]).toEqual([
        document,
        null,
      ]);
    for (const { document, line, language, marks } of blocks) {
      expect([document, line, ["sh", "text", "ts", "js", "json", "yaml", "python"]]).toEqual([
        document,
        line,
        expect.arrayContaining([language]),
      ]);
      for (const mark of marks.keys())
        expect([document, line, MARKS[language] ?? []]).toEqual([
          document,
          line,
          expect.arrayContaining([mark]),
        ]);
    }
  });

  it("with commands are marked as such, so that they are run", () => {
    const hidden = blocks.filter(
      ({ language, lines }) => language !== "sh" && lines.some((line) => COMMAND.test(line)),
    );
    expect(hidden.map(({ document, line }) => `${document}:${line}`)).toEqual([]);
  });

  it("with commands are run, but for those in the list of what is not", () => {
    const marked = blocks
      .filter(({ marks }) => marks.has("no-run"))
      .map((block) => [block.document, block.marks.get("no-run"), commandsOf(block)[0]?.split("\n")[0]]);
    expect(marked).toEqual(NOT_RUN);
    for (const [, reason] of marked) expect(Object.keys(REASONS)).toContain(reason);
  });

  it("with commands have a test that follows their document", () => {
    const followed = readdirSync(import.meta.dirname)
      .filter((name) => name.endsWith(".test.ts"))
      .flatMap((name) => [
        ...readFileSync(join(import.meta.dirname, name), "utf8").matchAll(/^follow\("([^"]+)"/gm),
      ])
      .map(([, document]) => document);
    const run = blocks.filter(({ language, marks }) => language === "sh" && !marks.has("no-run"));
    expect([...new Set(run.map(({ document }) => document))].sort()).toEqual(followed.sort());
  });
});

it("README shows what npm start prints", async () => {
  const [sample] = blocks.filter(({ marks }) => marks.get("output-of") === "npm-start");
  const { exitCode, out } = await chequecard(["demo"], { env: { CHEQUECARD_PCSC: "off" } });
  expect(exitCode).toBe(0);
  const shown = form(out);
  for (const line of sample?.lines.filter((each) => each !== "") ?? [""]) expect(shown).toContain(form(line));
});

it("units of systemd name only commands and options that exist", async () => {
  const folder = join(ROOT, "docs/systemd");
  const lines = readdirSync(folder).flatMap((name) => [
    ...readFileSync(join(folder, name), "utf8").matchAll(/^ExecStart=\S*node \S*cli\/main\.js (.+)$/gm),
  ]);
  expect(lines.length).toBeGreaterThan(0);
  for (const [, line = ""] of lines) {
    const words = line.replace(/"[^"]*"/g, "QUOTED").split(" ");
    const [first = "", second = ""] = words;
    const help = await chequecard([first, second, "--help"]);
    expect([line, help.out]).toEqual([line, expect.stringContaining(`Usage: chequecard ${first} ${second}`)]);
    for (const option of words.filter((word) => word.startsWith("--")))
      expect(help.out, line).toContain(option);
  }
});
