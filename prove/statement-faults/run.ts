import { setTimeout as sleep } from "node:timers/promises";
import { ChequecardError } from "../../common/index.js";
import type { Database, Databases, Isolation } from "../../testing/statement-faults/databases.js";
import { isRollback, type Statement } from "../../testing/statement-faults/gate.js";
import { cancelBySignals, type FaultKind } from "../../testing/statement-faults/server-faults.js";
import { checkBooks, finish, goOn } from "./books.js";
import { MEDDLERS, type Scene, startService } from "./scenes.js";
import { Stage } from "./stage.js";

/** A statement of a scene: the so many-th that is sent with this path. */
export interface Target {
  readonly scene: Scene | "two services on an empty database";
  readonly path: string;
  readonly occurrence: number;
  /** Number of its transaction within the scene, and its own number in there; both from 1. */
  readonly transaction: number;
  readonly number: number;
}

export interface Plan {
  readonly target: Target;
  readonly kind: FaultKind;
  readonly isolation: Isolation;
  /** How often it fails in a row, when it is tried again. */
  readonly times: number;
  /** Whether the roll-back after it fails as well. */
  readonly alsoRollback: boolean;
  readonly meddler: string;
  /** By signals: no function of the database is called by this statement. */
  readonly bySignals: boolean;
}

export interface Ran {
  readonly problems: readonly string[];
  /** SQLSTATEs that the chosen statement ended with, one for each time that it was to fail. */
  readonly states: readonly string[];
  readonly rollbacks: number;
  readonly refused: number;
}

/** What a roll-back needs to the server: statements that did not wait for it overtake it now, or follow it. */
const ROLLBACK_MS = 3;

/** The statement that comes next by its path, counted. */
class Counted {
  readonly #times = new Map<string, number>();

  next(path: string): number {
    const times = (this.#times.get(path) ?? 0) + 1;
    this.#times.set(path, times);
    return times;
  }
}

const FIRST = "the service whose statement failed";

/** The statements that a scene sends when nothing fails, in their order. */
export async function statementsOf(databases: Databases, scene: Target["scene"]): Promise<Target[]> {
  const found: Target[] = [];
  const counted = new Counted();
  let [transaction, number] = [0, 0];
  const note = ({ path, text }: Statement) => {
    number = path === text ? 1 : number + 1;
    if (number === 1) transaction++;
    found.push({ scene, path, occurrence: counted.next(path), transaction, number });
    return undefined;
  };
  const [gate] = databases.gates;
  const play = new Play(databases, "read committed");
  const problems = await play.run(scene, async (act) => {
    gate.onStatement = note;
    await act();
    gate.onStatement = () => undefined;
  });
  if (problems.length > 0) throw new Error(`without a fault, ${nameOf(scene)}: ${problems.join("; ")}`);
  return found;
}

export const nameOf = (scene: Target["scene"]): string => (typeof scene === "string" ? scene : scene.name);

/** Plays a scene in which one statement is failed by the server, then compares the books with every answer that was given. */
export async function runPlan(databases: Databases, plan: Plan): Promise<Ran> {
  const { target, kind, times, meddler, bySignals } = plan;
  const play = new Play(databases, plan.isolation);
  const [gate] = databases.gates;
  const counted = new Counted();
  const states: Promise<string>[] = [];
  const rollbacks: Promise<string>[] = [];
  let meddling: Promise<unknown> = Promise.resolve();
  const problems = await play.run(target.scene, async (act, database) => {
    const { faults } = database;
    const whileItWaits = async () => {
      if (states.length > 1) return;
      meddling = play.meddle(meddler);
      await faults.untilBlocked(meddling);
    };
    const failed = new Set<number>();
    const faultFor = (statement: Statement): Promise<() => void> | undefined => {
      const { path, text, pid } = statement;
      if (isRollback(text) && failed.delete(pid)) {
        if (!plan.alsoRollback) return sleep(ROLLBACK_MS).then(() => () => undefined);
        rollbacks.push(statement.answered);
        return Promise.resolve(() => cancelBySignals(statement));
      }
      const isBefore = kind === "statement timeout" && target.path.startsWith(`${path}\n`);
      if (isBefore && states.length < times) return faults.ended.then(() => faults.limit(statement));
      if (path !== target.path || states.length === times) return undefined;
      if (states.length === 0 && counted.next(path) !== target.occurrence) return undefined;
      states.push(statement.answered);
      failed.add(pid);
      if (bySignals) return Promise.resolve(() => cancelBySignals(statement));
      return faults.ended.then(() => faults.arm(statement, kind, whileItWaits));
    };
    gate.onStatement = (statement) => {
      const before = faults.after(statement);
      const fault = faultFor(statement);
      return before ? before.then(() => fault ?? (() => undefined)) : fault;
    };
    try {
      await act();
      await faults.ended;
    } finally {
      gate.onStatement = () => undefined;
      await faults.disarm();
    }
    await meddling;
  });
  return {
    problems,
    states: await Promise.all(states),
    rollbacks: (await Promise.all(rollbacks)).filter((state) => state !== "").length,
    refused: play.refused,
  };
}

type Acting = (act: () => Promise<unknown>, database: Database) => Promise<void>;

/** One scene from its beginning to the last book. */
class Play {
  refused = 0;
  /** What the other service does meanwhile. */
  meddle: (meddler: string) => Promise<unknown> = async () => undefined;
  readonly #databases: Databases;
  readonly #isolation: Isolation;

