import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { completionScript, SHELLS } from "../../cli/completion.js";
import { EXIT_CODE_HELP } from "../../cli/exit-codes.js";
import { manPage } from "../../cli/man-page.js";
import { buildProgram } from "../../cli/program.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

let program: Command;
beforeAll(async () => {
  program = await buildProgram(undefined, async () => undefined);
}, 60_000);

/** Every command that does something, with its path. */
const leaves = (command: Command, above = ""): { path: string; command: Command }[] => {
  const path = `${above} ${command.name()}`.trim();
  return command.commands.length === 0
    ? [{ path, command }]
    : command.commands.flatMap((child) => leaves(child, path));
};

/** What bash offers for a line whose last word is being typed. */
const offers = (script: string, words: readonly string[]): Promise<string[]> =>
  inFolder(async (path) => {
    writeFileSync(path("script"), script);
    const ask = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _chequecard; printf "%s\\n" "\${COMPREPLY[@]}"`;
    const out = execFileSync("bash", ["-c", ask, "bash", path("script"), ...words], { encoding: "utf8" });
    return out.split("\n").filter(Boolean);
  });

describe("chequecard completion", () => {
  it.each([
    { line: ["chequecard", "car"], offered: ["card", "cards"] },
    { line: ["chequecard", "--json", "card", "i"], offered: ["info", "identify"] },
    { line: ["chequecard", "card", "pin", "c"], offered: ["change"] },
    {
      line: ["chequecard", "completion", ""],
      offered: ["bash", "zsh", "fish", "-h", "--help", "--json", "--trace"],
    },
    { line: ["chequecard", "card", "authorize", "--issuer"], offered: ["--issuer-record"] },
    { line: ["chequecard", "card", "info", "--card", ""], offered: [] },
  ])("bash offers $offered for $line", async ({ line, offered }) => {
    expect(await offers(completionScript(program, "bash"), line)).toEqual(offered);
  });

  it.each(SHELLS)("%s knows every command and every long option", (shell) => {
    const script = completionScript(program, shell);
    for (const { path, command } of leaves(program)) {
      expect(script).toContain(path.split(" ").slice(0, -1).join(" "));
      expect(script).toContain(command.name());
      for (const { long } of command.options)
        expect(script, path).toContain(shell === "fish" ? `-l ${long?.slice(2)}` : long);
    }
  });

  it("prints the script, and names the shells where another is asked for", async () => {
    const { out, exitCode } = await chequecard(["completion", "bash"]);
    expect(out).toBe(completionScript(program, "bash"));
    expect(exitCode).toBe(0);
    const wrong = await chequecard(["completion", "tcsh"]);
    expect(wrong.err).toContain("Allowed choices are bash, zsh, fish.");
    expect(wrong.exitCode).toBe(2);
  });
});

describe("the manual page", () => {
  it("has every command, every option and every exit code", () => {
    const page = manPage(program, "1.2.3").replaceAll("\\-", "-");
    for (const { path, command } of leaves(program)) {
      expect(page).toContain(`.SS "${path}`);
      for (const { flags } of command.options) expect(page).toContain(`.B ${flags}`);
    }
    for (const [code, text] of EXIT_CODE_HELP) expect(page).toContain(`.B ${code}\n${text}`);
  });
});
