import type { Generated } from "kysely";

/** Spending policies; a row never changes, cards with the same policy share it. */
export interface PoliciesTable {
  policy: Generated<bigint>;
  /** SHA-256 of `json`. */
  hash: Buffer;
  json: string;
}

/** `token`: it signs an authorization for each invoice. `sun`: a Bolt Card, which is read (specs/10). */
export type CardKind = "token" | "sun";

/** What never changes about a card. */
export interface CardsTable {
  card: bigint;
  kind: Generated<CardKind>;
  /** Compressed, 33 bytes; a Bolt Card has none: 0 bytes. */
  public_key: Buffer;
  /** 4 bytes: the key set, of a Bolt Card the batch key. */
  key_set: Buffer;
  /** For people. */
  label: string;
  registered_at: bigint;
  /** The card that this one replaces. */
  replaces: bigint | null;
  /** The node that its URI names, which terminals ask to pay; 0 where it is not known. Never changes. */
  node: bigint;
  /** Most for one authorization that is accepted offline, as the card's certificate says (specs/09 §2); 0: none. */
  offline_limit: Generated<bigint>;
  /** Until when the certificate is valid, Unix milliseconds; 0: the card has none. */
  certified_until: Generated<bigint>;
}

export type CardState = "pending" | "active" | "blocked" | "retired";

/** What changes about a card with nearly every payment; locked while it does. */
export interface AccountsTable {
  card: bigint;
  state: CardState;
  policy: bigint;
  /** Paid in for the card, less what was paid out and the routing fees that the card bore. */
  funded: bigint;
  /** Reserved and settled: never more than `funded`. */
  spent: bigint;
  /** Everything released to the card by a higher credit. */
  voided: bigint;
  /** When the latest authorization was decided; never runs backwards for a card. */
  decided_at: bigint;
  /** The highest counter known, from a token or a status, and the card's total after it. */
  top_counter: bigint;
  top_total: bigint;
  /** Sequence of the newest row in `limits`. */
  sequence: bigint;
  /** The highest sequence that the card has shown to have. */
  acknowledged: bigint;
  /** Number of the newest row in `operations`. */
  operation: bigint;
  /** Raised by every change of the row: a change of a row that was changed since it was read fails. */
  version: bigint;
  /** Highest routing fees of payments in flight that the card bears. `spent + held` is never more than `funded`. */
  held: bigint;
  /** 1 once the card was put into use: a card that never was does not get into use by being unblocked. */
  activated: bigint;
  /** Lent to it from the account `guarantee` and not settled yet; a part of `funded`. */
  owed: bigint;
}

/** What was signed for a card under each sequence; 0 is what it was personalized with. */
export interface LimitsTable {
  card: bigint;
  sequence: bigint;
  credit: bigint;
  max_per_transaction: bigint;
  pin_threshold: bigint;
  no_pin_budget: bigint;
  max_transactions: bigint;
  /** UPDATE_FLAG bits (specs/02 §3.3). */
  flags: bigint;
  cause: LimitsCause;
  created_at: bigint;
}

export type LimitsCause =
  | "personalization"
  | "top-up"
  | "void"
  | "gap"
  | "limits"
  | "block"
  /** By its holder, on the card's page. */
  | "holder-block"
  | "unblock"
  | "clone"
  | "replace"
  | "cash-out"
  | "reverse"
  | "move"
  | "retire"
  | "refund";

/** The page of a card (specs/04 §11.1): of its secret and code only hashes are kept. */
export interface CardPagesTable {
  card: bigint;
  /** 32 bytes, unique. */
  secret_hash: Buffer;
  /** 32 bytes; its salt is the secret. */
  code_hash: Buffer;
  made_at: bigint;
  revoked_at: bigint | null;
  /** Codes that were tried by all visitors, as the time until which they use up what may be tried. */
  tries_until: bigint;
}

/** Codes that one visitor tried on a page since one was right; gone a day after the last. */
export interface CardPageTriesTable {
  secret_hash: Buffer;
  /** Hash of the visitor's network and the secret, 32 bytes. */
  visitor: Buffer;
  tries: bigint;
  locked_until: bigint;
  tried_at: bigint;
}
