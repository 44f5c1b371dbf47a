import type { Generated } from "kysely";

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
