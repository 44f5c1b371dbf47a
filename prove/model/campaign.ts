import fc from "fast-check";
import { seededEntropy } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, Meter } from "../campaign.js";
import { BLANK, type CardMaker, CardSession, Disagreement, factoryCard, type Start } from "./session.js";
import { anyStep, type MakeStep, type Step } from "./steps.js";

/** Sequences of one call of fast-check: a failing one is shrunk within it. */
const SEQUENCES = 50;
const LONGEST = 120;

const USUAL: MakeStep = {
  kind: "make",
  credit: 1_000n,
  maxPerTransaction: 400n,
  pinThreshold: 100n,
  noPinBudget: 250n,
  maxTransactions: 40,
  publish: 14,
  withPin: true,
  withCertificate: true,
};

/** A blank card and personalized ones, made once, through the channel and compared like everything else. */
export function starts(make: CardMaker): readonly Start[] {
  const made = [USUAL, { ...USUAL, withPin: false, withCertificate: false, publish: 0 }].map((step) => {
    const session = new CardSession(BLANK, undefined, make);
    session.step(step);
    return { image: session.image, model: session.model };
  });
  return [...made, ...made, ...made, BLANK];
}

/** A failing sequence is made shorter for so long and no longer; without a limit of time for as long as it takes. */
const shrinkFor = (seconds: number) =>
  Number.isFinite(seconds) ? { interruptAfterTimeLimit: Math.ceil(1000 * Math.max(1, seconds)) } : {};

/** Runs sequences of steps on card and model until the budget is spent. */
export async function runModel(options: CampaignOptions, make: CardMaker = factoryCard) {
  const meter = new Meter(options);
  const from = starts(make);
  const sequence = fc.tuple(
    fc.nat(from.length - 1),
    fc.array(anyStep, { minLength: 1, maxLength: LONGEST, size: "max" }),
  );
  const seen = new Map<string, number>();
  for (let chunk = 0; !meter.isOver; chunk++) {
    const seed = (options.seed + chunk) | 0;
    const details = fc.check(
      fc.property(sequence, ([start, steps]) => {
        const session = new CardSession(from[start] as Start, seededEntropy(seed), make);
        try {
          for (const step of steps) session.step(step);
        } finally {
          meter.units += session.commands;
          for (const [kind, times] of session.seen) seen.set(kind, (seen.get(kind) ?? 0) + times);
        }
      }),
      { seed, numRuns: SEQUENCES, ...shrinkFor(meter.secondsLeft) },
    );
    meter.count("sequences", details.numRuns);
    if (details.failed) {
      const [, steps] = details.counterexample?.[0] ?? [0, [] as Step[]];
      const error = details.errorInstance;
      meter.fail({
        where: `after ${steps.length} steps: ${steps.map(({ kind, tear }) => (tear ? `${kind} (torn)` : kind)).join(", ")}`,
        what: error instanceof Disagreement ? error.message : String(error),
        replay: `--only model --seed ${seed}`,
      });
    }
    meter.tell("commands compared");
  }
  meter.count("kinds of command and status word", seen.size);
  return { ...meter.result(), seen };
}

export const model: Campaign = {
  name: "model",
  about: "every status word, answer and byte of state against an independent model, in random sequences",
  unit: "commands",
  full: 1_000_000,
  run: runModel,
};
