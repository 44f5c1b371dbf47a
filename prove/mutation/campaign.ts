import { createHash } from "node:crypto";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { EQUIVALENT } from "./equivalent.js";
import { type Mutant, nameOf } from "./operators.js";
import { Pool } from "./pool.js";
import { allMutants, readSources } from "./sources.js";

/** Fixed with the operators before anything was counted. */
const MUTANTS = 1_200;
/** Mutants that may be listed as equivalent, of all. */
const MAX_EQUIVALENT = 0.05;

const rank = (mutant: Mutant): string => createHash("sha256").update(nameOf(mutant)).digest("hex");

/** The mutants of a full run: those of all that come first by the hash of their names, so that no order favors a file. */
export function chosenMutants(sources: ReadonlyMap<string, string>): Mutant[] {
  return allMutants(sources)
    .map((mutant) => ({ mutant, rank: rank(mutant) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, MUTANTS)
    .map(({ mutant }) => mutant);
}

/** Changes the reference implementation in one place at a time, and looks for changes that no vector notices. */
export async function runMutation(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const sources = readSources();
  const mutants = chosenMutants(sources);
  const listed = new Set(mutants.map(nameOf).filter((name) => name in EQUIVALENT));
  if (listed.size > MAX_EQUIVALENT * mutants.length)
    meter.fail(failure("the list of equivalent mutants", `${listed.size} of ${mutants.length} are listed`));
  const waiting = [...mutants];
  const next = (): Mutant | undefined => (meter.isOver ? undefined : waiting.shift());
  await new Pool(sources).run(next, (mutant, { killedBy, how }) => {
    meter.units++;
    const name = nameOf(mutant);
    meter.count(killedBy ? "killed" : listed.has(name) ? "listed as equivalent" : "left");
    if (killedBy && listed.has(name))
      meter.fail(failure(name, `listed as equivalent, but killed by ${killedBy}: ${how ?? ""}`));
    if (!killedBy && !listed.has(name)) meter.fail(failure(name, "no vector tells it from the reference"));
    meter.tell(`of ${mutants.length} mutants`);
  });
  return meter.result();
}

const failure = (where: string, what: string) => ({ where, what, replay: "--only mutation" });

export const mutation: Campaign = {
  name: "mutation",
  about: "the reference implementation changed in one place at a time: every change is noticed by a vector",
  unit: "mutants",
  full: MUTANTS,
  run: runMutation,
};
