import type { AuthorizerConfig } from "./config.js";

/** What a decision takes into account beside the card's own facts. */
export interface World {
  /** Issuer's clock, Unix milliseconds. */
  readonly now: number;
  /** The node of this process. */
  readonly node: bigint;
  /** Payments reserved right now, those decided earlier in the same transaction included. */
  readonly inFlight: number;
  /** Of them, those to this payee. */
  readonly inFlightToPayee: number;
  /** What the issuer's budgets of routing fees have left. */
  readonly feesLeft: bigint;
  /** What all cards owe to the guarantee. */
  readonly owed: bigint;
  readonly limits: Pick<
    AuthorizerConfig,
    | "maxInFlight"
    | "maxInFlightPerPayee"
    | "maxInFlightPerCard"
    | "keptPlacesPercent"
    | "maxExpirySeconds"
    | "statusSkewSeconds"
    | "offline"
  >;
}
