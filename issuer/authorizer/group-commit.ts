/** Runs jobs in groups, so that one commit to disk serves many of them. */
export interface GroupOptions<J, R> {
  /** Jobs that share a key never run in one group, and run in the order in which they came. */
  readonly keys: (job: J) => readonly string[];
  /** Runs a group in one transaction. `undefined` for a job means: run it again in a later group. */
  readonly run: (jobs: readonly J[]) => Promise<readonly (R | undefined)[]>;
  /** Whether the jobs of a group that failed are each to be tried alone, so that one cannot spoil the others. */
  readonly retryAlone: (error: unknown) => boolean;
  readonly maxBatch: number;
}

interface Entry<J, R> {
  readonly job: J;
  readonly keys: readonly string[];
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While one group is being committed the next one gathers; there is no timer, so a single job waits for nothing.
 */
export class GroupCommit<J, R> {
  readonly #options: GroupOptions<J, R>;
  #queue: Entry<J, R>[] = [];
  #running: Promise<void> | undefined;

  constructor(options: GroupOptions<J, R>) {
    this.#options = options;
  }

  /** Resolves when the job is durable. @throws what `run` threw; the job may then have happened or not */
  submit(job: J): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, keys: this.#options.keys(job), resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    // Let whatever else arrived in this turn of the event loop join the group.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) await this.#runGroup(this.#take());
    this.#running = undefined;
  }

  #take(): Entry<J, R>[] {
    const group: Entry<J, R>[] = [];
    const rest: Entry<J, R>[] = [];
    const used = new Set<string>();
    for (const entry of this.#queue) {
      const free = group.length < this.#options.maxBatch && !entry.keys.some((key) => used.has(key));
      (free ? group : rest).push(entry);
      for (const key of entry.keys) used.add(key);
    }
    this.#queue = rest;
    return group;
  }

  async #runGroup(group: Entry<J, R>[]): Promise<void> {
    try {
      const results = await this.#options.run(group.map(({ job }) => job));
      const again: Entry<J, R>[] = [];
      group.forEach((entry, i) => {
        const result = results[i];
        if (result === undefined) again.push(entry);
        else entry.resolve(result);
      });
      this.#queue.unshift(...again);
    } catch (error) {
      if (group.length > 1 && this.#options.retryAlone(error))
        for (const entry of group) await this.#runGroup([entry]);
      else for (const entry of group) entry.reject(error);
    }
  }
}
