// npm test: sets everything up, runs the parts one after another, and prints one table of them.
// Arguments go to vitest, but for `--part NAME` (only that part; may be repeated), `--with-lnd` (builds lnd and tests on
// it) and `--busy` (with eight busy loops beside it). With CI=true nothing may be missing or skipped.
import { keepBusy } from "./busy.mjs";
import { handleSignals, Interrupted } from "./children.mjs";
import { chooseParts } from "./parts/index.mjs";
import { runPart } from "./parts/run-part.mjs";
import { closingLine, isSuccess, sum } from "./report/counts.mjs";
import { table } from "./report/table.mjs";
import { setUp } from "./setup/index.mjs";

const CI = process.env.CI === "true";

const failure = (note) => ({ passed: 0, failed: 1, skipped: 0, notes: [note] });

function readArguments(all) {
  const options = { names: [], busy: false, withLnd: CI, args: [] };
  for (let i = 0; i < all.length; i++) {
    if (all[i] === "--busy") options.busy = true;
    else if (all[i] === "--with-lnd") options.withLnd = true;
    else if (all[i] === "--part") options.names.push(all[++i] ?? "");
    else if (all[i].startsWith("--part=")) options.names.push(all[i].slice("--part=".length));
    else options.args.push(all[i]);
  }
  const { names, ...rest } = options;
  return { ...rest, parts: chooseParts(names) };
}

/** What is wrong before any part begins, and whether one can. */
async function prepare() {
  const { ok, built, problems } = await setUp("test", { force: CI });
  const missing = CI ? problems.map((problem) => failure(problem)) : [];
  if (!ok) return { ok, faults: [failure("The npm packages could not be installed."), ...missing] };
  return { ok, faults: built ? missing : [...missing, failure("The build failed: .setup/log/build.log")] };
}

async function runParts({ parts, busy, withLnd, args }) {
  const end = busy ? keepBusy() : () => {};
  const preparing = new Map(parts.map((part) => [part, part.prepare?.({ withLnd })]));
  // A failure shows when its part is reached.
  for (const prepared of preparing.values()) prepared?.catch(() => {});
  try {
    const outcomes = [];
    for (const part of parts)
      outcomes.push(await runPart(part, { args, mustRun: CI, prepared: await preparing.get(part) }));
    return outcomes;
  } finally {
    end();
  }
}

async function main() {
  const options = readArguments(process.argv.slice(2));
  const { ok, faults } = await prepare();
  const outcomes = ok ? await runParts(options) : [];
  if (outcomes.length > 0) console.log(`\n${table(outcomes).join("\n")}\n`);
  const all = [...faults, ...outcomes];
  for (const note of all.flatMap(({ notes }) => notes)) console.log(note);
  const total = sum(all);
  if (CI && total.skipped > 0) console.log("Tests were skipped, and with CI=true none may be.");
  if (total.passed + total.failed + total.skipped === 0) console.log("No test ran.");
  console.log(closingLine(total));
  return isSuccess(total, { maySkip: !CI }) ? 0 : 1;
}

handleSignals();
try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof RangeError) console.error(error.message);
  else if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error instanceof Interrupted ? error.exitCode : 2;
}
