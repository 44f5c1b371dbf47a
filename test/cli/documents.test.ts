import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { chequecard } from "../../testing/command-run.js";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(resolve(ROOT, path), "utf8");

/** Command lines of `chequecard` that stand alone in a document, without what is quoted in them and their comments. */
const commandLines = (text: string): string[] =>
  [...text.matchAll(/^(?: {4}|ExecStart=)(?:(?:npx )?chequecard|\S*node \S*cli\/main\.js) (.+)$/gm)].map(
    ([, line = ""]) => line.replace(/ +#.*$/, "").replace(/"[^"]*"/g, "QUOTED"),
  );

describe.each(["docs/stall.md", "examples/beer-tap/README.md", "docs/systemd/chequecard-terminal.service"])(
  "%s",
  (document) => {
    it("names only commands and options that exist", async () => {
      const lines = commandLines(read(document));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        const words = line.split(" ");
        const [first = "", second = ""] = words;
        const command = second === "" || second.startsWith("-") ? [first] : [first, second];
        const help = await chequecard([...command, "--help"]);
        expect(help.exitCode, line).toBe(EXIT.OK);
        expect(help.out, line).toContain(`Usage: chequecard ${command.join(" ")}`);
        for (const option of words.filter((word) => word.startsWith("--")))
          expect(help.out, line).toContain(option);
      }
    });
  },
);
