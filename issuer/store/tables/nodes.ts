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

/** Decisions write the side `reserved`, the ends of payments `resolved`: neither waits for the other's rows. */
export type LoadSide = "reserved" | "resolved";

/**
 * Payments of each node since it was added. Those in flight are the difference of both sides. A retired node has no
 * rows, so that nothing can be reserved for it.
 */
export interface NodeTotalsTable {
  node: bigint;
  side: LoadSide;
  payments: bigint;
}
