import { type MemoryImage, type SimulatedCard, type TearPoint, TornError } from "../../simulator/index.js";
import { SeededRandom, seededEntropy } from "../../testing/random.js";
import type { Campaign, CampaignOptions } from "../campaign.js";
import { Meter } from "../campaign.js";
import { type Answer, exchange, SELECT_APP } from "../card/apdus.js";
import { Cells } from "../card/cells.js";
import { moneyProblem, tornStateProblem } from "./checks.js";
import { TORN_COMMANDS, type TornCommand } from "./commands.js";
import { keysProblem, saleProblem, startOverProblem, tornAnswer } from "./recovery.js";
import { factoryCard, type TornState, tornStates } from "./states.js";

/** What an untorn run of a command showed. */
interface Baseline {
  readonly before: Cells;
  readonly after: Cells;
  readonly answer: Answer;
  readonly writes: number;
  /** Persistent writes that had happened at each use of the random number generator. */
  readonly drawn: readonly number[];
}

/** A card in a state, the command's bytes ready. */
function ready(state: TornState, command: TornCommand, onDraw: (writes: number) => void = () => {}) {
  let watching = false;
  const entropy = seededEntropy(7);
  const card: SimulatedCard = factoryCard(state.image, (length) => {
    if (watching) onDraw(card.writes);
    return entropy(length);
  });
  card.powerOn();
  const bytes = command.prepare(card, state, state.prelude(card));
  watching = true;
  return { card, bytes };
}

function untorn(state: TornState, command: TornCommand): Baseline {
  const drawn: number[] = [];
  const { card, bytes } = ready(state, command, (writes) => drawn.push(writes));
  const before = new Cells(card.image());
  const answer = exchange(card, bytes);
  const writes = card.writes;
  card.powerOn();
  return { before, after: new Cells(card.image()), answer, writes, drawn };
}

/** Sweeps one command in one state. */
class PairSweep {
  readonly #state: TornState;
  readonly #command: TornCommand;
  readonly #meter: Meter;
  readonly #baseline: Baseline;
  /** A tear left the card with one try less: the try is counted before the PIN is compared. */
  #tryCounted = false;

  constructor(state: TornState, command: TornCommand, meter: Meter) {
    this.#state = state;
    this.#command = command;
    this.#meter = meter;
    this.#baseline = untorn(state, command);
  }

