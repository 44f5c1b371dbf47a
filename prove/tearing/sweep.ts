import { type Card, LIFECYCLE } from "../../reference/card/state.js";
import { type MemoryImage, type ProvableCard, TornError } from "../../simulator/index.js";
import { SeededRandom, seededEntropy } from "../../testing/random.js";
import type { Campaign, CampaignOptions } from "../campaign.js";
import { Meter } from "../campaign.js";
import { SELECT_DOMAIN, verify } from "../card/apdus.js";
import { Cells } from "../card/cells.js";
import { FACTORY_VERSION, NEXT_VERSION, PIN_BLOCK } from "../card/material.js";
import { moneyProblem } from "../card/money.js";
import { type CardMaker, CardSession, Disagreement, factoryCard, type Start } from "../model/session.js";
import type { Step, StepTear } from "../model/steps.js";
import { TORN_COMMANDS, type TornCommand } from "./commands.js";
import { enter, OPEN, type TornState, tornStates, USUAL } from "./states.js";

/** What an untorn run of a command showed. */
interface Baseline {
  readonly before: Card;
  readonly after: Card;
  readonly sw: string | undefined;
  readonly writes: number;
  /** Persistent writes that had happened at each use of the random number generator. */
  readonly drawn: readonly number[];
}

/** Everything but the command itself; from then on each use of the random number generator is reported. */
function ready(state: TornState, { steps }: TornCommand, onDraw: (writes: number) => void): CardSession {
  let isWatching = false;
  const entropy = seededEntropy(7);
  const session: CardSession = enter(state, (length) => {
    if (isWatching) onDraw(session.card.writes);
    return entropy(length);
  });
  for (const step of steps.slice(0, -1)) session.step(step);
  isWatching = true;
  return session;
}

const lastOf = ({ steps }: TornCommand): Step => steps.at(-1) ?? { kind: "power" };

function untorn(state: TornState, command: TornCommand): Baseline {
  const drawn: number[] = [];
  const session = ready(state, command, (writes) => drawn.push(writes));
  const before = session.model;
  session.step(lastOf(command));
  const { last, card, model: after } = session;
  return { before, after, sw: last?.sw, writes: card.writes, drawn };
}

/** Sweeps one command in one state. */
class PairSweep {
  readonly #state: TornState;
  readonly #command: TornCommand;
  readonly #meter: Meter;
  readonly #campaign: string;
  readonly #baseline: Baseline;
  /** A tear left the card with one try less: the try is counted before the PIN is compared. */
  #tryCounted = false;

  constructor(state: TornState, command: TornCommand, meter: Meter, campaign: string) {
    this.#campaign = campaign;
    this.#state = state;
    this.#command = command;
    this.#meter = meter;
    this.#baseline = untorn(state, command);
  }

