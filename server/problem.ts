import { ChequecardError, type Failure } from "../common/errors.js";
import { visible } from "../common/visible.js";

/** A refusal of the server itself. */
export class HttpProblem extends ChequecardError {
  override readonly code: string;
  /** Of HTTP. */
  readonly status: number;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly hint?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
  }
}

/** An error as it is answered (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The sentence that the command would print. */
  readonly detail: string;
  /** What to do next. */
  readonly hint?: string;
  readonly code: string;
}

/** Codes of errors that another status than that of their kind says better. */
const STATUS: Readonly<Record<string, number>> = {
  "not-found": 404,
  "unknown-card": 404,
  "wrong-state": 409,
  "not-enough": 409,
  "too-much": 409,
  "reference-used": 409,
  "bad-refund": 409,
  "already-settled": 409,
  "already-cancelled": 409,
};

const OF_FAILURE: Readonly<Record<Failure, number>> = { input: 400, card: 409, reader: 503, service: 503 };

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "No key",
  403: "Not allowed",
  404: "Not found",
  405: "Not this method",
  409: "Not possible now",
  413: "Too long",
  415: "Not JSON",
  421: "Not for this host",
  429: "Too many requests",
  500: "Fault of the server",
  503: "Not available",
};

/** Says an error with the sentence that the command line says. What is no error of this project is not described. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof ChequecardError))
    return problem(500, "internal", "the server failed; the request may have been carried out", undefined);
  const status =
    error instanceof HttpProblem ? error.status : (STATUS[error.code] ?? OF_FAILURE[error.failure]);
  return problem(status, error.code, error.message, error.hint);
}

const problem = (status: number, code: string, detail: string, hint: string | undefined): Problem => ({
  type: `urn:chequecard:problem:${code}`,
  title: TITLES[status] ?? "Refused",
  status,
  detail: visible(detail),
  ...(hint === undefined ? {} : { hint: visible(hint) }),
  code,
});