  run(): void {
    const { writes, drawn, after } = this.#baseline;
    if (this.#command.sale && drawn.some((at) => at !== writes))
      this.#fail("untorn", "a signature was made before the commit");
    const problem = moneyProblem(after);
    if (problem) this.#fail("untorn", problem);
    this.#tear("before-command");
    for (let write = 1; write <= writes; write++) this.#tear({ write });
    this.#tear("after-command");
    if (this.#command.guessesRight && this.#baseline.answer.sw === "9000" && !this.#tryCounted)
      this.#fail("every write", "a right PIN is compared before its try is counted");
  }

  #tear(point: TearPoint): void {
    const where = typeof point === "object" ? `write ${point.write} of ${this.#baseline.writes}` : point;
    let drawn = 0;
    const { card, bytes } = ready(this.#state, this.#command, () => drawn++);
    card.tearAt(point);
    this.#meter.units++;
    if (tornAnswer(card, bytes)) {
      this.#fail(where, "was not torn");
      return;
    }
    if (this.#command.sale && typeof point === "object" && drawn > 0)
      this.#fail(where, "a signature was made before the commit");
    const torn = card.image();
    card.powerOn();
    const rollBack = card.writes;
    const settled = card.image();
    this.#check(where, settled);
    for (let write = 1; write <= rollBack; write++) this.#tearRollBack(where, torn, settled, write);
    if (this.#command.sale && this.#baseline.answer.sw === "9000") this.#tearSecondTap(where, settled);
  }

  /** Torn at the same write of the roll-back twice, then left alone: as if it had not been torn. */
  #tearRollBack(where: string, torn: MemoryImage, settled: MemoryImage, write: number): void {
    const card = factoryCard(torn);
    for (let time = 0; time < 2; time++) {
      this.#meter.units++;
      this.#meter.count("tears of a roll-back");
      if (powersUp(card, write)) break;
    }
    card.powerOn();
    if (Buffer.compare(card.dump(), factoryCard(settled).dump()) !== 0)
      this.#fail(`${where}, roll-back torn at write ${write}`, "another state than without that tear");
  }

  /** The sale is tapped again and torn again, at every write. */
  #tearSecondTap(where: string, settled: MemoryImage): void {
    const { sale } = this.#command;
    const { before, after } = this.#baseline;
    if (!sale) return;
    for (let write = 1; ; write++) {
      const card = factoryCard(settled);
      card.powerOn();
      exchange(card, SELECT_APP);
      card.tearAt({ write });
      if (tornAnswer(card, this.#command.prepare(card, this.#state, undefined))) return;
      this.#meter.units++;
      this.#meter.count("tears of a second tap");
      const problem = saleProblem(card, sale, before, after);
      if (problem) this.#fail(`${where}, second tap torn at write ${write}`, problem);
    }
  }

  #check(where: string, settled: MemoryImage): void {
    const { before, after, answer } = this.#baseline;
    const found = new Cells(settled);
    if (found.tries === before.tries - 1) this.#tryCounted = true;
    const problem =
      tornStateProblem(this.#command.leeway, before, after, found) ??
      moneyProblem(found) ??
      this.#life(settled, found, before, after, answer);
    if (problem) this.#fail(where, problem);
  }

  /** The card goes on: it is selected, completes its sale, is made anew or opens with its keys. */
  #life(settled: MemoryImage, found: Cells, before: Cells, after: Cells, answer: Answer): string | undefined {
    const card = factoryCard(settled);
    card.powerOn();
    const selected = exchange(card, SELECT_APP);
    const at = Buffer.from(selected.data).indexOf(Buffer.from("c1200100", "hex"));
    if (selected.sw !== "9000" || selected.data[at + 4] !== found.lifecycle)
      return `SELECT afterwards: ${selected.sw}, another lifecycle`;
    const { sale, changesKeys, leeway, name } = this.#command;
    if (sale && answer.sw === "9000") return saleProblem(card, sale, before, after);
    if (changesKeys) return keysProblem(card);
    const makesAnew = leeway === "blank-data" || leeway === "reset" || name === "GENERATE KEY PAIR";
    return makesAnew && found.lifecycle === 0x01 ? startOverProblem(card) : undefined;
  }

  #fail(where: string, what: string): void {
    this.#meter.fail({
      where: `${this.#command.name}, card ${this.#state.name}, ${where}`,
      what,
      replay: "--only tearing",
    });
  }
}

function powersUp(card: SimulatedCard, tearAtWrite: number): boolean {
  try {
    card.powerOn(tearAtWrite);
    return true;
  } catch (error) {
    if (error instanceof TornError) return false;
    throw error;
  }
}

/**
 * Tears every command of the card in every kind of state at every persistent write, before the command and after
 * the response, and the roll-back at power-up at every write of its own. All of it when the budget allows, else a
 * part that the seed chooses.
 */
export async function sweepTears(options: CampaignOptions) {
  const meter = new Meter(options);
  const states = tornStates();
  const random = new SeededRandom(options.seed);
  const pairs = states
    .flatMap((state) => TORN_COMMANDS.map((command) => ({ state, command, order: random.u32() })))
    .sort((a, b) => a.order - b.order);
  let done = 0;
  for (const { state, command } of pairs) {
    if (meter.isOver) break;
    new PairSweep(state, command, meter).run();
    done++;
    meter.tell(`tear points, ${done} of ${pairs.length} commands in states`);
  }
  meter.count("states", states.length);
  meter.count("commands", TORN_COMMANDS.length);
  meter.count("commands in states", done);
  meter.count("commands in states left out", pairs.length - done);
  return meter.result();
}

export const tearing: Campaign = {
  name: "tearing",
  about:
    "power cut at every persistent write of every command in every kind of state, and at every roll-back",
  unit: "tear points",
  full: Number.POSITIVE_INFINITY,
  run: sweepTears,
};
