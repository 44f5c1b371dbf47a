import type { Msat } from "../common/msat.js";
import type { Network } from "../lightning/network.js";
import type { NodeUri } from "../lightning/node-uri.js";
import type { DenyList } from "./deny-list.js";

/** Longest file of a pack in bytes: longer ones are refused unread. */
export const MAX_PACK_LENGTH = 65_536;
/** Longest forwarding window in seconds: 7 days (specs/09 §3.3). */
export const MAX_FORWARDING_WINDOW = 604_800;
/** How far the clocks of issuer and terminal may lie apart, in seconds. */
export const CLOCK_TOLERANCE = 600;

/** What a terminal needs to open the tokens of one batch of cards and to verify their certificates. */
export interface PackKeySet {
  /** 4 bytes. */
  readonly id: Uint8Array;
  /** AES-128 key, 16 bytes. It links the taps of these cards, and moves no money. */
  readonly sealKey: Uint8Array;
  /** The key that signs the certificates of these cards, 33 bytes. */
  readonly issuerPoint: Uint8Array;
}

/** The most that a terminal accepts offline. 0 accepts nothing. A terminal has its own beside; the lower ones count. */
export interface FloorLimits {
  /** For one sale. */
  readonly perSale: Msat;
  /** For all sales to one card that are not forwarded. */
  readonly perCard: Msat;
  /** For all sales of the terminal that are not forwarded. */
  readonly perTerminal: Msat;
  /** Number of sales of the terminal that are not forwarded. */
  readonly maxSales: number;
  /** Seconds since the pack was made. */
  readonly maxPackAgeSeconds: number;
}

/** How far the issuer pays for accepted sales that it would have to refuse otherwise (specs/09 §9). */
export interface PackGuarantee {
  readonly perCard: Msat;
  /** For all cards together. */
  readonly total: Msat;
  /** Whether a token that contradicts others of its card is guaranteed, too. */
  readonly contradictions: boolean;
}

/** What an issuer gives to a terminal that shall accept its cards offline (specs/09 §3). Holds seal keys: keep it secret. */
export interface AcceptancePack {
  /** The issuer key that signs the pack, 33 bytes: what a terminal trusts. */
  readonly issuer: Uint8Array;
  /** What people call the issuer, 1 to 64 characters. */
  readonly name: string;
  readonly network: Network;
  /** Grows with every pack that the issuer makes. */
  readonly sequence: bigint;
  /** Unix seconds. */
  readonly madeAt: number;
  /** Unix seconds: nothing is accepted with it afterwards. */
  readonly validUntil: number;
  /** Public key of the only terminal that can open it, 33 bytes. */
  readonly terminal: Uint8Array;
  /** What the issuer calls the terminal, 1 to 64 characters. */
  readonly label: string;
  /** 1 to 64. */
  readonly keySets: readonly PackKeySet[];
  readonly denied: DenyList;
  readonly floorLimits: FloorLimits;
  /** Seconds within which an accepted sale reaches the issuer: how long deputy invoices live. 1 to {@link MAX_FORWARDING_WINDOW}. */
  readonly forwardingWindow: number;
  /** The issuer's nodes, 1 to 8. */
  readonly nodes: readonly NodeUri[];
  /** Absent: what the issuer refuses is the merchant's loss. */
  readonly guarantee: PackGuarantee | undefined;
}
