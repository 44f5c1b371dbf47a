import { postgresBinaries } from "../../testing/postgres/server.js";
import { SeededRandom } from "../../testing/random.js";
import { Databases, ISOLATIONS } from "../../testing/statement-faults/databases.js";
import { isCommand, short } from "../../testing/statement-faults/gate.js";
import type { FaultKind } from "../../testing/statement-faults/server-faults.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { nameOf, type Plan, runPlan, statementsOf, type Target } from "./run.js";
import { MEDDLERS, SCENES } from "./scenes.js";

const EMPTY = "two services on an empty database";
const FULL = 1_000;
/** A statement that signals did not stop is tried so often. */
const MAX_TRIES = 25;
/** How often a signal is sent in one run when it comes too late. */
const SIGNALS = 5;

const KINDS: readonly FaultKind[] = [
  "cancel",
  "lock timeout",
  "deadlock",
  "serialization",
  "disk full",
  "statement timeout",
  "delay",
];

const GOLDEN = 0.618;
const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** Statements of every transaction, and which of them the server has failed. */
class Coverage {
  readonly targets: readonly Target[];
  readonly #failed = new Set<Target>();
  /** No function of the database is called by them. */
  readonly bySignals = new Set<Target>();

  /** Coprime to their number: so many seeds in a row choose each once, and those next to each other lie far apart. */
  readonly #stride: number;

  constructor(targets: readonly Target[]) {
    this.targets = targets;
    let stride = Math.floor(targets.length * GOLDEN);
    while (divisor(stride, targets.length) !== 1) stride++;
    this.#stride = stride;
  }

  of(seed: number): Target {
    const target = this.targets[(seed * this.#stride) % this.targets.length];
    if (!target) throw new RangeError("no statement was found");
    return target;
  }

  note(target: Target, states: readonly string[]): void {
    if (states.some((state) => state !== "")) this.#failed.add(target);
    else if (states.length > 0) this.bySignals.add(target);
  }

  get missing(): Target[] {
    return this.targets.filter((target) => !this.#failed.has(target));
  }

  count(meter: Meter): void {
    const transactions = (targets: readonly Target[]) =>
      new Set(targets.map(({ scene, transaction }) => `${nameOf(scene)} ${transaction}`)).size;
    const failed = [...this.#failed];
    meter.count("transactions", transactions(this.targets));
    meter.count("transactions failed", transactions(failed));
    meter.count("statements", this.targets.length);
    meter.count("statements failed", failed.length);
  }
}

/** Fails every statement of every transaction of the issuer, on a real server, and holds the books to it. */
export async function runStatementFaults(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  if (postgresBinaries() === undefined) {
    meter.count("no PostgreSQL: nothing was tried");
    return meter.result();
  }
  const databases = await Databases.open();
  try {
    if (!databases.hasSmallSpace) meter.count("no disk could be made full: it takes an administrator");
    const targets: Target[] = [];
    for (const scene of [...SCENES, EMPTY] as const) targets.push(...(await statementsOf(databases, scene)));
    const coverage = new Coverage(targets);
    for (const target of targets) if (isCommand(target.path)) coverage.bySignals.add(target);
    for (let seed = options.seed; !meter.isOver; seed++) await oneRun(databases, coverage, meter, seed);
    // A short run leaves statements out; a full one must not.
    if (meter.units >= FULL) await completeRun(databases, coverage, meter, options);
    coverage.count(meter);
  } finally {
    await databases.close();
  }
  return meter.result();
}

function planOf(target: Target, seed: number, bySignals: boolean, hasSmallSpace: boolean): Plan {
  const random = new SeededRandom(seed);
  const kind = random.pick(KINDS);
  return {
    target,
    bySignals,
    kind: isPossible(kind, target, bySignals, hasSmallSpace) ? kind : "cancel",
    isolation: random.pick(ISOLATIONS),
    times: kind !== "delay" && random.oneIn(4) ? 1 + random.below(4) : 1,
    alsoRollback: random.oneIn(3),
    meddler: random.pick(Object.keys(MEDDLERS)),
  };
}

/** A limit of time is set by a statement of the same transaction that reads or writes before it. */
function isPossible(kind: FaultKind, { path }: Target, bySignals: boolean, hasSmallSpace: boolean): boolean {
  if (bySignals) return kind === "cancel";
  if (kind === "statement timeout") return path.split("\n").length > 2;
  return kind !== "disk full" || hasSmallSpace;
}

async function oneRun(
  databases: Databases,
  coverage: Coverage,
  meter: Meter,
  seed: number,
  target = coverage.of(seed),
): Promise<void> {
  const attempt = async () => {
    const plan = planOf(target, seed, coverage.bySignals.has(target), databases.hasSmallSpace);
    const ran = await runPlan(databases, plan);
    if (plan.kind === "delay") meter.count("statements delayed", ran.states.length);
    else coverage.note(target, ran.states);
    return { plan, ran };
  };
  let { plan, ran } = await attempt();
  // It calls no function of the database, which is known only now; or the signal came after it had ended.
  for (let tries = 1; tries < SIGNALS && coverage.bySignals.has(target); tries++) {
    if (ran.problems.length > 0 || (plan.bySignals && ran.states.some((state) => state !== ""))) break;
    ({ plan, ran } = await attempt());
  }
  const { kind, isolation, meddler, bySignals } = plan;
  for (const state of kind === "delay" ? [] : ran.states)
    meter.count(state ? `SQLSTATE ${state}` : "not failed");
  if (ran.states.length === 0) meter.count("not reached");
  if (ran.rollbacks > 0) meter.count("roll-backs failed", ran.rollbacks);
  meter.count("orders refused", ran.refused);
  meter.units++;
  meter.count(`runs under ${isolation}`);
  const statement = `transaction ${target.transaction}, statement ${target.number} (${short(target.path.split("\n").at(-1) ?? "")})`;
  for (const what of ran.problems)
    meter.fail({
      where: `${nameOf(target.scene)}: ${statement}, ${bySignals ? "signal" : kind}, ${isolation}, the other ${meddler}`,
      what,
      replay: `--only statement-faults --first --seed ${seed}`,
    });
  meter.tell("runs");
}

/** Tries what was not failed yet; what still is not is an error of the campaign. */
async function completeRun(
  databases: Databases,
  coverage: Coverage,
  meter: Meter,
  { seed }: CampaignOptions,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++)
    for (const target of coverage.missing) {
      if (meter.secondsLeft <= 0) return;
      await oneRun(databases, coverage, meter, seed + FULL + tries, target);
    }
  for (const { scene, transaction, number, path } of coverage.missing)
    meter.fail({
      where: `${nameOf(scene)}: transaction ${transaction}, statement ${number}`,
      what: `was never failed: ${short(path.split("\n").at(-1) ?? "")}`,
      replay: `--only statement-faults --seed ${seed}`,
    });
}

export const statementFaults: Campaign = {
  name: "statement-faults",
  about:
    "every statement of every transaction failed by a real PostgreSQL on a connection that lives: cancelled, timed out, deadlocked, not serializable, disk full; two services, every default isolation",
  unit: "runs",
  full: FULL,
  run: runStatementFaults,
};
