import { spanProblem } from "../../apdu/sealed/span.js";
import type { AccountRow } from "./accounts.js";
import type { Gap } from "./facts.js";

/** A token among the counters of its card. */
export interface Placement {
  readonly counter: bigint;
  readonly amount: bigint;
  /** The card's total after it. */
  readonly total: bigint;
}

/**
 * Why a token cannot be this card's next to what was seen of it, or undefined (specs/03 §3).
 * @param gap the skipped counters it lies among; without one its counter must be above the highest seen
 */
export function placementProblem(
  account: Pick<AccountRow, "top_counter" | "top_total">,
  gap: Gap | undefined,
  { counter, amount, total }: Placement,
): string | undefined {
  const before = total - amount;
  if (!gap) return spanProblem(counter - 1n - account.top_counter, before - account.top_total, "before it");
  return (
    spanProblem(counter - gap.first, before - gap.total_before, "before it") ??
    spanProblem(gap.last - counter, gap.total_before + gap.amount - total, "after it")
  );
}

/** What is left of a gap when one of its counters is seen: none, one or two smaller ones of the same age. */
export function splitGap(gap: Gap, { counter, amount, total }: Placement): Gap[] {
  const before = total - amount;
  const end = gap.total_before + gap.amount;
  const parts: Gap[] = [];
  if (counter > gap.first) parts.push({ ...gap, last: counter - 1n, amount: before - gap.total_before });
  if (counter < gap.last)
    parts.push({ ...gap, first: counter + 1n, total_before: total, amount: end - total });
  return parts;
}

/** The counters that a point above the highest seen skips; undefined when it is the next one. */
export function openedGap(
  account: Pick<AccountRow, "top_counter" | "top_total">,
  last: bigint,
  totalAfterLast: bigint,
  now: bigint,
): Gap | undefined {
  if (last <= account.top_counter) return undefined;
  return {
    first: account.top_counter + 1n,
    last,
    total_before: account.top_total,
    amount: totalAfterLast - account.top_total,
    known_at: now,
    voided_at: null,
  };
}
