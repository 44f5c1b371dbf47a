import { ChequecardError, CodedError, type Failure } from "../../common/errors.js";
import { sqliteProblem } from "../../common/sqlite-error.js";

export type StoreErrorCode =
  /** Another process holds the database, or took part of what this one was about to change. */
  | "locked"
  /** The file is no database, is cut short, or fails its own checks. */
  | "damaged"
  /** The disk is full; nothing of the change was kept. */
  | "full"
  /** Reading or writing failed beneath the database. */
  | "io"
  /** The file or server may not be opened by this user. */
  | "access"
  /** The server does not answer, closed the connection, or is no primary: whether a commit was kept is unknown. */
  | "unavailable"
  /** Written by a newer release. */
  | "newer-version"
  /** Made for another network or node. */
  | "foreign"
  /** A rule of the schema refused the change: a bug, or a ledger that does not hold. */
  | "constraint"
  /** The store was closed. */
  | "closed"
  | "internal";

/** The database could not do what it was asked; nothing of the change was kept unless `code` is `unavailable` or `io`. */
export class StoreError extends CodedError<StoreErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}

/** What was read is no longer so: the whole transaction is to be done again. */
export const changedMeanwhile = (): StoreError =>
  new StoreError("locked", "what a change rests on was changed meanwhile by another process");

const HINTS: Partial<Record<StoreErrorCode, string>> = {
  locked: "Another program uses the database; try again when it is done.",
  damaged: "Keep the file as it is and restore the latest backup beside it.",
  full: "Free space on the disk that holds the database, then start again; nothing was lost.",
  io: "Check the disk that holds the database.",
  access: "Check owner, mode and credentials of the database.",
  unavailable: "Check that the database server runs and can be reached.",
};

const MESSAGES: Partial<Record<StoreErrorCode, string>> = {
  locked: "the database is locked by another process",
  damaged: "the database is damaged or is no database",
  full: "the disk is full",
  io: "the database could not be read or written",
  access: "the database may not be opened",
  unavailable: "the database server does not answer",
  constraint: "a rule of the database refused the change",
  closed: "the store is closed",
};

/** SQLSTATE by its first characters (PostgreSQL, appendix A), then what the socket says. */
const POSTGRES: readonly (readonly [prefix: string, code: StoreErrorCode])[] = [
  ["40001", "locked"],
  ["40P01", "locked"],
  ["55P03", "locked"],
  ["53100", "full"],
  ["53", "unavailable"],
  ["57", "unavailable"],
  // read_only_sql_transaction: a standby, or a primary that was made one.
  ["25006", "unavailable"],
  ["08", "unavailable"],
  ["28", "access"],
  ["3D000", "access"],
  ["42501", "access"],
  ["23", "constraint"],
  ["XX001", "damaged"],
  ["XX002", "damaged"],
  ["58", "io"],
  ["ECONN", "unavailable"],
  ["ENOENT", "unavailable"],
  ["ENOTFOUND", "unavailable"],
  ["EAI_AGAIN", "unavailable"],
  ["ETIMEDOUT", "unavailable"],
  ["EPIPE", "unavailable"],
];

function classify(code: string, message: string): StoreErrorCode {
  const found = sqliteProblem(code) ?? POSTGRES.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (found) return found;
  if (/database connection is not open|driver has already been destroyed|after calling end/i.test(message))
    return "closed";
  return /connection terminated|connection error|timeout expired|timeout exceeded|is not queryable/i.test(
    message,
  )
    ? "unavailable"
    : "internal";
}

/**
 * What a database driver threw, as a StoreError; errors of this project pass through unchanged.
 * @param what names the work in the message
 */
export function storeError(cause: unknown, what: string): Error {
  if (cause instanceof ChequecardError) return cause;
  if (!(cause instanceof Error)) return new StoreError("internal", `${what}: failed`, { cause });
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const kind = classify(code, cause.message);
  // Programming errors keep their own words; a driver's words are replaced, they may quote values.
  if (kind === "internal" && code === "") return cause;
  const hint = HINTS[kind];
  return new StoreError(
    kind,
    `${what}: ${MESSAGES[kind] ?? "the database refused"}${code ? ` (${code})` : ""}`,
    {
      cause,
      ...(hint ? { hint } : {}),
    },
  );
}
