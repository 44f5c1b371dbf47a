import type { LoadSide } from "./nodes.js";

/** Routing fees of a card by the hour in which their payments were decided: reserved ones, corrected when resolved. */
export interface CardFeesTable {
  card: bigint;
  /** Unix milliseconds / 3,600,000. */
  hour: bigint;
  amount: bigint;
}

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
