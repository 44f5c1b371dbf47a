import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MEMORY } from "../../testing/memory.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { strikeOnce } from "./run.js";
import type { Strike } from "./strikes.js";

const KINDS: readonly Strike["kind"][] = ["killed before", "killed after", "failed"];

/**
 * Strikes each statement of terminal and shop while sales are accepted, carried and forwarded: killed before it, killed after
 * it, or failed once. One pass is the whole of it; a share strikes one in so many.
 */
export async function runOfflineKills(options: CampaignOptions, every = 1): Promise<CampaignResult> {
  const meter = new Meter(options);
  const directory = mkdtempSync(join(MEMORY, "chequecard-offline-kills-"));
  try {
    for (const kind of KINDS)
      for (let count = 1 + (options.seed % every); !meter.isOver; count += every) {
        const { statement, problems, paid } = await strikeOnce({ kind, count }, directory);
        if (statement === undefined && problems.length === 0) break;
        meter.units++;
        meter.count(`statements ${kind}`);
        meter.count("accepted sales paid", paid);
        for (const what of problems)
          meter.fail({
            where: `statement ${count} ${kind} (${statement ?? "none"})`,
            what,
            replay: "--only offline-kills --first",
          });
        meter.tell("kills");
        if (statement === undefined) break;
      }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return meter.result();
}

export const offlineKills: Campaign = {
  name: "offline-kills",
  about:
    "terminal and shop killed before and after each statement of accepting, carrying and forwarding, and each statement failed once: what was shown as accepted is paid, once",
  unit: "kills",
  full: 1000,
  run: (options) => runOfflineKills(options),
};
