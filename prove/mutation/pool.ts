import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CHECKS } from "../../specs/check/index.js";
import { type Mutant, mutate } from "./operators.js";
import { workerPath } from "./sources.js";
import type { Task, Verdict } from "./worker.js";

/** A mutant that does not end is killed by that. Far above what all vectors take. */
const SECONDS = 120;
/** Modules that are loaded stay in memory. */
const MUTANTS_PER_WORKER = 150;

/** The vector files that killed mutants of a source file, the most recent first, then all others. */
class Order {
  readonly #recent = new Map<string, string[]>();

  of(file: string): string[] {
    const all = CHECKS.map((check) => check.file);
    const recent = this.#recent.get(file) ?? [];
    return [...recent, ...all.filter((name) => !recent.includes(name))];
  }

  killed(file: string, by: string): void {
    const others = (this.#recent.get(file) ?? []).filter((name) => name !== by);
    this.#recent.set(file, [by, ...others]);
  }
}

/** Looks at mutants in worker threads, one after the other in each. */
export class Pool {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #order = new Order();

  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  /**
   * @param next the next mutant; undefined ends
   * @param judged told of each verdict
   */
  async run(
    next: () => Mutant | undefined,
    judged: (mutant: Mutant, verdict: Verdict) => void,
  ): Promise<void> {
    const lanes = Array.from({ length: availableParallelism() }, () => this.#lane(next, judged));
    await Promise.all(lanes);
  }

  async #lane(
    next: () => Mutant | undefined,
    judged: (mutant: Mutant, verdict: Verdict) => void,
  ): Promise<void> {
    let worker: Worker | undefined;
    for (let done = 0; ; done++) {
      const mutant = next();
      if (!mutant) break;
      if (done % MUTANTS_PER_WORKER === 0) await worker?.terminate().then(() => (worker = undefined));
      worker ??= new Worker(workerPath);
      const source = mutate(this.#sources.get(mutant.file) ?? "", mutant);
      const verdict = await ask(worker, { file: mutant.file, source, order: this.#order.of(mutant.file) });
      if (verdict.killedBy === TOO_LONG) {
        await worker.terminate();
        worker = undefined;
      } else if (verdict.killedBy) this.#order.killed(mutant.file, verdict.killedBy);
      judged(mutant, verdict);
    }
    await worker?.terminate();
  }
}

const TOO_LONG = "time";

async function ask(worker: Worker, task: Task): Promise<Verdict> {
  return await new Promise((resolve, reject) => {
    const end = (verdict: Verdict) => {
      clearTimeout(timer);
      worker.off("message", end);
      worker.off("error", reject);
      resolve(verdict);
    };
    const timer = setTimeout(() => end({ killedBy: TOO_LONG }), SECONDS * 1000);
    worker.on("message", end);
    worker.on("error", reject);
    worker.postMessage(task);
  });
}
