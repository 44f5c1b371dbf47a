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

  /** @param path name of the value; @param problem what was expected and what was found */
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.path = path;
  }
}
