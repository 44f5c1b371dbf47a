import { ChequecardError } from "../../common/errors.js";
import { pause } from "../../common/pause.js";
import type { RateBook } from "../../host/terminal/rate-book.js";
import type { FetchedRate } from "./rate-fetch.js";
import type { RateSource } from "./rate-sources.js";

/** Asks a source for the rate again and again, and offers what it says to the till. */
export class RatePoller {
  readonly #source: RateSource;
  readonly #book: RateBook;
  readonly #fetch: (source: RateSource, signal: AbortSignal) => Promise<FetchedRate>;
  readonly #end = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(
    source: RateSource,
    book: RateBook,
    fetch: (source: RateSource, signal: AbortSignal) => Promise<FetchedRate>,
  ) {
    this.#source = source;
    this.#book = book;
    this.#fetch = fetch;
  }

  get name(): string {
    return this.#source.name;
  }

  /** Why the source gave no rate the last time. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @param everyMs pause between two questions, in milliseconds */
  start(everyMs: number): void {
    this.#running = this.#run(everyMs);
  }

  /** Asks once. */
  async ask(): Promise<void> {
    const { signal } = this.#end;
    const found = await this.#fetch(this.#source, signal);
    if (signal.aborted) return;
    try {
      if ("price" in found) this.#book.offer(found.price, this.#source.name);
      this.#problem = "problem" in found ? found.problem : undefined;
    } catch (error) {
      if (!(error instanceof ChequecardError)) throw error;
      this.#problem = error.message;
    }
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  async #run(everyMs: number): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.ask();
      await pause(everyMs, signal);
    }
  }
}
