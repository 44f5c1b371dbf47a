import type { Socket } from "node:net";
import { TokenBucket } from "../../../common/token-bucket.js";
import { addressOwner } from "../../address-scope.js";
import type { Descriptor } from "./descriptors.js";
import type { PeerLimits, Standing } from "./peer-limits.js";
import type { Guest } from "./places.js";

/** How far a connection has come: nothing was read, LDK exchanges keys and `init`, LDK knows the peer. */
export type Stage = "silent" | "handshake" | "peer";

/** One TCP connection. Times are milliseconds of a monotonic clock. */
export class Connection implements Guest {
  readonly socket: Socket;
  readonly address: string;
  readonly isOutbound: boolean;
  /** Bytes that the peer may still send. */
  readonly allowance: TokenBucket;
  standing: Standing = "new";
  stage: Stage = "silent";
  /** Node id as hex, once `init` was exchanged. */
  peer: string | undefined;
  readonly openedAt: number;
  /** When the peer last sent a message of the project. */
  activeAt: number;

  /** While LDK knows the connection. */
  descriptor: Descriptor | undefined;
  /** LDK has forgotten the connection by itself. */
  isForgotten = false;
  /** To be ended once what is in the outbox has been sent. */
  isEnding = false;
  /** Ended at once, for what the peer did. */
  isCut = false;

  /** What arrived and was not handed to LDK. */
  readonly pending: Uint8Array[] = [];
  pendingLength = 0;
  /** LDK wants nothing more until it could send. */
  isHeld = false;
  /** Nothing more is handed to LDK before. */
  notBefore = 0;
  /** Bytes that LDK was handed. */
  handled = 0;
  /** What LDK did for this peer, in bytes of its flow, and was not charged yet. */
  debt = 0;

  outbox: Uint8Array[] = [];
  outboxLength = 0;
  /** Since when the system's buffer has been full. */
  congestedAt: number | undefined;
  /** LDK has more to send than we took. */
  isStarved = false;
  /** Messages of our own that LDK has not sent. */
  unsent = 0;

  constructor(socket: Socket, isOutbound: boolean, limits: PeerLimits, now: number) {
    this.socket = socket;
    this.isOutbound = isOutbound;
    this.address = addressOwner(socket.remoteAddress ?? "");
    this.allowance = new TokenBucket(limits.flow.new, now);
    this.openedAt = now;
    this.activeAt = now;
  }

  /** Whether the peer did not do in time what it has to do, or may go for its place. */
  isLate({ silentMs, handshakeMs, unreadMs, idleMs }: PeerLimits, now: number): boolean {
    const { stage, standing, openedAt, activeAt, congestedAt = now } = this;
    return (
      (stage === "silent" && now - openedAt > silentMs) ||
      (stage === "handshake" && now - openedAt > handshakeMs) ||
      now - congestedAt > unreadMs ||
      ((standing === "stranger" || standing === "dialed") && now - activeAt > idleMs)
    );
  }

  /** The next bytes for LDK, at most `length`. */
  slice(length: number): Uint8Array {
    const first = this.pending[0] ?? new Uint8Array(0);
    const slice = first.subarray(0, length);
    if (slice.length === first.length) this.pending.shift();
    else this.pending[0] = first.subarray(length);
    this.pendingLength -= slice.length;
    return slice;
  }
}
