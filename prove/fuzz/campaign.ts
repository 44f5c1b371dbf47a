import { SeededRandom } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, Meter } from "../campaign.js";
import { readInput } from "./bounds.js";
import { MAX_INPUT, Mutator } from "./mutate.js";
import type { FuzzTarget } from "./target.js";
import { fuzzTargets } from "./targets/index.js";

/** Inputs of one target before the next one has its turn. */
const TURN = 50;
/** Inputs that went a way of their own are kept for mutation, so many for each target. */
const MAX_KEPT = 400;
const MAX_KEPT_LENGTH = 8192;

/** So many of a target's corpus are also read 64 KiB long. */
const LONG = 8;

/** The same input over and over, 64 KiB: where one is right, often the row of them is, and shows what is quadratic. */
const repeated = (input: Uint8Array): Uint8Array =>
  Uint8Array.from(Buffer.alloc(input.length ? MAX_INPUT : 0, input));

/** A target with what was learned of it: inputs that were read in a way that no earlier one was. */
class FuzzedTarget {
  readonly target: FuzzTarget;
  inputs = 0;
  kept = 0;
  slowest = 0;
  readonly #ways = new Set<string>();
  readonly #corpus: Uint8Array[];
  readonly #mutator: Mutator;
  readonly #fresh: Uint8Array[];

  constructor(target: FuzzTarget, random: SeededRandom) {
    this.target = target;
    this.#corpus = [...target.corpus()];
    const extremes = target.extremes?.() ?? [];
    this.#fresh = [...this.#corpus, ...this.#corpus.slice(-LONG).map(repeated), ...extremes];
    this.#mutator = new Mutator(random, target.words);
  }

  get ways(): number {
    return this.#ways.size;
  }

  /** The next input: first the corpus as it is, and long. */
  next(): Uint8Array {
    this.inputs++;
    return this.#fresh.pop() ?? this.#mutator.next(this.#corpus);
  }

  learn(input: Uint8Array, way: string): void {
    if (this.#ways.has(way) || this.kept >= MAX_KEPT) return;
    this.#ways.add(way);
    if (input.length > MAX_KEPT_LENGTH) return;
    this.kept++;
    this.#corpus.push(input);
  }
}

/** The seed's share of inputs among the targets, by weight. */
function* turns(targets: readonly FuzzedTarget[], random: SeededRandom): Generator<FuzzedTarget> {
  const total = targets.reduce((sum, { target }) => sum + target.weight, 0);
  for (;;) {
    let at = random.below(total);
    for (const fuzzed of targets) {
      at -= fuzzed.target.weight;
      if (at < 0) {
        yield fuzzed;
        break;
      }
    }
  }
}

/**
 * Feeds mutated inputs to everything that reads bytes from outside. Coverage is followed from outside: an input that
 * is refused with a message or read to a result of a kind not seen before is kept and mutated further.
 * @param timed whether an input that takes long is a failure; tests have no clock
 * @param chosen some of the targets; default all
 * @param campaign name by which its failures are run again
 */
export async function runFuzz(
  options: CampaignOptions,
  timed: boolean,
  chosen?: readonly FuzzTarget[],
  campaign = "fuzzing",
) {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  const targets = (chosen ?? (await fuzzTargets())).map((target) => new FuzzedTarget(target, random));
  for (const fuzzed of turns(targets, random)) {
    if (meter.isOver) break;
    for (let i = 0; i < TURN && !meter.isOver; i++) {
      const input = fuzzed.next();
      meter.units++;
      const { problem, way, milliseconds } = await readInput(fuzzed.target, input, timed);
      fuzzed.slowest = Math.max(fuzzed.slowest, milliseconds);
      fuzzed.learn(input, way);
      if (problem)
        meter.fail({
          where: fuzzed.target.name,
          what: problem,
          replay: `--only ${campaign} --seed ${options.seed}`,
          input: Buffer.from(input).toString("hex"),
        });
    }
    meter.tell("inputs");
  }
  for (const { target } of targets) await target.end?.();
  for (const { target, inputs } of targets) meter.count(target.name, inputs);
  meter.count(
    "ways of being read or refused",
    targets.reduce((sum, { ways }) => sum + ways, 0),
  );
  const slowest = targets.filter(({ target }) => !target.limitMs).map((fuzzed) => fuzzed.slowest);
  if (timed) meter.count("slowest input, ms", Math.ceil(Math.max(0, ...slowest)));
  return meter.result();
}

export const fuzzing: Campaign = {
  name: "fuzzing",
  about: "mutated bytes for everything that reads from outside: only typed errors, bounded results, 50 ms",
  unit: "inputs",
  full: 1_000_000,
  run: (options) => runFuzz(options, true),
};
