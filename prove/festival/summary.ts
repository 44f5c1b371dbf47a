import { formatMsat, msat } from "../../common/index.js";
import type { FestivalResult } from "../../testing/festival/plan.js";

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** The result as a table for people, with what does not fit below it. */
export function renderFestival(result: FestivalResult, seed: number): string {
  const sat = (amount: bigint): string => formatMsat(msat(amount));
  const rows: (readonly [what: string, count: string, amount?: string])[] = [
    ["cards", grouped(result.cards)],
    ["terminals", grouped(result.terminals)],
    ["taps begun", grouped(result.asked)],
    ["taps completed", grouped(result.completed)],
    ["  paid", grouped(result.paid), sat(result.settled)],
    ["    by Bolt Cards", grouped(result.paidByChips)],
    ["    by second faces of cards", grouped(result.paidByFaces)],
    ...Object.entries(result.declined)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([reason, times]) => [`  declined: ${reason}`, grouped(times)] as const),
    ["taps given up", grouped(result.givenUp)],
    ["kills of the service", grouped(result.serviceKills)],
    ["kills of terminals", grouped(result.terminalKills)],
    ["kills of the closing of the event", grouped(result.closingKills)],
    ["cards lost and replaced", grouped(result.replacedCards)],
    ["top-ups", grouped(result.topUps)],
    ["refunds to cards", grouped(result.refunds), sat(result.refunded)],
    ["paid in", "", sat(result.paidIn)],
    ["paid out", "", sat(result.paidOut)],
    ["differences between any two books", grouped(result.problems.length)],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [wide = 0, narrow = 0] = widths;
  return [
    `A festival from the command line, seed ${seed}, ${result.seconds.toFixed(0)} s`,
    "",
    ...rows.map(([what, count, amount = ""]) =>
      `${what.padEnd(wide)}  ${count.padStart(narrow)}  ${amount.padStart(22)}`.trimEnd(),
    ),
    "",
    ...result.problems.map((problem) => `WRONG: ${problem}`),
    result.problems.length === 0 ? "Every book agrees with every other, to the msat." : "",
  ]
    .join("\n")
    .trimEnd();
}
