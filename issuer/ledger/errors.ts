import { CodedError } from "../../common/errors.js";

export type LedgerErrorCode =
  | "unknown-card"
  /** The node does not pay for this ledger. */
  | "unknown-node"
  /** No unmatched payment has this hash. */
  | "unknown-payment"
  | "unknown-pack"
  | "card-exists"
  /** The card is in a state in which this cannot be done. */
  | "wrong-state"
  /** Less is there than was asked for. */
  | "not-enough"
  /** More would be there than the card's policy allows. */
  | "too-much"
  /** The reference of an order is of another one. */
  | "reference-used";

/** An order of the issuer's people that the ledger refuses; nothing was changed. */
export class LedgerError extends CodedError<LedgerErrorCode> {}