  constructor(databases: Databases, isolation: Isolation) {
    this.#databases = databases;
    this.#isolation = isolation;
  }

  async run(scene: Target["scene"], acting: Acting): Promise<readonly string[]> {
    const { gates } = this.#databases;
    for (const gate of gates) gate.breaches.length = 0;
    const problems: string[] = [];
    try {
      await (typeof scene === "string"
        ? this.#onEmptyDatabase(acting, problems)
        : this.#onStage(scene, acting, problems));
    } catch (error) {
      problems.push(error instanceof Error ? `${error.name}: ${error.message}` : "an unknown error");
    }
    const breaches = gates.flatMap((gate) => gate.breaches.map((words) => `on the wire: ${words}`));
    return [...problems, ...new Set(breaches)];
  }

  async #onStage(scene: Scene, acting: Acting, problems: string[]): Promise<void> {
    const database = await this.#databases.empty(this.#isolation);
    const stage = await Stage.open(this.#databases.urls(database), this.#databases.keys);
    try {
      const { run, card } = await scene.prepare(stage);
      this.meddle = (meddler) => MEDDLERS[meddler]?.(stage, card) ?? Promise.resolve();
      await acting(run, database);
      this.refused = stage.notebook.refused;
      await this.#close(stage);
    } finally {
      problems.push(...stage.notebook.problems);
      await stage.close();
    }
  }

  async #onEmptyDatabase(acting: Acting, problems: string[]): Promise<void> {
    const database = await this.#databases.make(this.#isolation);
    try {
      const [url, other] = this.#databases.urls(database);
      const complain = (who: string) => (error: unknown) => {
        if (error instanceof ChequecardError && who === FIRST) this.refused++;
        else problems.push(`${who} did not start: ${error instanceof Error ? error.message : "unknown"}`);
      };
      this.meddle = () => startService(other).catch(complain("the service beside it"));
      await acting(() => startService(url).catch(complain(FIRST)), database);
      const stage = await Stage.open(this.#databases.urls(database), this.#databases.keys);
      try {
        await stage.card();
        await this.#close(stage);
      } finally {
        problems.push(...stage.notebook.problems);
        await stage.close();
      }
    } finally {
      await this.#databases.drop(database);
    }
  }

  async #close(stage: Stage): Promise<void> {
    await finish(stage);
    await checkBooks(stage);
    await goOn(stage);
    await checkBooks(stage);
  }
}
