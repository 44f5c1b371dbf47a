import { CodedError, type Failure } from "../../common/errors.js";

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
