import { ChequecardError } from "./errors.js";

/** A file cannot be read or written. */
export class FileError extends ChequecardError {
  override readonly code = "file";
  readonly path: string;
  /** Without the path. */
  readonly problem: string;

  constructor(path: string, problem: string, options: { cause?: unknown; hint?: string } = {}) {
    super(`${path}: ${problem}`, options);
    this.path = path;
    this.problem = problem;
  }
}

/** The system's name of what went wrong, for messages: `ENOSPC`, `EACCES`. */
export const errno = (error: unknown): string =>
  (error as NodeJS.ErrnoException | undefined)?.code ?? "unknown error";
