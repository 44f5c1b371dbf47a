import { copyFileSync, existsSync } from "node:fs";

/** What a killed process would have done next; nothing comes of it. */
export class Killed extends Error {}

/**
 * Whether a process of the simulated world still runs. Everything that it does to the world goes through ports that
 * ask here: after its end its calls have no effect and no answer.
 */
export class ProcessLife {
  #ended = false;
  readonly #onEnd: (() => void)[] = [];
  /** Resolves when it is killed. */
  readonly ended: Promise<void>;

  constructor() {
    this.ended = new Promise((resolve) => this.#onEnd.push(resolve));
  }

  get isOver(): boolean {
    return this.#ended;
  }

  onEnd(handler: () => void): void {
    this.#onEnd.push(handler);
  }

  /** Ends it in the middle of whatever it does. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const handler of this.#onEnd) handler();
  }

  /** @throws Killed */
  expectAlive(): void {
    if (this.#ended) throw new Killed("the process was killed");
  }

  /** The answer to a call, which a killed process never gets. */
  answer<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.#ended || resolve(value),
        (error: unknown) => this.#ended || reject(error),
      );
    });
  }
}

/** What a killed process left of a SQLite database: the file and its log, as far as they were written. */
export function salvage(from: string, to: string): void {
  for (const part of ["", "-wal"]) if (existsSync(from + part)) copyFileSync(from + part, to + part);
}
