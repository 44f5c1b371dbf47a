/** Why an SQLite file cannot be used. */
export type SqliteProblem =
  /** Another process uses it. */
  | "locked"
  /** It is no database, is cut short, or fails its own checks. */
  | "damaged"
  /** It is a database of another program. */
  | "foreign"
  /** A newer release wrote it. */
  | "newer-version"
  /** The disk is full. */
  | "full"
  /** This user may not open or change it, or it is no plain file. */
  | "access"
  /** Reading or writing failed beneath the database. */
  | "io"
  /** A rule of the schema refused the change. */
  | "constraint";

/** Result codes by their prefix (https://www.sqlite.org/rescode.html), and what the file system says. */
const CODES: readonly (readonly [prefix: string, problem: SqliteProblem])[] = [
  ["SQLITE_BUSY", "locked"],
  ["SQLITE_LOCKED", "locked"],
  ["SQLITE_PROTOCOL", "locked"],
  ["SQLITE_CORRUPT", "damaged"],
  ["SQLITE_NOTADB", "damaged"],
  ["SQLITE_FULL", "full"],
  ["ENOSPC", "full"],
  ["SQLITE_CANTOPEN", "access"],
  ["SQLITE_READONLY", "access"],
  ["SQLITE_PERM", "access"],
  ["SQLITE_AUTH", "access"],
  ["SQLITE_IOERR", "io"],
  ["SQLITE_CONSTRAINT", "constraint"],
];

/** Undefined for a code that names no problem of a file, such as SQLITE_ERROR. */
export const sqliteProblem = (code: string): SqliteProblem | undefined =>
  CODES.find(([prefix]) => code.startsWith(prefix))?.[1];
