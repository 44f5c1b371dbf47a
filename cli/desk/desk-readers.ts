import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Reader } from "../../apdu/index.js";
import { openReaders, type PcscReaders, withoutSamSlots } from "../../host/pcsc/index.js";
import type { BatchEvent } from "../../personalize/index.js";
import { type OpenCardFile, openCardFile, SimulatedReader } from "../../simulator/index.js";
import { InputError } from "../error-report.js";

/** `--reader NAME` once or more, `--all-readers`, or `--card FILE` once or more for simulated cards. */
export interface DeskReaderChoice {
  readonly reader?: readonly string[];
  readonly allReaders?: boolean;
  readonly card?: readonly string[];
}

/** The readers of a desk: at the first of them cards are served, at all of them they are made. */
export interface DeskReaders {
  /** Waits until the first one is there. @throws TransportError, also when `signal` aborts */
  first(signal: AbortSignal): Promise<Reader>;
  /** Those that are there. @throws InputError where none is; TransportError */
  all(): readonly Reader[];
  /** Lays the next simulated card down when one is done; does nothing for real ones. */
  onEvent(event: BatchEvent): void;
  /** Aborts when simulated cards are used up. */
  used(): AbortSignal | undefined;
  /** Where cards are simulated. */
  readonly simulated: SimulatedCards | undefined;
  close(): Promise<void>;
}

/** Simulated cards in the place of people who lay theirs on a reader. */
interface SimulatedCards {
  /** File names. */
  readonly names: readonly string[];
  /** Which one lies there. */
  readonly lying: string | undefined;
  /** Lays one on the reader, or takes away what lies there. @throws InputError; the card file's errors */
  lay(name: string | undefined): void;
}

/** Opens the readers that were asked for; undefined: none was. @throws InputError; TransportError */
export async function openDeskReaders(
  { reader = [], allReaders = false, card = [] }: DeskReaderChoice,
  signal: AbortSignal,
): Promise<DeskReaders | undefined> {
  if ((reader.length > 0 || allReaders) && card.length > 0)
    throw new InputError("--card and --reader: choose one of them");
  if (card.length > 0) return new CardPile(card);
  if (reader.length === 0 && !allReaders) return undefined;
  return new PcscDesk(await openReaders({ signal }), allReaders ? undefined : reader);
}

/** How long until a reader that is not there is looked for again. */
const RETRY_MS = 1000;

class PcscDesk implements DeskReaders {
  readonly simulated = undefined;
  readonly #open: PcscReaders;
  readonly #names: readonly string[] | undefined;

  constructor(open: PcscReaders, names: readonly string[] | undefined) {
    this.#open = open;
    this.#names = names;
  }

  async first(signal: AbortSignal): Promise<Reader> {
    const [name] = this.#names ?? [];
    if (name !== undefined) return await this.#open.waitForReader(name, signal);
    for (;;) {
      const [first] = withoutSamSlots(this.#open.list());
      if (first) return first;
      await sleep(RETRY_MS, undefined, { signal });
    }
  }

  all(): readonly Reader[] {
    const found = this.#names
      ? this.#names.map((name) => this.#open.find(name))
      : withoutSamSlots(this.#open.list());
    if (found.length === 0) throw new InputError("no reader is connected");
    return found;
  }

  onEvent(): void {}

  used(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}

/** Events after which the next card is laid down. */
const DONE: readonly BatchEvent["kind"][] = ["card", "refused"];

class CardPile implements DeskReaders, SimulatedCards {
  readonly names: readonly string[];
  readonly #paths: ReadonlyMap<string, string>;
  readonly #reader = new SimulatedReader("simulated reader");
  #open: OpenCardFile | undefined;
  #lying: string | undefined;
  #used = new AbortController();

  constructor(paths: readonly string[]) {
    this.#paths = new Map(paths.map((path) => [basename(path), path]));
    this.names = [...this.#paths.keys()];
    if (this.names.length < paths.length) throw new InputError("--card: need files of different names");
  }

  get simulated(): SimulatedCards {
    return this;
  }

  get lying(): string | undefined {
    return this.#lying;
  }

  lay(name: string | undefined): void {
    const path = name === undefined ? undefined : this.#paths.get(name);
    if (name !== undefined && path === undefined)
      throw new InputError(`card: need one of ${this.names.slice(0, 20).join(", ")}`);
    this.#reader.remove();
    this.#open?.close();
    this.#open = undefined;
    this.#lying = undefined;
    if (path === undefined) return;
    this.#open = openCardFile(path);
    this.#lying = name;
    this.#reader.insert(this.#open.card);
  }

  async first(): Promise<Reader> {
    return this.#reader;
  }

  all(): readonly Reader[] {
    return [this.#reader];
  }

  onEvent(event: BatchEvent): void {
    if (DONE.includes(event.kind)) setImmediate(() => this.#next());
  }

  used(): AbortSignal {
    this.#used = new AbortController();
    if (this.#lying === undefined) this.lay(this.names[0]);
    return this.#used.signal;
  }

  async close(): Promise<void> {
    this.lay(undefined);
  }

  #next(): void {
    const next = this.names[this.names.indexOf(this.#lying ?? "") + 1];
    this.lay(next);
    if (next === undefined) this.#used.abort();
  }
}
