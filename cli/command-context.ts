import type { Command } from "commander";
import type { TraceLine } from "../host/index.js";
import type { CommandOutput } from "./output.js";

/** What every command gets from the edge. */
export interface CommandContext {
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** True with `--json`: print nothing else to standard output. */
  readonly json: boolean;
  /** One line of progress for people; goes to standard error, and nowhere with `--json`. */
  note(line: string): void;
  /** Writes to standard output at once, for long-running commands; nowhere with `--json`. */
  print(text: string): void;
  /** Of the terminal that the output goes to; undefined where it goes to a file or a pipe. */
  readonly columns: number | undefined;
  /** Prints one APDU of the trace to standard error; undefined without `--trace`. */
  readonly trace: ((line: TraceLine) => void) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs an action at the edge: renders its output, turns errors into a sentence and an exit code. */
export type RunAction = (action: (context: CommandContext) => Promise<CommandOutput>) => Promise<void>;

/** A command file exports one of these. */
export type RegisterCommand = (program: Command, run: RunAction) => void;
