// What vitest's JSON reports say, in numbers.

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts of one report. A file that failed without a failed test (it could not be loaded, or a hook threw) counts as
 * one failure, and so does a run that failed without any.
 * @param {any} report content of vitest's JSON report; undefined when there is none
 * @param {number} exitCode of vitest
 * @returns {Counts}
 */
export function countReport(report, exitCode) {
  if (!report?.testResults) return { passed: 0, failed: 1, skipped: 0 };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    const failedBefore = counts.failed;
    for (const { status } of file.assertionResults) {
      if (status === "passed") counts.passed++;
      else if (status === "failed") counts.failed++;
      else counts.skipped++;
    }
    if (file.status === "failed" && counts.failed === failedBefore) counts.failed++;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** @param {readonly Counts[]} all */
export function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** The closing line. */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * Whether the run is a success: something ran, nothing failed, and where nothing may be skipped nothing was.
 * @param {Counts} counts
 */
export function isSuccess({ passed, failed, skipped }, { maySkip }) {
  return failed === 0 && passed > 0 && (maySkip || skipped === 0);
}
