/** Who could not do its part: what was given, the card, its reader, or a service (a node, a database, a disk). */
export type Failure = "input" | "card" | "reader" | "service";

/** Errors of the system and of SQLite that no other input helps: a disk that is full, broken or not writable. */
const SYSTEM_FAILURE =
  /^(ENOSPC|EDQUOT|EFBIG|EIO|EROFS|EMFILE|ENFILE|ENOMEM|ESTALE|ETIMEDOUT|SQLITE_(FULL|IOERR|NOMEM|READONLY).*)$/;

function isSystemFailure(cause: unknown): boolean {
  for (let error = cause; error instanceof Error; error = error.cause)
    if (SYSTEM_FAILURE.test(String((error as NodeJS.ErrnoException).code))) return true;
  return false;
}

/**
 * The base of every error this project throws on purpose. A layer extends it and narrows `code`, so that a
 * caller can switch on a literal; `cause` keeps what lay beneath. A message never holds a secret, a PIN, a
 * key or a token.
 */
export abstract class ChequecardError extends Error {
  /** Stable machine-readable reason, unique within its layer. */
  abstract readonly code: string;
  /** What the reader of the message can do next, as a sentence; absent where the message already says it. */
  readonly hint: string | undefined;

  constructor(message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }

  /** Who could not do its part. What is not said otherwise is the input, unless a disk or the system lies beneath. */
  get failure(): Failure {
    return isSystemFailure(this.cause) ? "service" : "input";
  }
}

/** An error whose layer has several codes, given when it is made. */
export abstract class CodedError<Code extends string> extends ChequecardError {
  override readonly code: Code;

  constructor(code: Code, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Bytes, text or a file that do not have the form they must have. */
export class ParseError extends ChequecardError {
  override readonly code = "parse";
  /** Path of the field, for example `token/body/counter`. */
  readonly path: string;

  /** @param path field path; @param problem what was expected and what was found */
  constructor(path: string, problem: string, options: { cause?: unknown; hint?: string } = {}) {
    super(`${path}: ${problem}`, options);
    this.path = path;
  }
}

/** A value handed to an encoder or a function that lies outside its range; the caller's mistake. */
export class ValueError extends ChequecardError {
  override readonly code = "value";
  readonly path: string;
  readonly problem: string;

  /** @param path name of the value; @param problem what was expected and what was found */
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}
