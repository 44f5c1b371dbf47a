import { randomBytes } from "node:crypto";
import { ChequecardError, CodedError, type Failure } from "../../common/index.js";

/** Another job runs, or there is none of that name. */
class JobError extends CodedError<"busy" | "not-found"> {
  override get failure(): Failure {
    return "card";
  }
}

/** What a long job is about. */
export type JobKind = "personalize" | "new-pin" | "block-all" | "pay-out-all" | "verify" | "reconcile";

/** What one reader does for a job. */
export interface JobReader {
  readonly reader: string;
  /** A word of the catalogue: `waiting`, a step of personalization, `card`, `refused`, `torn`, `reader-gone`. */
  readonly doing: string;
  /** The number of the card that is done. */
  readonly card?: string | undefined;
  readonly problem?: JobProblem | undefined;
}

/** Why something did not go on, in the sentence of the command. */
export interface JobProblem {
  readonly code: string;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** A long job as it stands. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** What it is done to: the name of a batch, a card. */
  readonly name: string;
  /** Who began it. */
  readonly by: string;
  /** Unix milliseconds. */
  readonly begunAt: number;
  readonly endedAt?: number | undefined;
  /** `stopped`: on demand or with the service, before its end; beginning it again goes on. */
  readonly state: "running" | "stopping" | "done" | "stopped" | "failed";
  readonly done: number;
  readonly total: number;
  readonly readers: readonly JobReader[];
  readonly problem?: JobProblem | undefined;
  /** What it came to. */
  readonly result?: Readonly<Record<string, unknown>> | undefined;
}

/** What a job that runs may tell. */
export interface RunningJob {
  readonly signal: AbortSignal;
  tell(change: Partial<Pick<Job, "done" | "total" | "readers">>): void;
}

/** What a job came to. */
export interface JobEnd {
  /** False: it was stopped before its end. */
  readonly complete: boolean;
  readonly result: Readonly<Record<string, unknown>>;
}

/** A refusal in the sentence of the command; a fault of the software is not described. */
export const problemOf = (error: unknown): JobProblem =>
  error instanceof ChequecardError
    ? { code: error.code, detail: error.message, hint: error.hint }
    : { code: "internal", detail: "the service has a fault; see its log" };

/** Long jobs of a desk: one at a time. What a job does is durable step by step, so that it may be ended at any moment. */
export class Jobs {
  readonly #watchers = new Set<(job: Job) => void>();
  #job: Job | undefined;
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  /** The job that runs, or the last one of this process. */
  get current(): Job | undefined {
    return this.#job;
  }

  get isRunning(): boolean {
    return this.#stop !== undefined;
  }

  /** @throws JobError `busy` while another one runs */
  expectFree(): void {
    const job = this.#job;
    if (this.#stop && job)
      throw new JobError(
        "busy",
        `${TITLES[job.kind]} runs since ${new Date(job.begunAt).toISOString()}, by ${job.by}`,
        {
          hint: "Wait for its end, or stop it first.",
        },
      );
  }

  /**
   * Begins a job and returns at once. @param work its end, and what it came to
   * @throws JobError `busy`
   */
  start(about: Pick<Job, "kind" | "name" | "by" | "total">, work: (job: RunningJob) => Promise<JobEnd>): Job {
    this.expectFree();
    const stop = new AbortController();
    const job: Job = {
      ...about,
      id: randomBytes(6).toString("hex"),
      begunAt: Date.now(),
      state: "running",
      done: 0,
      readers: [],
    };
    this.#stop = stop;
    this.#change(job);
    const tell: RunningJob["tell"] = (change) => this.#change({ ...(this.#job ?? job), ...change });
    this.#running = work({ signal: stop.signal, tell })
      .then(
        ({ complete, result }) => ({ state: complete ? ("done" as const) : ("stopped" as const), result }),
        (error: unknown) =>
          stop.signal.aborted
            ? { state: "stopped" as const }
            : { state: "failed" as const, problem: problemOf(error) },
      )
      .then((end) => {
        this.#stop = undefined;
        this.#change({ ...(this.#job ?? job), ...end, endedAt: Date.now() });
      });
    return job;
  }

  /** Has a job end after the card in hand. @throws JobError `not-found` */
  stop(id: string): Job {
    const job = this.#job;
    if (!job || job.id !== id || !this.#stop)
      throw new JobError("not-found", `job ${id.slice(0, 20)}: it does not run`);
    const stopping: Job = { ...job, state: "stopping" };
    this.#change(stopping);
    this.#stop.abort();
    return stopping;
  }

  /** Calls back at every change. @returns what ends that */
  watch(onChange: (job: Job) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Stops what runs and waits for its end. */
  async close(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
  }

  #change(job: Job): void {
    this.#job = job;
    for (const tell of this.#watchers) tell(job);
  }
}

const TITLES: Readonly<Record<JobKind, string>> = {
  personalize: "a personalization",
  "new-pin": "a new PIN",
  "block-all": "the blocking of all cards",
  "pay-out-all": "the paying out of all cards",
  verify: "a check of the ledger",
  reconcile: "a comparison with the node",
};
