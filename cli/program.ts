import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { RunAction } from "./command-context.js";
import { COMMANDS } from "./commands.js";
import { EXIT_CODE_HELP } from "./exit-codes.js";

/** Version of the package, from the package.json that is nearest to the compiled or the source file. */
export function packageVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name: string;
        version: string;
      };
      if (name === "chequecard") return version;
    } catch {
      // The compiled files lie one folder deeper than the sources.
    }
  }
  return "unknown";
}

/** The command that is asked for, or that `help` is about. */
function commandIn(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((word) => !word.startsWith("-"));
  return first === "help" ? second : first;
}

/**
 * The command line, with `run` as its only way to print and exit. Commands that are not asked for are there by name
 * and description only.
 * @param args without the program's name; undefined loads every command
 */
export async function buildProgram(args: readonly string[] | undefined, run: RunAction): Promise<Command> {
  const program = new Command("chequecard")
    .description("NFC smart cards that authorize Lightning payments while the payer is offline")
    .version(packageVersion(), "-V, --version")
    .option("--json", "print data as JSON: amounts as strings of msat, bytes as hex, card ids with dashes")
    .option("--trace", "show every APDU on standard error, secrets masked")
    .showHelpAfterError("(add --help for the options and examples)")
    .addHelpText(
      "after",
      `\nExit codes:\n${EXIT_CODE_HELP.map(([code, text]) => `  ${String(code).padStart(3)}  ${text}`).join("\n")}\n`,
    );
  const wanted = args && commandIn(args);
  const all = args === undefined || COMMANDS.some(({ name, needsAll }) => needsAll && name === wanted);
  for (const { name, description, load } of COMMANDS)
    if (!all && name !== wanted) program.command(name).description(description);
    else for (const register of await load()) register(program, run);
  return program;
}
