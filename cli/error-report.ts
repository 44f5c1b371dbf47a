import { ChequecardError, type Failure } from "../common/errors.js";
import { MistakesError } from "../common/mistakes.js";
import { visible } from "../common/visible.js";
import { EXIT, type ExitCode } from "./exit-codes.js";

/** An error as the edge shows it. */
export interface ErrorReport {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly code: string;
}

/** A mistake in how the command was called, or input that it cannot use. */
export class InputError extends ChequecardError {
  override readonly code = "input";
}

const EXIT_OF: Readonly<Record<Failure, ExitCode>> = {
  input: EXIT.INPUT,
  card: EXIT.CARD_REFUSED,
  reader: EXIT.READER,
  service: EXIT.SERVICE,
};

/**
 * What to say and which exit code to set. Errors of this project speak for themselves; anything else is a fault
 * of the software and is called one, without a stack trace unless `CHEQUECARD_DEBUG` is set.
 */
export function reportError(error: unknown, aborted: boolean): ErrorReport {
  if (aborted)
    return { exitCode: EXIT.INTERRUPTED, message: "Stopped.", hint: undefined, code: "interrupted" };
  if (!(error instanceof ChequecardError))
    return {
      exitCode: EXIT.INTERNAL,
      message: visible(`Internal fault: ${error instanceof Error ? error.message : String(error)}`),
      hint: "This is a fault of the software. Run again with CHEQUECARD_DEBUG=1 and report what it prints.",
      code: "internal",
    };
  return {
    message: sentenceOf(error),
    hint: error.hint && visible(error.hint),
    code: error.code,
    exitCode: EXIT_OF[error.failure],
  };
}

/** On one line, unless it is a list of mistakes, whose lines are ours: what others wrote begins none. */
const sentenceOf = (error: ChequecardError): string =>
  error instanceof MistakesError ? error.message : visible(error.message);
