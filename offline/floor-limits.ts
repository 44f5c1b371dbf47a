import { formatMsat, type Msat } from "../common/msat.js";
import type { FloorLimits } from "./pack.js";
import { OfflineRefusal } from "./refusal.js";

/** What a terminal has accepted and not forwarded yet. */
export interface HeldSales {
  /** Number of all of them. */
  readonly sales: number;
  /** Their sum. */
  readonly total: Msat;
  /** Sum of those to the card in question. */
  readonly card: Msat;
}

const lower = (one: Msat, other: Msat): Msat => (one < other ? one : other);

/** The lower of each limit of the terminal and of a pack (specs/09 §4.2). */
export function lowerLimits(one: FloorLimits, other: FloorLimits): FloorLimits {
  return {
    perSale: lower(one.perSale, other.perSale),
    perCard: lower(one.perCard, other.perCard),
    perTerminal: lower(one.perTerminal, other.perTerminal),
    maxSales: Math.min(one.maxSales, other.maxSales),
    maxPackAgeSeconds: Math.min(one.maxPackAgeSeconds, other.maxPackAgeSeconds),
  };
}

/**
 * Holds that a sale fits the floor limits, itself counted (specs/09 §4.2).
 * @throws OfflineRefusal
 */
export function expectWithinLimits(limits: FloorLimits, amount: Msat, held: HeldSales): void {
  const above = (sum: bigint, limit: Msat): string | undefined =>
    sum > limit ? `It would be ${formatMsat(sum as Msat)} of ${formatMsat(limit)}.` : undefined;
  const sale = above(amount, limits.perSale);
  if (sale) throw new OfflineRefusal("above-sale-limit", { hint: sale });
  const card = above(held.card + amount, limits.perCard);
  if (card) throw new OfflineRefusal("above-card-limit", { hint: card });
  const all = above(held.total + amount, limits.perTerminal);
  if (all) throw new OfflineRefusal("above-terminal-limit", { hint: all });
  if (held.sales >= limits.maxSales)
    throw new OfflineRefusal("too-many-sales", { hint: `${held.sales} are waiting.` });
}
