import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatMsat } from "../../common/index.js";
import { runFestival } from "./festival.js";

const USAGE = `Usage: node dist/prove/festival/index.js [options]

A festival from the command line alone: issuer, cards, terminals, kills, lost cards, the event closed, and every book
held against every other to the msat. Ends with 1 when anything does not fit.

  --cards <n>      cards in people's hands (100)
  --terminals <n>  terminals that sell at once (4)
  --taps <n>       sales at least, ten with each card that comes to a terminal (1000)
  --kills <n>      kills of the service, and as many of terminals (10)
  --seed <n>       of everything random (1)
  --keep           keep the folder and name it`;

function count(text: string, option: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError(`--${option} needs a whole number, have ${text}`);
  return value;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      cards: { type: "string", default: "100" },
      terminals: { type: "string", default: "4" },
      taps: { type: "string", default: "1000" },
      kills: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const kills = count(values.kills, "kills");
  const folder = mkdtempSync(join(tmpdir(), "chequecard-festival-"));
  const started = performance.now();
  try {
    const result = await runFestival({
      program: fileURLToPath(new URL("../../cli/main.js", import.meta.url)),
      folder,
      cards: count(values.cards, "cards"),
      terminals: count(values.terminals, "terminals"),
      // A terminal that is killed sells nothing more in that visit: as many visits more make up for it.
      visits: Math.ceil(count(values.taps, "taps") / 10) + kills,
      tapsPerVisit: 10,
      serviceKills: kills,
      terminalKills: kills,
      lostCards: 3,
      topUps: 20,
      seed: count(values.seed, "seed"),
      tell: (text) => process.stderr.write(`${text}\n`),
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(
      `${result.taps} taps in ${seconds} s: ${result.paid} paid over ${formatMsat(result.settled)}, ${result.declined} declined, ` +
        `${result.serviceKills} kills of the service, ${result.terminalKills} of terminals; ${formatMsat(result.paidOut)} paid out.`,
    );
    for (const problem of result.problems) console.log(`WRONG: ${problem}`);
    if (result.problems.length === 0) console.log("Every book agrees with every other, to the msat.");
    return result.problems.length === 0 ? 0 : 1;
  } finally {
    if (values.keep) console.log(folder);
    else rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
