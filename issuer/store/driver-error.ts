import { ChequecardError } from "../../common/errors.js";
import { sqliteProblem } from "../../common/sqlite-error.js";
import { StoreError, type StoreErrorCode } from "./errors.js";

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
