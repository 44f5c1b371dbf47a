import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../cli/commands.js";
import { buildProgram } from "../../cli/program.js";
import { chequecard } from "../../testing/command-run.js";

const whole = () => buildProgram(undefined, async () => undefined);

describe("the table of commands", () => {
  it("has the name and the description that each command's own file gives it, in the same order", async () => {
    const { commands } = await whole();
    expect(COMMANDS.map(({ name, description }) => [name, description])).toEqual(
      commands.map((command) => [command.name(), command.description()]),
    );
  });

  it("says on one line what each command, subcommand and option is for", async () => {
    const wrong: string[] = [];
    let seen = 0;
    const check = (of: string, text: string): void => {
      seen++;
      if (!/^\S.*[^\s.]$/.test(text)) wrong.push(`${of}: "${text}"`);
    };
    const walk = (command: Command, above: string): void => {
      const name = `${above} ${command.name()}`.trim();
      check(name, command.description());
      for (const { flags, description } of command.options) check(`${name} ${flags}`, description);
      for (const child of command.commands) walk(child, name);
    };
    walk(await whole(), "");
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(200);
  });

  it("loads the options and subcommands of the command that is asked for, and of no other", async () => {
    const program = await buildProgram(["--json", "card", "info"], async () => undefined);
    const loaded = program.commands.filter(({ commands, options }) => commands.length + options.length > 0);
    expect(loaded.map((command) => command.name())).toEqual(["card"]);
  });

  it.each([
    ["card", "--help"],
    ["help", "card"],
    ["--json", "help", "card"],
    ["--", "card", "help"],
  ])("shows the help of a command: %s %s", async (...args) => {
    const { out, exitCode } = await chequecard(args);
    expect(out).toContain("Usage: chequecard card [options] [command]");
    expect(out).toContain("identify");
    expect(exitCode).toBe(0);
  });

  it("a misspelt command gets the nearest one suggested", async () => {
    const { err, exitCode } = await chequecard(["crad", "info"]);
    expect(err).toContain("unknown command 'crad'\n(Did you mean card?)");
    expect(exitCode).toBe(2);
  });
});
