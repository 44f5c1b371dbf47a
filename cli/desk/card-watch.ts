import type { Reader } from "../../apdu/index.js";
import { CardStatusError, LIFECYCLE, TransportError } from "../../apdu/index.js";
import { type CardSession, openSession } from "../../host/index.js";
import type { CardDesk, Presence } from "../../issuer/service/index.js";
import type { DeskReaders } from "./desk-readers.js";
import { type JobProblem, problemOf } from "./jobs.js";

/** What lies on the desk's reader. */
export type Lying =
  /** The reader is looked for, or has gone. */
  | { readonly kind: "no-reader"; readonly problem?: JobProblem }
  | { readonly kind: "empty"; readonly reader: string }
  | { readonly kind: "reading"; readonly reader: string }
  /** A card of this issuer. */
  | {
      readonly kind: "card";
      readonly reader: string;
      readonly presence: Presence;
      /** Whether it got an update just now. */
      readonly given: boolean;
      /** Why it did not get the update that waits for it. */
      readonly problem?: JobProblem;
    }
  | { readonly kind: "blank"; readonly reader: string }
  /** No card of this issuer, or one that cannot be read. */
  | { readonly kind: "unknown"; readonly reader: string; readonly problem: JobProblem }
  /** A job has the reader. */
  | { readonly kind: "job" };

/** Between two tries with a reader that fails. */
const RETRY_MS = 1000;
/** A card that lies there is connected to within this time. */
const AGAIN_MS = 1000;

/**
 * Looks who lies on the desk's reader, and hands over what waits for the card, as a terminal does with every tap. A job
 * may have the readers meanwhile.
 */
export class CardWatch {
  readonly #readers: DeskReaders;
  readonly #desk: CardDesk;
  readonly #watchers = new Set<(lying: Lying) => void>();
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #lying: Lying = { kind: "no-reader" };
  #again = new AbortController();
  #lent: Promise<void> | undefined;

  constructor(readers: DeskReaders, desk: CardDesk) {
    this.#readers = readers;
    this.#desk = desk;
    this.#running = this.#run();
  }

  get lying(): Lying {
    return this.#lying;
  }

  /** Calls back at every change. @returns what ends that */
  watch(onChange: (lying: Lying) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Looks at the card that lies there again: something was booked for it. */
  lookAgain(): void {
    if (this.#lying.kind !== "job") this.#again.abort();
  }

  /** Has the readers for a job, and looks at cards again when it is over. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    let giveBack = (): void => undefined;
    this.#lent = new Promise((resolve) => {
      giveBack = resolve;
    });
    this.#again.abort();
    try {
      return await this.#idle.then(work);
    } finally {
      this.#lent = undefined;
      giveBack();
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#again.abort();
    await this.#running;
  }

  /** Resolves once nothing is said to a card any more. */
  #idle: Promise<void> = Promise.resolve();

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      this.#again = new AbortController();
      const round = this.#round(AbortSignal.any([this.#again.signal, this.#closed.signal]));
      this.#idle = round;
      await round;
      if (!this.#lent) continue;
      this.#tell({ kind: "job" });
      await this.#lent;
      this.#tell({ kind: "no-reader" });
    }
  }

  /** One card, from when it is laid down until it is taken away, or looked at again. */
  async #round(signal: AbortSignal): Promise<void> {
    if (this.#lent) return;
    try {
      const reader = await this.#readers.first(signal);
      if (this.#lying.kind === "no-reader") this.#tell({ kind: "empty", reader: reader.name });
      const lying = await this.#look(reader, signal);
      this.#tell(lying);
      await reader.waitForRemoval(signal);
      this.#tell({ kind: "empty", reader: reader.name });
    } catch (error) {
      if (signal.aborted) return;
      this.#tell({ kind: "no-reader", problem: problemOf(error) });
      await pause(RETRY_MS, signal);
    }
  }

  async #look(reader: Reader, signal: AbortSignal): Promise<Lying> {
    const { name } = reader;
    // A card that was taken away while it is read again is not shown for long.
    const gone = setTimeout(() => {
      if (this.#lying.kind !== "empty") this.#tell({ kind: "empty", reader: name });
    }, AGAIN_MS);
    const connection = await reader.waitForCard(signal).finally(() => clearTimeout(gone));
    try {
      if (this.#lying.kind !== "card") this.#tell({ kind: "reading", reader: name });
      return await this.#serve(name, await openSession(connection));
    } catch (error) {
      if (error instanceof CardStatusError && error.status.name === "application-not-found")
        return { kind: "blank", reader: name };
      if (error instanceof TransportError && GONE.includes(error.code)) throw error;
      return { kind: "unknown", reader: name, problem: problemOf(error) };
    } finally {
      await connection.close();
    }
  }

  async #serve(reader: string, card: CardSession): Promise<Lying> {
    if (card.selected.profile.lifecycle === LIFECYCLE.BLANK) return { kind: "blank", reader };
    const before = await this.#desk.identify(card);
    if (!before.pending) return { kind: "card", reader, presence: before, given: false };
    try {
      return { kind: "card", reader, presence: await this.#desk.deliver(card, before), given: true };
    } catch (error) {
      return { kind: "card", reader, presence: before, given: false, problem: problemOf(error) };
    }
  }

  #tell(lying: Lying): void {
    this.#lying = lying;
    for (const tell of this.#watchers) tell(lying);
  }
}

/** The reader, not the card, is the trouble. */
const GONE: readonly string[] = ["no-reader", "no-service", "closed"];

const pause = (timeMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, timeMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