  run(): void {
    const { writes, drawn, sw } = this.#baseline;
    if (this.#command.sale && drawn.some((at) => at !== writes))
      this.#fail("untorn", "a signature was made before the commit");
    this.#tear("before-command");
    for (let write = 1; write <= writes; write++) this.#tear({ write });
    this.#tear("after-command");
    if (this.#command.guessesRight && sw === "9000" && !this.#tryCounted)
      this.#fail("every write", "a right PIN is compared before its try is counted");
  }

  #tear(point: StepTear["point"]): void {
    const where = typeof point === "object" ? `write ${point.write} of ${this.#baseline.writes}` : point;
    let drawn = 0;
    const session = ready(this.#state, this.#command, () => drawn++);
    this.#meter.units++;
    this.#hold(where, () => {
      session.step({ ...lastOf(this.#command), tear: { point, rollBack: [], reselect: false } });
      if (session.last) return this.#fail(where, "was not torn");
      const rollBack = session.card.writes;
      if (this.#command.sale && typeof point === "object" && drawn > 0)
        this.#fail(where, "a signature was made before the commit");
      const settled: Start = { image: session.image, model: session.model };
      if (settled.model.tries === this.#baseline.before.tries - 1) this.#tryCounted = true;
      this.#life(where, settled);
      for (let write = 1; write <= rollBack; write++)
        this.#tearRollBack(where, session.tornImage ?? settled.image, settled.image, write);
      if (this.#command.sale && this.#baseline.sw === "9000") this.#tearSecondTap(where, settled);
    });
  }

  /** Torn at the same write of the roll-back twice, then left alone: as if it had not been torn. */
  #tearRollBack(where: string, torn: MemoryImage, settled: MemoryImage, write: number): void {
    const card = this.#state.make(torn);
    for (let time = 0; time < 2; time++) {
      this.#meter.units++;
      this.#meter.count("tears of a roll-back");
      if (powersUp(card, write)) break;
    }
    card.powerOn();
    if (Buffer.compare(card.dump(), this.#state.make(settled).dump()) !== 0)
      this.#fail(`${where}, roll-back torn at write ${write}`, "another state than without that tear");
  }

  /** The sale is tapped again and torn again, at every write. */
  #tearSecondTap(where: string, settled: Start): void {
    for (let write = 1; ; write++) {
      const session = new CardSession(settled, undefined, this.#state.make);
      const at = `${where}, second tap torn at write ${write}`;
      const tear = { point: { write }, rollBack: [], reselect: true };
      const isTorn = this.#hold(at, () => {
        session.step({ ...lastOf(this.#command), tear });
        if (!session.tornImage) return false;
        this.#completeSale(at, session);
        return true;
      });
      if (isTorn === false) return;
      this.#meter.units++;
      this.#meter.count("tears of a second tap");
    }
  }

  /** The card goes on: it completes its sale, is made from the start or opens with its keys. */
  #life(where: string, settled: Start): void {
    const { sale, changesKeys, makesAgain } = this.#command;
    const problem = moneyProblem(new Cells(settled.image));
    if (problem) this.#fail(where, problem);
    const session = new CardSession(settled, undefined, this.#state.make);
    if (sale && this.#baseline.sw === "9000") this.#completeSale(where, session);
    if (changesKeys)
      for (const version of [FACTORY_VERSION, NEXT_VERSION]) {
        session.step({ kind: "power" });
        session.step({ kind: "raw", bytes: SELECT_DOMAIN });
        session.step({ ...OPEN, version });
        const opens = session.last?.sw === "9000";
        if (opens !== session.model.slots.some((slot) => slot.version === version))
          this.#fail(where, `keys of version ${version} ${opens ? "open" : "do not open"}`);
      }
    const isIn = (lifecycle: number) => session.model.lifecycle === lifecycle;
    if (!makesAgain || !isIn(LIFECYCLE.BLANK)) return;
    session.step(USUAL);
    if (!isIn(LIFECYCLE.PERSONALIZED)) this.#fail(where, "cannot be made from the start");
  }

  /** The sale is tapped two more times: charged exactly once. */
  #completeSale(where: string, session: CardSession): void {
    const { after } = this.#baseline;
    for (const time of ["again", "a third time"]) {
      session.step({ kind: "power" });
      session.step(lastOf(this.#command));
      if (session.last?.sw === "6982") {
        session.step({ kind: "raw", bytes: verify(PIN_BLOCK) });
        session.step(lastOf(this.#command));
      }
      const { last, model } = session;
      if (last?.sw !== "9000") this.#fail(where, `tapped ${time}: ${last?.sw}`);
      else if (model.counter !== after.counter || model.authorized !== after.authorized)
        this.#fail(where, `tapped ${time}: counter ${model.counter}, need ${after.counter}`);
    }
  }

  /** Card and model agree in everything that is done. */
  #hold<T>(where: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      this.#fail(where, error.message);
      return undefined;
    }
  }

  #fail(where: string, what: string): void {
    this.#meter.fail({
      where: `${this.#command.name}, card ${this.#state.name}, ${where}`,
      what,
      replay: `--only ${this.#campaign}`,
    });
  }
}

function powersUp(card: ProvableCard, tearAtWrite: number): boolean {
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
export async function sweepTears(
  options: CampaignOptions,
  make: CardMaker = factoryCard,
  campaign = "tearing",
) {
  const meter = new Meter(options);
  const states = tornStates(undefined, make);
  const random = new SeededRandom(options.seed);
  const pairs = states
    .flatMap((state) => TORN_COMMANDS.map((command) => ({ state, command, order: random.u32() })))
    .sort((a, b) => a.order - b.order);
  let done = 0;
  for (const { state, command } of pairs) {
    if (meter.isOver) break;
    new PairSweep(state, command, meter, campaign).run();
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
  run: (options) => sweepTears(options),
};
