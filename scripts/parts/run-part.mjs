// Runs one part of `npm test` within its limit, and ends every process that it started, however it ends.
import { onInterrupt } from "../children.mjs";
import { endMarked, MARK, newMark } from "../processes.mjs";

/** A run that was interrupted has this long to end in order. */
const INTERRUPT_GRACE_MS = 5_000;

/**
 * One part of `npm test`. A new one is one entry in `index.mjs`.
 * @typedef {object} Part
 * @property {string} name as the table and `--part` name it
 * @property {number} budget minutes on two cores that have nothing else to do
 * @property {number} limit minutes after which it is ended, whatever it is doing: several times the budget, for
 *   machines that have much else to do
 * @property {(options: PrepareOptions) => Promise<any>} [prepare] what takes long and may go on beside the parts before
 *   this one; its time is not the part's
 * @property {(args: readonly string[], prepared: any) => Promise<Result>} run `args` are those for vitest, `prepared` is
 *   what came of `prepare`
 * @property {() => readonly string[]} [doing] what is running at the moment
 */

/** @typedef {{ withLnd: boolean }} PrepareOptions `withLnd`: what lnd needs is to be built and run */

/**
 * What came of a part. `skipReason`: why nothing of it could be run, as half a sentence; `notes`: sentences to be
 * read again at the end.
 * @typedef {import("../report/counts.mjs").Counts & { skipReason?: string, notes?: readonly string[] }} Result
 */

/**
 * @typedef {import("../report/counts.mjs").Counts & { name: string, budget: number, usedMs: number, remark?: string,
 *   notes: readonly string[] }} Outcome
 */

function lateness({ name, limit, doing }) {
  const running = doing?.() ?? [];
  const list =
    running.length > 0 ? running.map((each) => `\n  ${each}`).join("") : " nothing that it reported";
  return `The part ${name} was ended after its limit of ${limit} minutes. It was running:${list}`;
}

/** @param {Result} result */
function judge(result, { name, mustRun }) {
  const { skipReason, passed, failed, skipped, notes = [] } = result;
  if (skipReason === undefined) return { passed, failed, skipped, notes };
  const note = `The part ${name} is skipped, because ${skipReason}.`;
  const counts = mustRun ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
  return { ...counts, notes: [note], remark: "skipped, see below" };
}

/** Makes every process below a mark end when the time is over, or a while after an interruption. */
function guard(mark, limitMs, onLate) {
  const end = () => void endMarked(mark);
  const timers = [
    setTimeout(() => {
      onLate();
      end();
    }, limitMs),
  ];
  const forget = onInterrupt(() => timers.push(setTimeout(end, INTERRUPT_GRACE_MS)));
  return () => {
    forget();
    for (const timer of timers) clearTimeout(timer);
  };
}

async function inMark(mark, work) {
  const outer = process.env[MARK];
  process.env[MARK] = mark;
  try {
    return await work();
  } finally {
    if (outer === undefined) delete process.env[MARK];
    else process.env[MARK] = outer;
  }
}

/**
 * @param {Part} part
 * @param {{ args: readonly string[], mustRun: boolean, prepared?: any }} options `mustRun`: a part that cannot be run has
 *   failed
 * @returns {Promise<Outcome>}
 */
export async function runPart(part, { args, mustRun, prepared }) {
  const { name, budget, limit } = part;
  const mark = newMark(name.replace(/\W/g, ""));
  const begun = performance.now();
  let late;
  const release = guard(mark, limit * 60_000, () => {
    late = lateness(part);
    console.log(late);
  });
  let judged;
  let left = [];
  try {
    judged = judge(await inMark(mark, () => part.run(args, prepared)), { name, mustRun });
  } finally {
    release();
    left = await endMarked(mark);
  }
  const outcome = { name, budget, usedMs: performance.now() - begun, ...judged };
  if (late !== undefined)
    return {
      ...outcome,
      failed: Math.max(1, judged.failed),
      remark: "ended at its limit",
      notes: [...judged.notes, late],
    };
  if (left.length === 0) return outcome;
  const list = left.map((each) => `\n  ${each}`).join("");
  return {
    ...outcome,
    notes: [...judged.notes, `The part ${name} left these running; they were ended:${list}`],
  };
}
