import type { LimitsRow } from "../ledger/limits.js";

/** What became of a request, before the update for its card is sealed. */
export interface Outcome {
  /** Reason code; undefined: accepted, or not known yet. */
  readonly reason: number | undefined;
  readonly pending: LimitsRow | undefined;
}

export const rejected = (reason: number, pending?: LimitsRow): Outcome => ({ reason, pending });
/** Nothing is said on the wire: the merchant believes its own settled invoice alone. */
export const accepted = (pending?: LimitsRow): Outcome => ({ reason: undefined, pending });
