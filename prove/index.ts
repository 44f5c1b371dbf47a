import "../testing/english.js";
import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { secp256k1, writeDurableFile } from "../common/index.js";
import { CAMPAIGNS } from "./campaigns.js";
import { type Reported, renderReport, reportData } from "./report.js";

/** Git ignores it: the figures of a run belong to the machine, CI keeps them as an artifact. */
const REPORT_FOLDER = "proof-report";

const USAGE = `Usage: npm run prove [-- options]

Tears, compares with a model and fuzzes everything that guards money, prints one page of what was tried, and keeps
it as a file (report.txt, report.json). Ends with 1 when anything failed; each failure names the command that repeats it.

  --budget <seconds>  at most this long in all; without it everything is run in full
  --only <text>       the campaigns whose names contain it
  --seed <n>          of everything random; without it a new one, which the report names
  --first             stop a campaign at its first failure
  --list              only list the campaigns, or with --planted the bugs and the parts that must catch them
  --out <folder>      where the report is kept, after each campaign; default ${REPORT_FOLDER}
  --json              print the report as JSON
  --planted           plants known bugs in a copy of the sources, one at a time, and has the campaigns, stories and
                      tests look for each that must catch it; --only chooses bugs, --budget is for one of these parts`;

/** Longest seed: fast-check takes 32 bits with a sign. */
const MAX_SEEDS = 2 ** 30;

function number(text: string | undefined, name: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number.parseInt(text, 10);
  if (!/^\d+$/.test(text) || value < least)
    throw new RangeError(`--${name} needs a whole number, have ${text}`);
  return value;
}

/** Keeps a report as text and as JSON. @returns what to print */
function keep(folder: string, name: string, text: string, data: unknown, asJson: boolean): string {
  const json = JSON.stringify(data, undefined, 2);
  mkdirSync(folder, { recursive: true });
  writeDurableFile(join(folder, `${name}.txt`), `${text}\n`, 0o644);
  writeDurableFile(join(folder, `${name}.json`), `${json}\n`, 0o644);
  return asJson ? json : text;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      budget: { type: "string" },
      only: { type: "string", default: "" },
      seed: { type: "string" },
      first: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      out: { type: "string", default: REPORT_FOLDER },
      json: { type: "boolean", default: false },
      planted: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const budget = number(values.budget, "budget", 1);
  const seed = number(values.seed, "seed", 0) ?? randomInt(MAX_SEEDS);
  const { out, json } = values;
  const tell = (text: string) => process.stderr.write(`${text}\n`);
  if (values.planted) {
    const { isCaught, listBugs, renderPlanted, runPlanted } = await import("./planted/run.js");
    if (values.list) {
      console.log(listBugs(values.only));
      return 0;
    }
    const found = await runPlanted({ seed, seconds: budget ?? 60, only: values.only, tell });
    console.log(keep(out, "planted", renderPlanted(found), found, json));
    return found.every(isCaught) ? 0 : 1;
  }
  const chosen = CAMPAIGNS.filter(({ name }) => name.includes(values.only));
  if (chosen.length === 0) throw new RangeError(`no campaign is called ${values.only}`);
  if (values.list) {
    for (const { name, about } of chosen) console.log(`${name}: ${about}`);
    return 0;
  }
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.version}, secp256k1 by ${secp256k1.name}`;
  const reported: Reported[] = [];
  let page = "";
  const end = budget === undefined ? Number.POSITIVE_INFINITY : performance.now() + budget * 1000;
  for (const [i, campaign] of chosen.entries()) {
    // What one leaves of its share, the next ones have.
    const seconds = Math.max(1, (end - performance.now()) / 1000 / (chosen.length - i));
    tell(`${campaign.name}: seed ${seed}`);
    const result = await campaign.run({
      seed,
      budget: { seconds, units: campaign.full, ...(values.first ? { failures: 1 } : {}) },
      progress: (text) => tell(`${campaign.name}: ${text}`),
    });
    reported.push({ campaign, result });
    page = keep(out, "report", renderReport(reported, machine), reportData(reported, machine), json);
  }
  console.log(page);
  return reportData(reported, machine).failures ? 1 : 0;
}

process.exitCode = await main();
