/** Exit codes of the `chequecard` command, shown by `chequecard --help`. */
export const EXIT = {
  /** Everything asked for was done. */
  OK: 0,
  /** A fault of this software; please report it. */
  INTERNAL: 1,
  /** Bad input: an option, a file or a value; nothing was changed. */
  INPUT: 2,
  /** The card refused. */
  CARD_REFUSED: 3,
  /** No reader, no card, no PC/SC service, or the card was torn away. */
  READER: 4,
  /** A check did not hold: a token that does not verify, a conformance case that failed. */
  CHECK_FAILED: 5,
  /** The payment was declined or is not confirmed. */
  NOT_PAID: 6,
  /** A node, a database or a key store could not do its part. */
  SERVICE: 7,
  /** Stopped by Ctrl-C; nothing is left half-written. */
  INTERRUPTED: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line per code for the help. */
export const EXIT_CODE_HELP: readonly (readonly [ExitCode, string])[] = [
  [EXIT.OK, "everything asked for was done"],
  [EXIT.INTERNAL, "a fault of this software; please report it"],
  [EXIT.INPUT, "bad input (an option, a file, a value); nothing was changed"],
  [EXIT.CARD_REFUSED, "the card refused"],
  [EXIT.READER, "no reader, no card, no PC/SC service, or the card was torn away"],
  [EXIT.CHECK_FAILED, "a check did not hold (a token, a conformance case, a ledger)"],
  [EXIT.NOT_PAID, "the payment was declined or is not confirmed"],
  [EXIT.SERVICE, "a node, a database or a key store could not do its part"],
  [EXIT.INTERRUPTED, "stopped by Ctrl-C; nothing is left half-written"],
];
