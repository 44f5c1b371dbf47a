import { CodedError, type Failure } from "../../common/errors.js";

export type NodeErrorCode =
  | "unreachable"
  | "timeout"
  | "not-connected"
  | "not-found"
  | "already-settled"
  | "already-cancelled"
  /** The string is no invoice. */
  | "bad-invoice"
  /** A value that the method does not take: the caller's mistake, nothing was done. */
  | "bad-request"
  | "network"
  | "storage"
  | "closed"
  | "internal";

/** A Lightning node could not do what it was asked; says nothing about payments in flight. */
export class NodeError extends CodedError<NodeErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}
