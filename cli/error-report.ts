import { CardStatusError, TransportError } from "../apdu/index.js";
import { ChequecardError, MistakesError, visible } from "../common/index.js";
import { NodeError } from "../lightning/nodes/errors.js";
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

const SERVICE_ERRORS: ReadonlySet<string> = new Set(["StoreError", "KeyError", "ServiceError"]);

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
  const report = { message: sentenceOf(error), hint: error.hint && visible(error.hint), code: error.code };
  if (error instanceof CardStatusError) return { ...report, exitCode: EXIT.CARD_REFUSED };
  if (error instanceof TransportError) return { ...report, exitCode: EXIT.READER };
  if (error instanceof NodeError || SERVICE_ERRORS.has(error.name))
    return { ...report, exitCode: EXIT.SERVICE };
  return { ...report, exitCode: EXIT.INPUT };
}

/** On one line, unless it is a list of mistakes, whose lines are ours: what others wrote begins none. */
export const sentenceOf = (error: ChequecardError): string =>
  error instanceof MistakesError ? error.message : visible(error.message);
