/** Runs jobs in groups, so that one commit to disk serves many of them. */
export interface GroupOptions<J, R> {
  /** Jobs that share a key never run at the same time, and run in the order in which they came. */
  readonly keys: (job: J) => readonly string[];
  /** Runs a group in one transaction. @returns one result for each job, in their order */
  readonly run: (jobs: readonly J[]) => Promise<readonly R[]>;
  /** Whether the jobs of a group that failed are each to be tried alone, so that one cannot spoil the others. */
  readonly retryAlone: (error: unknown) => boolean;
  readonly maxBatch: number;
  /** Groups at once, for a database that serves several connections. Default 1. */
  readonly maxGroups?: number;
  /** Milliseconds after which the next group no longer waits for one that runs, as on a dead connection. */
  readonly patienceMs?: number;
  readonly monotonic?: () => number;
}

interface Entry<J, R> {
  readonly job: J;
  readonly keys: readonly string[];
  /** On the monotonic clock. */
  readonly since: number;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

const PATIENCE_MS = 1000;

/**
 * While one group is being committed the next one gathers; there is no timer, so a single job waits for nothing. A
 * group that takes long is left to itself: others go on beside it.
 */
export class GroupCommit<J, R> {
  readonly #options: GroupOptions<J, R>;
  readonly #monotonic: () => number;
  #queue: Entry<J, R>[] = [];
  readonly #running = new Set<Entry<J, R>>();
  readonly #drains = new Set<Promise<void>>();
  #active = 0;
  /** The drain that takes the next group; those that wait for long are no leaders any more. */
  #leader: symbol | undefined;

  constructor(options: GroupOptions<J, R>) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
  }

  /** Resolves when the job is durable. @throws what `run` threw; the job may then have happened or not */
  submit(job: J): Promise<R> {
    return new Promise((resolve, reject) => {
      const since = this.#monotonic();
      this.#queue.push({ job, keys: this.#options.keys(job), since, resolve, reject });
      this.#lead();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    while (this.#drains.size > 0) await Promise.all(this.#drains);
  }

  /** Milliseconds since the oldest job that is not done was handed in; 0 without one. */
  waitedMs(): number {
    const oldest = [...this.#running, ...this.#queue].reduce(
      (least, { since }) => Math.min(least, since),
      Infinity,
    );
    return oldest === Infinity ? 0 : this.#monotonic() - oldest;
  }

  #lead(): void {
    if (this.#leader || this.#queue.length === 0 || this.#active >= (this.#options.maxGroups ?? 1)) return;
    const drain: Promise<void> = this.#drain().finally(() => this.#drains.delete(drain));
    this.#drains.add(drain);
  }

  async #drain(): Promise<void> {
    const me = Symbol("drain");
    this.#leader = me;
    this.#active++;
    // Let whatever else arrived in this turn of the event loop join the group.
    await new Promise((resolve) => setImmediate(resolve));
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      const timer = setTimeout(() => {
        if (this.#leader === me) this.#leader = undefined;
        this.#lead();
      }, this.#options.patienceMs ?? PATIENCE_MS);
      await this.#runGroup(group);
      clearTimeout(timer);
      for (const entry of group) this.#running.delete(entry);
      this.#leader ??= me;
      // Another drain took over meanwhile, and finds what waited for this group.
      if (this.#leader !== me) break;
    }
    this.#active--;
    if (this.#leader === me) this.#leader = undefined;
  }

  #take(): Entry<J, R>[] {
    const group: Entry<J, R>[] = [];
    const rest: Entry<J, R>[] = [];
    const used = new Set<string>([...this.#running].flatMap(({ keys }) => keys));
    for (const entry of this.#queue) {
      const free = group.length < this.#options.maxBatch && !entry.keys.some((key) => used.has(key));
      (free ? group : rest).push(entry);
      for (const key of entry.keys) used.add(key);
    }
    this.#queue = rest;
    for (const entry of group) this.#running.add(entry);
    return group;
  }

  async #runGroup(group: readonly Entry<J, R>[]): Promise<void> {
    try {
      const results = await this.#options.run(group.map(({ job }) => job));
      group.forEach((entry, i) => {
        entry.resolve(results[i] as R);
      });
    } catch (error) {
      if (group.length > 1 && this.#options.retryAlone(error))
        for (const entry of group) await this.#runGroup([entry]);
      else for (const entry of group) entry.reject(error);
    }
  }
}
