import type { EventEmitter } from "node:events";
import type { Command } from "commander";
import { EXIT_CODE_HELP } from "./exit-codes.js";

/** Text as roff shows it: no control line, no escape, and hyphens that can be copied. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");

/** What a command's help has after its options: explanations and examples. */
function textAfterHelp(command: Command): string {
  let text = "";
  // Commander's types leave out that a command is an emitter, and its texts after the help listen for this event.
  (command as unknown as EventEmitter).emit("afterHelp", {
    error: false,
    command,
    write: (part: string) => {
      text += part;
    },
  });
  return text.trim();
}

function optionsOf(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .flatMap((option) => [".TP", `.B ${roff(option.flags)}`, roff(help.optionDescription(option))]);
}

function sectionsOf(command: Command, above: string): string[] {
  const help = command.createHelp();
  const path = `${above} ${command.name()}`;
  const children = command.commands.filter((child) => child.name() !== "help");
  if (children.length > 0) return children.flatMap((child) => sectionsOf(child, path));
  const after = textAfterHelp(command);
  return [
    `.SS "${roff(`${above} ${help.subcommandTerm(command)}`)}"`,
    roff(help.commandDescription(command)),
    ...optionsOf(command),
    ...(after ? [".PP", ".nf", roff(after), ".fi"] : []),
  ];
}

/** The manual page of the whole command line, in the man macros of roff. */
export function manPage(program: Command, version: string): string {
  const name = program.name();
  const exits = EXIT_CODE_HELP.flatMap(([code, text]) => [".TP", `.B ${code}`, roff(text)]);
  return `${[
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${roff(program.description())}`,
    ".SH SYNOPSIS",
    `.B ${name}`,
    '.RI [ options ] " command " [ arguments ]',
    ".SH OPTIONS",
    ...optionsOf(program),
    ".SH COMMANDS",
    ...program.commands.flatMap((command) => sectionsOf(command, name)),
    ".SH EXIT STATUS",
    ...exits,
  ].join("\n")}\n`;
}
