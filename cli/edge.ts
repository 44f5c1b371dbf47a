import { setImmediate as nextTurn } from "node:timers/promises";
import { type Command, CommanderError } from "commander";
import { speak } from "../common/languages/speak.js";
import { visible, visibleLines } from "../common/visible.js";
import type { CommandContext } from "./command-context.js";
import { reportError } from "./error-report.js";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { toJson } from "./output.js";
import { buildProgram } from "./program.js";
import { keyboard } from "./prompt/keyboard.js";

/** What the command line runs in. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Of the terminal behind `out`; absent where there is none. */
  readonly columns?: number | undefined;
}

/**
 * Runs one command line from arguments to exit code. The only place that renders output and turns errors into
 * sentences.
 * @param args without the program's name
 */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const around: Surroundings = {
    ...surroundings,
    out: (text) => surroundings.out(visibleLines(text)),
    err: (text) => surroundings.err(visibleLines(text)),
  };
  let exitCode: ExitCode = EXIT.OK;
  // Until a command for merchants or cardholders chooses another language.
  await speak("en");
  const program = await buildProgram(args, async (action) => {
    const { json = false, trace = false } = program.opts<{ json?: boolean; trace?: boolean }>();
    const context: CommandContext = {
      signal: around.signal,
      json,
      note: (line) => json || around.err(`${visible(line)}\n`),
      columns: around.columns,
      print: (text) => json || around.out(`${text}\n`),
      trace: trace
        ? ({ direction, text }) => around.err(`${direction === "to-card" ? ">" : "<"} ${text}\n`)
        : undefined,
      env: around.env,
    };
    try {
      const output = await action(context);
      if (json) around.out(`${toJson(output.data)}\n`);
      else if (output.text) around.out(`${output.text}\n`);
      exitCode = output.exitCode ?? (isStoppedByHand(around.signal) ? EXIT.INTERRUPTED : EXIT.OK);
      // A reader that has gone is known of a moment later.
      await nextTurn();
      if (!around.signal.aborted) output.told?.();
    } catch (error) {
      const { code, message, hint, ...report } = reportError(error, around.signal.aborted);
      if (json) around.out(`${toJson({ error: { code, message, hint } })}\n`);
      else around.err(`${[message, hint].filter(Boolean).join("\n")}\n`);
      if (around.env.CHEQUECARD_DEBUG && error instanceof Error) around.err(`${error.stack}\n`);
      exitCode = report.exitCode;
    } finally {
      keyboard.release();
    }
  });
  for (const command of withChildren(program))
    command.exitOverride().configureOutput({ writeOut: around.out, writeErr: around.err });
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help asked for is no mistake; help for want of a command is.
    return error.exitCode === 0 ? EXIT.OK : EXIT.INPUT;
  }
  return exitCode;
}

/** A service that a supervisor ends with SIGTERM, and that has ended well, has done what was asked for. */
const isStoppedByHand = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && !(reason instanceof DOMException && reason.message === "SIGTERM");

function* withChildren(command: Command): Generator<Command> {
  yield command;
  for (const child of command.commands) yield* withChildren(child);
}
