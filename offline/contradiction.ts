import { spanProblem } from "../apdu/sealed/span.js";

/** An authorization among those of its card. */
export interface CardPoint {
  readonly counter: bigint;
  readonly amount: bigint;
  /** The card's total after it. */
  readonly total: bigint;
}

/**
 * Why an authorization cannot be this card's next to those that the terminal holds (specs/09 §4.3); undefined where it can.
 * @param before the held one with the highest counter below; @param after the one with the lowest above; @param same one with
 * the same counter, which is for another invoice: an invoice is in one sale only
 */
export function contradictionAmong(
  { counter, amount, total }: CardPoint,
  held: { readonly before?: CardPoint; readonly same?: CardPoint; readonly after?: CardPoint },
): string | undefined {
  if (held.same) return `two invoices under counter ${counter}`;
  const { before, after } = held;
  return (
    (before && spanProblem(counter - 1n - before.counter, total - amount - before.total, "before it")) ??
    (after && spanProblem(after.counter - 1n - counter, after.total - after.amount - total, "after it"))
  );
}
