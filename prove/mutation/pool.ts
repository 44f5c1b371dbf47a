import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { CHECKS } from "../../specs/check/index.js";
import { type Mutant, mutate } from "./operators.js";
import { ROOT, WORKER } from "./sources.js";
import type { Judgement, Task } from "./worker.js";

/** A mutant that does not end is killed by that. Far above what all vectors take. */
const SECONDS = 120;
/** Of one thread; nor does one that fills them. */
const MEGABYTES = 1_000;
/** Modules that are loaded stay in memory. */
const MUTANTS_PER_WORKER = 60;

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

/** A folder in which mutants find the packages that the reference imports. */
function workshop(): string {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-mutants-"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

/** Looks at mutants in worker threads, one after the other in each. */
export class Pool {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #order = new Order();
  #folder = "";

  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  /**
   * @param next the next mutant; undefined ends
   * @param judged called with each judgement
   */
  async run(
    next: () => Mutant | undefined,
    judged: (mutant: Mutant, judgement: Judgement) => void,
  ): Promise<void> {
    this.#folder = workshop();
    try {
      const lanes = Array.from({ length: availableParallelism() }, () => this.#lane(next, judged));
      await Promise.all(lanes);
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #start(): Worker {
    const limits = { maxOldGenerationSizeMb: MEGABYTES };
    return new Worker(WORKER, { workerData: this.#folder, resourceLimits: limits });
  }

  async #lane(
    next: () => Mutant | undefined,
    judged: (mutant: Mutant, judgement: Judgement) => void,
  ): Promise<void> {
    let worker: Worker | undefined;
    for (let done = 0; ; done++) {
      const mutant = next();
      if (!mutant) break;
      if (done % MUTANTS_PER_WORKER === 0) await worker?.terminate().then(() => (worker = undefined));
      const source = mutate(this.#sources.get(mutant.file) ?? "", mutant);
      const task = { file: mutant.file, source, order: this.#order.of(mutant.file) };
      worker ??= this.#start();
      let judgement = await ask(worker, task);
      if (judgement.killedBy === NO_MEMORY) {
        // It may have been full with modules of the mutants before: only a thread of its own tells.
        await worker.terminate();
        worker = this.#start();
        judgement = await ask(worker, task);
      }
      if (judgement.killedBy === TOO_LONG || judgement.killedBy === NO_MEMORY) {
        await worker.terminate();
        worker = undefined;
      } else if (judgement.killedBy) this.#order.killed(mutant.file, judgement.killedBy);
      judged(mutant, judgement);
    }
    await worker?.terminate();
  }
}

const TOO_LONG = "time";
const NO_MEMORY = "memory";

async function ask(worker: Worker, task: Task): Promise<Judgement> {
  return await new Promise((resolve, reject) => {
    const end = (judgement: Judgement): void => {
      clearTimeout(timer);
      worker.off("message", end);
      worker.off("error", failed);
      resolve(judgement);
    };
    const failed = (error: Error & { code?: string }): void => {
      clearTimeout(timer);
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") end({ killedBy: NO_MEMORY });
      else reject(error);
    };
    const timer = setTimeout(() => end({ killedBy: TOO_LONG }), SECONDS * 1000);
    worker.on("message", end);
    worker.on("error", failed);
    worker.postMessage(task);
  });
}
