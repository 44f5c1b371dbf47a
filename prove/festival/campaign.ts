import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FestivalPlan, FestivalResult } from "../../testing/festival/plan.js";
import { postgresBinaries, startPostgres } from "../../testing/postgres/server.js";
import type { Campaign, CampaignOptions, CampaignResult, Failure } from "../campaign.js";
import { runFestival } from "./festival.js";

const COMPILED = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
/** It takes at least that long to make an issuer, its cards and its shops, and close it all again. */
const MIN_SECONDS = 120;
/** Sales of one second that a slow machine gets through, kills included. */
const TAPS_A_SECOND = 1;
const MIN_TAPS = 40;
/** One festival in a file, and one of so manieth its size on PostgreSQL. */
const SERVER_SHARE = 5;

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
    chips: Math.max(6, Math.floor(taps / 40)),
    topUps: Math.max(2, Math.floor(taps / 50)),
    refunds: Math.max(4, Math.floor(taps / 50)),
    ...given,
  };
}

/** Runs a festival in a folder of its own. @param kind of its ledger */
export async function runInFolder(
  kind: "sqlite" | "postgres",
  run: (place: { folder: string; database?: string }) => Promise<FestivalResult>,
  keep = false,
): Promise<FestivalResult> {
  const server = kind === "postgres" ? await startPostgres({ durable: true }) : undefined;
  const folder = mkdtempSync(join(tmpdir(), "chequecard-festival-"));
  try {
    return await run({ folder, ...(server ? { database: await server.database() } : {}) });
  } finally {
    await server?.stop();
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

const countsOf = (result: FestivalResult): Record<string, number> => ({
  cards: result.cards,
  terminals: result.terminals,
  "taps begun": result.asked,
  paid: result.paid,
  "paid by Bolt Cards": result.paidByChips,
  "paid by second faces": result.paidByFaces,
  ...Object.fromEntries(
    Object.entries(result.declined).map(([reason, times]) => [`declined: ${reason}`, times]),
  ),
  "given up": result.givenUp,
  "kills of the service": result.serviceKills,
  "kills of terminals": result.terminalKills,
  "kills of the closing": result.closingKills,
  "cards replaced": result.replacedCards,
  "top-ups": result.topUps,
  refunds: result.refunds,
});

/** A festival as one part of the proof. */
export const festival: Campaign = {
  name: "issuer-festival",
  about:
    "a festival by the processes of the command line: kills, lost cards, refunds, the event closed, all books compared",
  unit: "taps",
  full: 1000,
  async run({ seed, budget, progress }: CampaignOptions): Promise<CampaignResult> {
    if (budget.seconds < MIN_SECONDS)
      return { units: 0, counts: { "left out: too little time": 1 }, failures: [], seed, seconds: 0 };
    const taps = Math.min(
      budget.units,
      Math.max(MIN_TAPS, Math.floor((budget.seconds - MIN_SECONDS) * TAPS_A_SECOND)),
    );
    const hasServer = postgresBinaries() !== undefined;
    const onServer = Math.max(MIN_TAPS, Math.floor(taps / SERVER_SHARE));
    const started = performance.now();
    const failures: Failure[] = [];
    const counts: Record<string, number> = hasServer ? {} : { "left out: no PostgreSQL": 1 };
    let units = 0;
    for (const kind of hasServer ? (["sqlite", "postgres"] as const) : (["sqlite"] as const)) {
      const replay = `--only issuer-festival --seed ${seed}`;
      const fail = (what: string) => failures.push({ where: `festival on ${kind}`, what, replay });
      const plan = { seed, tell: (text: string) => progress?.(text) };
      try {
        const result = await runInFolder(kind, (place) =>
          runFestival(festivalOf(kind === "sqlite" ? taps : onServer, { ...place, ...plan })),
        );
        units += result.completed;
        for (const [what, count] of Object.entries(countsOf(result)))
          counts[what] = (counts[what] ?? 0) + count;
        counts[`taps on ${kind}`] = result.completed;
        for (const problem of result.problems) fail(problem);
      } catch (error) {
        // A festival that comes to a standstill is a finding like any other, and the other campaigns go on.
        fail(error instanceof Error ? error.message : String(error));
      }
    }
    return { units, counts, failures, seed, seconds: (performance.now() - started) / 1000 };
  },
};
