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
