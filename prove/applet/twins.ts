import fc from "fast-check";
import type { Card } from "../../reference/card/state.js";
import { seededEntropy } from "../../testing/random.js";
import { type CampaignOptions, Meter } from "../campaign.js";
import { starts } from "../model/campaign.js";
import { type CardMaker, CardSession, Disagreement, factoryCard } from "../model/session.js";
import { anyStep, type Step } from "../model/steps.js";

/** Sequences of one call of fast-check: a failing one is shrunk within it. */
const SEQUENCES = 20;
const LONGEST = 120;

/** The two cards make keys of their own; all else of them is the same. */
const shared = ({ secretKey: _, point: __, channel: ___, domainChannel: ____, ...rest }: Card) =>
  JSON.stringify(rest, (_name, value: unknown) => (typeof value === "bigint" ? `${value}` : value));

/** The simulated card and the applet, each held against a model of its own, and against each other. */
class Twins {
  readonly #simulated: CardSession;
  readonly #applet: CardSession;

  constructor(simulated: CardSession, applet: CardSession) {
    this.#simulated = simulated;
    this.#applet = applet;
  }

  get commands(): number {
    return this.#applet.commands;
  }

  /** @returns false when a tear left them apart, as it may: each as its own writes have it @throws Disagreement */
  step(step: Step): boolean {
    this.#run("the simulated card", this.#simulated, step);
    this.#run("the applet", this.#applet, step);
    const [one, other] = [this.#simulated, this.#applet];
    const [here, there] = [shared(one.model), shared(other.model)];
    if (step.tear) return here === there && one.last?.sw === other.last?.sw;
    if (one.last?.sw !== other.last?.sw)
      throw new Disagreement(`the simulated card ${one.last?.sw}, the applet ${other.last?.sw}`);
    if (here !== there) throw new Disagreement(`the simulated card is ${here}, the applet ${there}`);
    return true;
  }

  #run(name: string, session: CardSession, step: Step): void {
    try {
      session.step(step);
    } catch (error) {
      throw new Disagreement(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/**
 * Runs the same random sequences of steps on the simulated card and on the applet until the budget is spent: every status
 * word, every answer, opened where it is sealed, and every byte of state agree.
 */
export async function runTwins(options: CampaignOptions, make: CardMaker) {
  const meter = new Meter(options);
  const [here, there] = [starts(factoryCard), starts(make)];
  const sequence = fc.tuple(
    fc.nat(here.length - 1),
    fc.array(anyStep, { minLength: 1, maxLength: LONGEST, size: "max" }),
  );
  for (let chunk = 0; !meter.isOver; chunk++) {
    const seed = (options.seed + chunk) | 0;
    const details = fc.check(
      fc.property(sequence, ([start, steps]) => {
        const [one, other] = [here[start], there[start]];
        if (!one || !other) return;
        const twins = new Twins(
          new CardSession(one, seededEntropy(seed)),
          new CardSession(other, seededEntropy(seed), make),
        );
        const left = steps.findIndex((step) => !twins.step(step));
        meter.units += twins.commands;
        if (left >= 0) meter.count("sequences that a tear left apart");
      }),
      { seed, numRuns: SEQUENCES },
    );
    meter.count("sequences", details.numRuns);
    if (details.failed) {
      const [, steps] = details.counterexample?.[0] ?? [0, [] as Step[]];
      const error = details.errorInstance;
      meter.fail({
        where: `after ${steps.length} steps: ${steps.map(({ kind, tear }) => (tear ? `${kind} (torn)` : kind)).join(", ")}`,
        what: error instanceof Error ? error.message : String(error),
        replay: `--only applet-twins --seed ${seed}`,
      });
    }
    meter.tell("commands compared");
  }
  return meter.result();
}
