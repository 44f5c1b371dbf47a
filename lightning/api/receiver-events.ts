/** Why a request was not looked at, or not answered. */
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

/** What became of one request. `updated`: a card update was sent. Holds no token and no invoice. */
export type ReceiverEvent = RequestAbout &
  (
    | { readonly event: "ignored"; readonly cause: IgnoredCause }
    | { readonly event: "accepted" | "answered"; readonly updated: boolean }
    | { readonly event: "rejected"; readonly reason: number | undefined; readonly updated: boolean }
    /** The peer went away before the answer; it is not dialed back. */
    | { readonly event: "undeliverable" }
    /** The authorizer or the node failed; the peer gets no answer. */
    | { readonly event: "failed"; readonly error: unknown }
  );
