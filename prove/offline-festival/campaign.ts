import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MEMORY } from "../../testing/memory.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { runOfflineFestival } from "./run.js";

/** What must have happened over all runs: a campaign that never tried it shows nothing. */
const MUST_HAPPEN = [
  "bundles carried twice",
  "bundles carried late",
  "bundles carried in the wrong order",
  "bundles carried by two people",
] as const;

/** And in a campaign of some length, though not in each single run. */
const MUST_HAPPEN_IN_TIME = [
  "payments guaranteed",
  "cards blocked",
  "cards cashed out",
  "cards cloned",
  "packs not taken: older",
  "not accepted: card-denied",
  "sales that went on offline",
] as const;
const SOME_LENGTH = 20;

/** Runs festivals without connections, each from a seed of its own, until the budget is spent. */
export async function runOfflineFestivals(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const directory = mkdtempSync(join(MEMORY, "chequecard-offline-"));
  for (const what of MUST_HAPPEN) meter.count(what, 0);
  try {
    for (let seed = options.seed; !meter.isOver; seed++) {
      const { problems, counts } = await runOfflineFestival(seed, directory);
      meter.units++;
      for (const [what, n] of Object.entries(counts)) meter.count(what, n);
      const replay = `--only offline-festival --first --seed ${seed}`;
      for (const what of problems) meter.fail({ where: `seed ${seed}`, what, replay });
      meter.tell("runs");
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const musts = meter.units < SOME_LENGTH ? MUST_HAPPEN : [...MUST_HAPPEN, ...MUST_HAPPEN_IN_TIME];
  for (const what of musts)
    if (!meter.counts[what])
      meter.fail({
        where: `all ${meter.units} runs`,
        what: `${what}: never`,
        replay: `--only offline-festival --seed ${options.seed}`,
      });
  return meter.result();
}

export const offlineFestival: Campaign = {
  name: "offline-festival",
  about:
    "stalls and cards without a connection, bundles carried twice, late, in the wrong order and by two people, cards blocked, emptied and cloned meanwhile: nobody is paid twice and no stall loses more than its limits",
  unit: "runs",
  full: 200,
  run: runOfflineFestivals,
};
