import "../../testing/english.js";
import { parseArgs } from "node:util";
import { toJson } from "../../cli/output.js";
import { festivalOf, runInFolder } from "./campaign.js";
import { runFestival } from "./festival.js";
import { renderFestival } from "./summary.js";

const USAGE = `Usage: node dist/prove/festival/index.js [options]

A festival from the command line alone: issuer, cards, terminals, kills, lost cards, the event closed, and every book
held against every other to the msat. Every command is a process. Ends with 1 when anything does not fit.

  --taps <n>       sales that come to an end, at least; ten with each card that comes to a terminal (1000)
  --cards <n>      cards in people's hands (a tenth of the taps, at least 20)
  --terminals <n>  terminals that sell at once (4)
  --kills <n>      kills of the service, and as many of terminals (a hundredth of the taps)
  --seed <n>       of everything random (1)
  --postgres       with a ledger on a PostgreSQL server that is started for it
  --json           the result as JSON, amounts in msat
  --keep           keep the folder and name it`;

function count(text: string | undefined, option: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (Number.isNaN(value)) throw new RangeError(`--${option} needs a whole number, have ${text}`);
  return value;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      taps: { type: "string" },
      cards: { type: "string" },
      terminals: { type: "string" },
      kills: { type: "string" },
      seed: { type: "string" },
      postgres: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const seed = count(values.seed, "seed", 1);
  const kind = values.postgres ? "postgres" : "sqlite";
  const run = (place: { folder: string; database?: string }) => {
    if (values.keep) process.stderr.write(`${place.folder}\n`);
    const usual = festivalOf(count(values.taps, "taps", 1000), {
      ...place,
      seed,
      tell: (text) => process.stderr.write(`${text}\n`),
    });
    const kills = count(values.kills, "kills", usual.serviceKills);
    return runFestival({
      ...usual,
      cards: count(values.cards, "cards", usual.cards),
      terminals: count(values.terminals, "terminals", usual.terminals),
      serviceKills: kills,
      terminalKills: kills,
    });
  };
  const result = await runInFolder(kind, run, values.keep);
  console.log(values.json ? toJson({ seed, ...result }) : renderFestival(result, seed));
  return result.problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
