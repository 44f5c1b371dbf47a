import type { Generated } from "kysely";

export type AuthorizationState = "reserved" | "settled" | "void";

/** Every counter of a card for which a genuine token was seen and decided. */
export interface AuthorizationsTable {
  card: bigint;
  counter: bigint;
  state: AuthorizationState;
  /** 1 while reserved or settled, 0 when void: the payment hash is unique among live rows. */
  live: bigint;
  amount: bigint;
  /** The card's own running total after it; of a Bolt Card as the ledger counts it. */
  total_after: bigint;
  /** AUTHORIZATION_FLAG bits. */
  flags: bigint;
  /** Low 24 bits of the update sequence in the token first seen. */
  sequence: bigint;
  invoice_hash: Buffer;
  payment_hash: Buffer;
  payee: Buffer;
  /**
   * The card's signature, 64 bytes: with the fields above the proof that the card authorized it. Of a Bolt Card `c` of
   * the reading, 8 bytes: proof that it was read, and of nothing else; empty where the card was read again before it was
   * paid for.
   */
  signature: Buffer;
  /** `accounts.spent` right after it. */
  spent_after: bigint;
  decided_at: bigint;
  resolved_at: bigint | null;
  fee: bigint | null;
  preimage: Buffer | null;
  /** Reason code of a void row. */
  reason: bigint | null;
  /** The node that it was reserved for, or whose service refused it. Never changes. */
  node: bigint;
}

/** One row for every reserved authorization: who pays it, until when, and what it needs to pay again. */
export interface LeasesTable {
  card: bigint;
  counter: bigint;
  payee: Buffer;
  /** The service process that may pay it. */
  owner: bigint;
  until: bigint;
  /** How often it went to another owner. */
  takeovers: bigint;
  /** Canonical invoice, and the amount where it has none. */
  invoice: string;
  amount: bigint | null;
  max_fee: bigint;
  /** `max_fee` where the card bears the routing fee, else 0. */
  held: Generated<bigint>;
  max_cltv: bigint;
  /** Unix milliseconds after which no node pays the invoice any more. */
  expires_at: bigint;
  /** That of the authorization. Only this node's services pay it, look it up and void it. */
  node: bigint;
}

/** Skipped counters: `first`..`last`, unseen while `voided_at` is null, void for ever after. */
export interface GapsTable {
  card: bigint;
  first: bigint;
  last: bigint;
  /** The card's total before `first`. */
  total_before: bigint;
  /** What was authorized under these counters together. */
  amount: bigint;
  /** Since when all tokens in it are known to exist. */
  known_at: bigint;
  voided_at: bigint | null;
}

/** Statuses that showed unseen counters. */
export interface StatusesTable {
  card: bigint;
  counter: bigint;
  /** The card's total after `counter`. */
  total: bigint;
  at: bigint;
  /** Type, key set id and clear body with the signature, 133 bytes: proof if something contradicts it. */
  message: Buffer;
}

/** What a card, or its clone, signed against what was known; one row for each different statement. */
export interface EvidenceTable {
  id: Generated<bigint>;
  card: bigint;
  at: bigint;
  /** In words. */
  contradiction: string;
  /** Type, key set id and clear body with the signature, 133 bytes. What it contradicts is in the other tables. */
  message: Buffer;
  /** How often it was presented. */
  times: Generated<bigint>;
}
