/** Why a request was not read, or not answered. */
export type IgnoredCause =
  | "too-large"
  | "rate"
  /** A bound on requests in flight. */
  | "busy"
  /** The same request is being decided. */
  | "duplicate"
  | "malformed"
  /** The time in `card_status` is too far from ours. */
  | "stale";

/** Which request. */
export interface RequestAbout {
  /** Node id of the peer that asked, hex. */
  readonly peer: string;
  /** Type of its message. */
  readonly type: number;
}

/** What became of a request. `updated`: a card update was sent. */
export type RequestEnd =
  | { readonly event: "ignored"; readonly cause: IgnoredCause }
  | { readonly event: "accepted" | "answered"; readonly updated: boolean }
  | { readonly event: "rejected"; readonly reason: number; readonly updated: boolean }
  /** A refund was refused, for a reason of specs/08 §12. */
  | { readonly event: "refund-refused"; readonly reason: number }
  /** The refund desk failed, and has said so in its own log. */
  | { readonly event: "unanswered" }
  /** The peer went away before the answer; it is not dialed back. */
  | { readonly event: "undeliverable" }
  /** The authorizer or the node failed; the peer gets no answer. */
  | { readonly event: "failed"; readonly error: unknown };

/** What became of which request. Holds no token and no invoice. */
export type ReceiverEvent = RequestAbout & RequestEnd;
