/**
 * Between two totals of a card lies at least 1 msat for every counter in between, and nothing when there is none
 * (specs/03 §3).
 * @param where `before it` or `after it`, for the message
 * @returns why it cannot be; undefined where it can
 */
export function spanProblem(counters: bigint, amount: bigint, where: string): string | undefined {
  if (counters === 0n ? amount === 0n : amount >= counters) return undefined;
  return `its total leaves ${amount} msat for the ${counters} authorizations ${where}`;
}
