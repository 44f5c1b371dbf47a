import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Campaign, CampaignOptions, CampaignResult } from "../campaign.js";
import { runFestival } from "./festival.js";
import type { FestivalPlan, FestivalResult } from "./plan.js";

const COMPILED = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
/** Shorter than that nobody can make an issuer, its cards and its shops, and close it all again. */
const LEAST_SECONDS = 120;
/** Sales of one second that a slow machine gets through, kills included. */
const TAPS_A_SECOND = 1;
const LEAST_TAPS = 40;

/** The festival of a number of taps: ten with each card that comes to a terminal, a kill of each kind for a hundred. */
export function festivalOf(
  taps: number,
  given: Pick<FestivalPlan, "folder" | "seed" | "tell"> & Partial<FestivalPlan>,
): FestivalPlan {
  const kills = Math.max(1, Math.floor(taps / 100));
  return {
    program: COMPILED,
    commands: "processes",
    cards: Math.max(20, Math.floor(taps / 10)),
    terminals: 4,
    taps,
    tapsPerVisit: 10,
    serviceKills: kills,
    terminalKills: kills,
    closingKills: 2,
    lostCards: 3,
    topUps: Math.max(2, Math.floor(taps / 50)),
    ...given,
  };
}

/** Runs a festival in a folder of its own. */
export async function runInFolder<T>(run: (folder: string) => Promise<T>, keep = false): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-festival-"));
  try {
    return await run(folder);
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

const countsOf = (result: FestivalResult): Record<string, number> => ({
  cards: result.cards,
  terminals: result.terminals,
  "taps begun": result.asked,
  paid: result.paid,
  ...Object.fromEntries(
    Object.entries(result.declined).map(([reason, times]) => [`declined: ${reason}`, times]),
  ),
  "cut off before the terminal held a token": result.givenUp,
  "kills of the service": result.serviceKills,
  "kills of terminals": result.terminalKills,
  "kills of the closing": result.closingKills,
  "cards replaced": result.replacedCards,
  "top-ups": result.topUps,
});

/** A festival as one part of the proof. */
export const festival: Campaign = {
  name: "issuer-festival",
  about:
    "a festival by the processes of the command line: kills, lost cards, the event closed, all books compared",
  unit: "taps",
  full: 1000,
  async run({ seed, budget, progress }: CampaignOptions): Promise<CampaignResult> {
    if (budget.seconds < LEAST_SECONDS)
      return { units: 0, counts: { "left out: too little time": 1 }, failures: [], seed, seconds: 0 };
    const taps = Math.min(
      budget.units,
      Math.max(LEAST_TAPS, Math.floor((budget.seconds - LEAST_SECONDS) * TAPS_A_SECOND)),
    );
    const replay = `node dist/prove/festival/index.js --taps ${taps} --seed ${seed}`;
    const result = await runInFolder((folder) =>
      runFestival(festivalOf(taps, { folder, seed, tell: (text) => progress?.(text) })),
    );
    return {
      units: result.completed,
      counts: countsOf(result),
      failures: result.problems.map((what) => ({ where: `festival of ${taps} taps`, what, replay })),
      seed,
      seconds: result.seconds,
    };
  },
};
