import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MEMORY } from "../../testing/memory.js";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { runSimulation } from "./run.js";
import { ServerLedgers } from "./server-ledgers.js";

/** Of so many runs one is on PostgreSQL, where the system has it: chosen by the seed, so that a replay is the same. */
const SERVER_EVERY = 8;
/** And of so many one has two services on one ledger there. */
const TWO_EVERY = 16;

/** Runs festivals under faults, each from a seed of its own, until the budget is spent. */
export async function runSystemFaults(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const directory = mkdtempSync(join(MEMORY, "chequecard-system-"));
  const ledgers = new ServerLedgers();
  try {
    for (let seed = options.seed; !meter.isOver; seed++) {
      const onServer = seed % SERVER_EVERY === 0 && postgresBinaries() !== undefined;
      const services = onServer && seed % TWO_EVERY === 0 ? 2 : 1;
      const where = `${onServer ? "PostgreSQL" : "SQLite"}${services === 2 ? ", two services" : ""}`;
      const { problems, counts } = onServer
        ? await ledgers.with(seed, services, (ledger) => runSimulation(seed, directory, ledger))
        : await runSimulation(seed, directory);
      meter.units++;
      meter.count(`runs on ${where}`);
      for (const [what, n] of Object.entries(counts)) meter.count(what, n);
      for (const what of problems)
        meter.fail({
          where: `seed ${seed}, on ${where}`,
          what,
          replay: `--only system --first --seed ${seed}`,
        });
      meter.tell("runs");
    }
  } finally {
    await ledgers.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return meter.result();
}

export const systemFaults: Campaign = {
  name: "system-faults",
  about:
    "cards, terminals, nodes and the issuer under kills, tears, losses, full disks and wrong clocks; then all books agree to the msat",
  unit: "runs",
  full: 200,
  run: runSystemFaults,
};
