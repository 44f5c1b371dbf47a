import type { Generated } from "kysely";
import type { SunCardsTable, SunCodesTable } from "./sun-schema.js";

/**
 * The tables, the same on SQLite and PostgreSQL. Every number is a 64-bit integer and reads as a bigint:
 * amounts in millisatoshi, times in Unix milliseconds, `card` the card id as a signed integer
 * (`cardKey` in values.ts). Bytes read as Buffer.
 */
export interface Tables {
  settings: SettingsTable;
  nodes: NodesTable;
  node_totals: NodeTotalsTable;
  policies: PoliciesTable;
  cards: CardsTable;
  accounts: AccountsTable;
  limits: LimitsTable;
  authorizations: AuthorizationsTable;
  leases: LeasesTable;
  gaps: GapsTable;
  statuses: StatusesTable;
  operations: OperationsTable;
  orders: OrdersTable;
  bookings: BookingsTable;
  unmatched: UnmatchedTable;
  refunds: RefundsTable;
  evidence: EvidenceTable;
  card_fees: CardFeesTable;
  issuer_fees: IssuerFeesTable;
  totals: TotalsTable;
  packs: PacksTable;
  guarantees: GuaranteesTable;
  guarantee_total: GuaranteeTotalTable;
  card_pages: CardPagesTable;
  card_page_tries: CardPageTriesTable;
  sun_cards: SunCardsTable;
  sun_codes: SunCodesTable;
}

/** What the whole database is bound to: the network. */
export interface SettingsTable {
  name: string;
  value: string;
}

/** `retired`: nothing is reserved for it any more. */
export type NodeState = "active" | "retired";

/** The Lightning nodes that pay for the cards of this ledger. A row is never deleted. */
export interface NodesTable {
  /** `nodeKey` of the id (values.ts): what authorizations and leases name. */
  node: bigint;
  /** 33 bytes. */
  node_id: Buffer;
  /** For people. */
  label: string;
  state: NodeState;
  added_at: bigint;
  /** Since when it pays for this ledger: what it paid before is not compared. */
  payments_since: bigint | null;
  /** Up to when what it sent was held against the ledger. */
  payments_checked: bigint | null;
  /**
   * When the last check began that found nothing in flight without an authorization; null: its service never ran. By
   * the clock of its service.
   */
  clear_at: bigint | null;
  /** What its channels could send and receive at `seen_at`, as its service told. */
  outbound: bigint | null;
  inbound: bigint | null;
  seen_at: bigint | null;
}

/**
 * Payments of each node since it was added. Those in flight are the difference of both sides. A retired node has no
 * rows, so that nothing can be reserved for it.
 */
export interface NodeTotalsTable {
  node: bigint;
  side: LoadSide;
  payments: bigint;
}

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
   * the reading, 8 bytes: proof that it was read, and of nothing else.
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

export type OperationKind = "fund" | "cash-out" | "move-out" | "move-in" | "reverse" | "refund";

/** Money moved by the issuer's people, and refunds of sales. */
export interface OperationsTable {
  card: bigint;
  operation: bigint;
  kind: OperationKind;
  amount: bigint;
  at: bigint;
  note: string;
  /** Number of the top-up that it books back; null for every other kind. */
  reverses: bigint | null;
}

/** Orders of the issuer's people that were booked: an order under the same reference is booked once. */
export interface OrdersTable {
  reference: string;
  /** The order in words, the same for each try of it. */
  request: string;
  card: bigint;
  /** The operation that it booked for the card; null where there was no money to move. */
  operation: bigint | null;
  amount: bigint;
  at: bigint;
}

export type BookingKind = "guarantee" | "reserve" | "settle" | "void" | "unmatched" | "match" | OperationKind;
/**
 * `external` is the money outside, `refunds` what merchants sent back for sales, `node` the channels that pay, `fees` what routing cost, `unmatched` what the node paid
 * without an authorization, `guarantee` what the issuer lent to cards; the others are the card's. Where the card bears a fee, it is `held` while the payment is in
 * flight and `charged` when it is settled.
 */
export type Account =
  | "external"
  | "funded"
  | "reserved"
  | "settled"
  | "cash-out"
  | "transfer"
  | "refunds"
  | "held"
  | "charged"
  | "fees"
  | "node"
  | "guarantee"
  | "unmatched";

/** Double-entry lines; those of one (card, kind, reference) sum to zero. */
export interface BookingsTable {
  id: Generated<bigint>;
  /** 0 where it is no card's: the issuer's own account `unmatched`. */
  card: bigint;
  kind: BookingKind;
  /** Counter of the authorization, number of the operation, or of the unmatched payment. */
  reference: bigint;
  account: Account;
  amount: bigint;
  at: bigint;
}

