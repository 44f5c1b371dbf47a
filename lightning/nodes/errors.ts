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
  /** The node runs and cannot work yet: locked, starting, or behind the chain. */
  | "not-ready"
  /** The node does not let this program do it. */
  | "permission"
  | "storage"
  | "closed"
  | "internal";

/** A Lightning node could not do what it was asked; says nothing about payments in flight. */
export class NodeError extends CodedError<NodeErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}
