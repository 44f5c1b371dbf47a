import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** A fenced block of a document. */
export interface Block {
  readonly document: string;
  /** Of its opening fence, from 1. */
  readonly line: number;
  /** First word of the info string. */
  readonly language: string;
  /** The other words of the info string: `name` or `name=value`. */
  readonly marks: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
}

/** Every document whose commands somebody may paste. */
export const DOCUMENTS: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "applet/README.md",
  "specs/README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `examples/${name}/README.md`)
    .filter((name) => readdirSync(join(ROOT, name, "..")).includes("README.md")),
];

export const textOf = (document: string): string => readFileSync(join(ROOT, document), "utf8");

/** The fenced blocks of a document, in its order. */
export function blocksOf(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly indent: string; readonly lines: string[] } | undefined;
  for (const [index, line] of textOf(document).split("\n").entries()) {
    const [, indent = "", info] = /^( *)```(.*)$/.exec(line) ?? [];
    if (info === undefined)
      open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    else if (open) open = undefined;
    else {
      const [language = "", ...marks] = info.trim().split(/ +/);
      open = { indent, lines: [] };
      blocks.push({
        document,
        line: index + 1,
        language,
        marks: new Map(marks.map(readMark)),
        lines: open.lines,
      });
    }
  }
  return blocks;
}

function readMark(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The commands of a block as they are pasted, one or more lines each; without comments and empty lines. */
export function commandsOf({ lines }: Block): readonly string[] {
  const commands: string[] = [];
  let begun: string[] = [];
  for (const line of lines) {
    if (begun.length === 0 && /^\s*(#.*)?$/.test(line)) continue;
    begun.push(line.replace(/\s+#\s.*$/, ""));
    if (line.endsWith("\\")) continue;
    commands.push(begun.join("\n"));
    begun = [];
  }
  return commands;
}
