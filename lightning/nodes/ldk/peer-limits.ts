import type { Rate } from "../../../common/token-bucket.js";

/** Who a peer is to this node, and so how much of it the peer may have. */
export type Standing =
  /** `init` has not been exchanged. */
  | "new"
  /** Dialed us, and nothing is known of it. */
  | "stranger"
  /** We dialed it, and nothing is known of it: the node that a card names. */
  | "dialed"
  /** Has asked successfully before. */
  | "known"
  /** Has a channel with us that is ready. */
  | "channel";

/** How many connections there may be at once. */
export interface Bound {
  readonly max: number;
  /** From one IPv4 address, or one IPv6 network of 64 bits. */
  readonly maxPerAddress: number;
}

/** What a node grants to those who connect to it, or to whom it connects. */
export interface PeerLimits {
  /** Accepted connections on which the handshake has not begun. */
  readonly silent: Bound;
  /** Handshakes. */
  readonly handshakes: Bound;
  /** Places for the two above that are kept for addresses of known peers and of those with a channel. */
  readonly kept: Bound;
  readonly strangers: Bound;
  readonly dialed: Bound;
  readonly known: Bound;
  /** What may come from one peer, in bytes. */
  readonly flow: Readonly<Record<Standing, Rate>>;
  /** Milliseconds until the first message of the handshake must have come. */
  readonly silentMs: number;
  /** Milliseconds until `init` must have been exchanged. */
  readonly handshakeMs: number;
  /** Milliseconds that a peer may leave unread what it was sent. */
  readonly unreadMs: number;
  /** Milliseconds without a message of the project after which a peer without a channel may go. */
  readonly idleMs: number;
  /** Milliseconds for which a node that was cut off is neither dialed nor let in. */
  readonly shunMs: number;
}

/** What a message costs of its sender's flow beside its bytes. An answer that LDK makes by itself costs the same. */
export const MESSAGE_COST = 512;
/** What a message of ours adds to the flow of a peer that we dialed: room for its answers. */
export const ANSWER_ROOM = 4096;

const KB = 1024;
const MB = 1024 * KB;

/**
 * LDK takes no more than 250 peers without a channel: the last three bounds stay below together. A byte from a peer
 * costs at most about 1 us of processor time, so the bursts are also what one flood can take of that.
 */
export const DEFAULT_PEER_LIMITS: PeerLimits = {
  silent: { max: 768, maxPerAddress: 512 },
  handshakes: { max: 64, maxPerAddress: 16 },
  kept: { max: 128, maxPerAddress: 16 },
  strangers: { max: 80, maxPerAddress: 32 },
  dialed: { max: 32, maxPerAddress: 32 },
  known: { max: 128, maxPerAddress: 128 },
  flow: {
    new: { burst: 8 * KB, perSecond: 0 },
    stranger: { burst: 256 * KB, perSecond: 64 * KB },
    dialed: { burst: 128 * KB, perSecond: 16 * KB },
    known: { burst: MB, perSecond: 512 * KB },
    // Held back when it is used up, never cut off: payments are on their way over that connection.
    channel: { burst: 16 * MB, perSecond: 4 * MB },
  },
  silentMs: 5_000,
  handshakeMs: 10_000,
  unreadMs: 15_000,
  idleMs: 600_000,
  shunMs: 60_000,
};