/** `open`: the operator has to check it. `written-off`: the operator has. `matched`: its authorization came after all. */
export type UnmatchedState = "open" | "matched" | "written-off";

/** Payments that the node made and that no authorization accounts for. */
export interface UnmatchedTable {
  number: Generated<bigint>;
  payment_hash: Buffer;
  state: UnmatchedState;
  amount: bigint;
  fee: bigint;
  /** Proves that it was paid. */
  preimage: Buffer;
  /** When its attempt began, by the node's clock. */
  sent_at: bigint;
  found_at: bigint;
  /** The counter it was paid for, where the process that paid it still knew: void, or gone from the ledger. */
  card: bigint | null;
  counter: bigint | null;
  resolved_at: bigint | null;
  /** Why it was written off. */
  note: string;
  /** The node that paid. */
  node: bigint;
}

/** `closed`: the invoice can no longer be paid. */
export type RefundState = "open" | "settled" | "closed";

/** Refunds of sales to the cards that paid, each with an invoice of the issuer's node (specs/08 §12). */
export interface RefundsTable {
  /** Payment hash of the issuer's invoice. */
  refund_hash: Buffer;
  /** Of the sale. */
  payment_hash: Buffer;
  /** Of the merchant's choice, 16 bytes: one invoice for each. */
  refund_id: Buffer;
  /** The authorization that paid the sale. */
  card: bigint;
  counter: bigint;
  amount: bigint;
  /** Canonical. */
  invoice: string;
  /** Node that made the invoice, 33 bytes. */
  node: Buffer;
  expires_at: bigint;
  created_at: bigint;
  state: RefundState;
  /** Proves that the invoice is settled. */
  preimage: Buffer | null;
  /** What was paid for it: at least `amount`. */
  received: bigint | null;
  /** The card that was credited: `card`, or the one that has its balance; and its operation. */
  credited: bigint | null;
  operation: bigint | null;
  resolved_at: bigint | null;
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

/** Routing fees of a card by the hour in which their payments were decided: reserved ones, corrected when resolved. */
export interface CardFeesTable {
  card: bigint;
  /** Unix milliseconds / 3,600,000. */
  hour: bigint;
  amount: bigint;
}

/** Decisions write the side `reserved`, the ends of payments `resolved`: neither waits for the other's rows. */
export type LoadSide = "reserved" | "resolved";

/** The same of all cards: fees reserved, and what of them was not paid. */
export interface IssuerFeesTable {
  hour: bigint;
  side: LoadSide;
  amount: bigint;
}

/**
 * Fees of all time, of all nodes. Those reserved or paid are the difference of both sides. A decision raises its side
 * only where the issuer's limits allow it, whatever other processes do.
 */
export interface TotalsTable {
  side: LoadSide;
  fees: bigint;
}

/** Acceptance packs given to terminals (specs/09 §3). A row is never deleted. */
export interface PacksTable {
  sequence: bigint;
  /** Sequence of the pack before it, 0 for the first: no two packs are made from the same state of the deny list. */
  follows: bigint;
  /** Public key of the terminal, 33 bytes. */
  terminal: Buffer;
  /** For people. */
  label: string;
  /** The deputy whose invoices the terminal makes, 33 bytes: an offline payee while the pack counts. */
  payee: Buffer;
  /** Issuer key that signed it, 33 bytes. */
  issuer: Buffer;
  made_at: bigint;
  valid_until: bigint;
  /** Seconds. */
  forwarding_window: bigint;
  per_sale: bigint;
  per_card: bigint;
  per_terminal: bigint;
  max_sales: bigint;
  /** Greatest age of the pack, seconds. */
  max_age: bigint;
  /** Cards on its deny list. */
  denied: bigint;
  /** What it promises; 0: no guarantee. */
  guaranteed_per_card: bigint;
  guaranteed_in_all: bigint;
  /** 1: it promises to pay contradictions, too. */
  contradictions: bigint;
  revoked_at: bigint | null;
}

/** Why a payment needed the guarantee. */
export type GuaranteeCause = "not-funded" | "card-blocked" | "period-limit" | "contradiction";

/** Authorizations that the issuer paid from its guarantee (specs/09 §9). */
export interface GuaranteesTable {
  card: bigint;
  counter: bigint;
  amount: bigint;
  cause: GuaranteeCause;
  /** 33 bytes. */
  payee: Buffer;
  at: bigint;
}

/** One row: what all cards owe. A decision raises it only where the issuer's limit allows it, whatever other processes do. */
export interface GuaranteeTotalTable {
  id: bigint;
  owed: bigint;
}

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
