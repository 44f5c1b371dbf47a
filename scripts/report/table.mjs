// The table of the parts of a run.

/** A time as minutes and seconds, `4:07`. @param {number} ms */
export function minutes(ms) {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const HEADS = ["part", "budget", "used", "passed", "failed", "skipped", ""];
const LEFT = new Set([0, HEADS.length - 1]);

/** @param {import("../parts/run-part.mjs").Outcome} outcome */
function remark({ budget, usedMs, remark }) {
  return remark ?? (usedMs > budget * 60_000 ? "over its budget" : "");
}

/**
 * One line for each part. The budgets are minutes on two cores that have nothing else to do.
 * @param {readonly import("../parts/run-part.mjs").Outcome[]} outcomes
 * @returns {readonly string[]}
 */
export function table(outcomes) {
  const rows = outcomes.map((outcome) => [
    outcome.name,
    `${outcome.budget}:00`,
    minutes(outcome.usedMs),
    ...[outcome.passed, outcome.failed, outcome.skipped].map(String),
    remark(outcome),
  ]);
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    cells
      .map((cell, column) => (LEFT.has(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd();
  return [line(HEADS), ...rows.map(line)];
}
