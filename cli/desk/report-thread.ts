import { Worker } from "node:worker_threads";
import { ChequecardError, CodedError, type Failure } from "../../common/index.js";
import type { ServiceConfig } from "../../issuer/service/index.js";
import { openLedger } from "../issuer/folder.js";
import { answerTask, type ReportTask, type TaskAnswer, type TaskQuestion } from "./report-tasks.js";

/** A report takes too long, or too many were asked for. */
class ReportError extends CodedError<"too-long" | "busy" | "closed" | "internal"> {
  override get failure(): Failure {
    return "service";
  }
}

/** What the ledger's thread could not do, as it said it. */
class ThreadProblem extends ChequecardError {
  override readonly code: string;
  readonly #failure: Failure;

  constructor({ code, message, hint, failure }: ToldProblem) {
    super(message, hint === undefined ? {} : { hint });
    this.code = code;
    this.#failure = failure;
  }

  override get failure(): Failure {
    return this.#failure;
  }
}

interface ToldProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly failure: Failure;
}

type Told = { readonly result: unknown } | { readonly problem: ToldProblem };

/** A report that takes longer is given up, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Reports that may wait for the one that is made. */
const MAX_WAITING = 16;
/** MiB that a report may take; a ledger of a million cards needs less. */
const LIMITS = { maxOldGenerationSizeMb: 1024 } as const;

/** How reports are made. */
export interface ReportOptions {
  /** What runs on the thread. */
  readonly entry?: URL;
  readonly patienceMs?: number;
  /** Told once when the thread cannot run: reports are then made on the thread that asks. */
  readonly onFailure?: () => void;
}

/**
 * Makes reports, which read much of the ledger, on a thread with a connection of its own: no payment waits for them.
 * One is made at a time, each within a minute.
 */
export class ReportThread {
  readonly #ledger: { readonly database: ServiceConfig["database"]; readonly folder: string };
  readonly #entry: URL;
  readonly #patienceMs: number;
  readonly #onFailure: () => void;
  #worker: Worker | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #isHere = false;
  #isClosed = false;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #giveUp: ((error: Error) => void) | undefined;

  constructor(
    ledger: { readonly database: ServiceConfig["database"]; readonly folder: string },
    { entry, patienceMs = PATIENCE_MS, onFailure = () => {} }: ReportOptions = {},
  ) {
    this.#ledger = ledger;
    this.#entry = entry ?? new URL("report-thread-entry.js", import.meta.url);
    this.#patienceMs = patienceMs;
    this.#onFailure = onFailure;
  }

  /** Answers a question about the ledger. @throws ReportError; what the ledger throws */
  async ask<Name extends ReportTask>(name: Name, question: TaskQuestion<Name>): Promise<TaskAnswer<Name>> {
    if (this.#waiting > MAX_WAITING)
      throw new ReportError("busy", "too many reports wait for the one that is made", {
        hint: "Try again in a minute.",
      });
    this.#waiting++;
    const answer = this.#last.then(() => this.#answer(name, question));
    // A thread that was given up ends with the statement that it is in: until then none is started beside it.
    this.#last = answer.catch(() => this.#ended);
    try {
      return (await answer) as TaskAnswer<Name>;
    } finally {
      this.#waiting--;
    }
  }

  /** Ends the thread, in the middle of a report, too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end(new ReportError("closed", "the service is stopping"));
  }

  async #answer(name: ReportTask, question: unknown): Promise<unknown> {
    if (this.#isClosed) throw new ReportError("closed", "the service is stopping");
    if (this.#isHere) return await this.#answerHere(name, question);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    let timer: NodeJS.Timeout | undefined;
    try {
      const told = await new Promise<Told>((resolve, reject) => {
        this.#giveUp = reject;
        worker.once("message", resolve);
        timer = setTimeout(() => void this.#end(tooLong(this.#patienceMs)), this.#patienceMs);
        timer.unref();
        worker.postMessage({ name, question });
      });
      if ("problem" in told) throw new ThreadProblem(told.problem);
      return told.result;
    } catch (error) {
      if (!(error instanceof ThreadFailed)) throw error;
      this.#isHere = true;
      this.#onFailure();
      return await this.#answerHere(name, question);
    } finally {
      clearTimeout(timer);
      this.#giveUp = undefined;
    }
  }

  async #answerHere(name: ReportTask, question: unknown): Promise<unknown> {
    const { database, folder } = this.#ledger;
    const store = await openLedger({ database }, folder);
    try {
      return await answerTask(store, name, question);
    } finally {
      await store.close();
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, {
      workerData: this.#ledger,
      resourceLimits: LIMITS,
      execArgv: [],
    });
    worker.on("error", (cause) => {
      if (this.#worker !== worker) return;
      const failed = isModuleMissing(cause) ? new ThreadFailed() : lost(cause);
      void this.#end(failed);
    });
    worker.unref();
    return worker;
  }

  async #end(error: Error): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker) this.#ended = worker.terminate();
    this.#giveUp?.(error);
    await this.#ended;
  }
}

/** The thread cannot run at all. */
class ThreadFailed extends Error {}

const isModuleMissing = (cause: unknown): boolean =>
  cause instanceof Error && /MODULE_NOT_FOUND$/.test(String((cause as NodeJS.ErrnoException).code));

const lost = (cause: unknown): ReportError =>
  new ReportError("internal", "the report could not be made: its thread ended", {
    cause,
    hint: "Ask for a shorter time, or use the command: chequecard report",
  });

const tooLong = (patienceMs: number): ReportError =>
  new ReportError("too-long", `the report took longer than ${patienceMs / 1000} seconds and was given up`, {
    hint: "Ask for a shorter time, or use the command: chequecard report",
  });
