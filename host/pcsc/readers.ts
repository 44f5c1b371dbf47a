import { EventEmitter } from "node:events";
import { TransportError } from "../../apdu/transport.js";
import { loadNative, type NativeModule, type NativeReader } from "./native.js";
import { DEFAULT_TIMEOUTS, PcscReader, type PcscTimeouts, type ReaderState } from "./reader.js";
import { matchReaders, noSuchReader, shownName, unusableName, withoutSamSlots } from "./reader-names.js";
import { transportError } from "./scard.js";
import { probeService } from "./service.js";
import { Session } from "./session.js";
import { bounded, ChangeSignal } from "./waiting.js";

const SETTLE_TIMEOUT_MS = 20_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

export interface PcscOptions {
  /** Gives up opening; it does not close what is open. */
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Partial<PcscTimeouts>;
}

/** Events of {@link PcscReaders}. */
export interface PcscReadersEvents {
  added: [reader: PcscReader];
  removed: [reader: PcscReader];
  /** The service went away; it is looked for until it is back or `close` is called. */
  lost: [error: TransportError];
  recovered: [];
}

/** All readers of this machine, kept up to date. Holds the process open until closed. */
export class PcscReaders extends EventEmitter<PcscReadersEvents> {
  readonly #native: NativeModule;
  readonly #timeouts: PcscTimeouts;
  readonly #readers = new Map<string, PcscReader>();
  readonly #changed = new ChangeSignal();
  #unusable: readonly string[] = [];
  #session: Session | undefined;
  #lost: TransportError | undefined;
  readonly #closed = new AbortController();
  #closing: Promise<void> | undefined;
  #recovery: Promise<void> = Promise.resolve();

  private constructor(native: NativeModule, timeouts: PcscTimeouts) {
    super();
    this.#native = native;
    this.#timeouts = timeouts;
  }

  /** See {@link openReaders}. */
  static async open(options: PcscOptions = {}): Promise<PcscReaders> {
    const readers = new PcscReaders(await loadNative(), { ...DEFAULT_TIMEOUTS, ...options.timeouts });
    await readers.#begin(options.signal);
    return readers;
  }

  /** The readers that are connected now. */
  list(): readonly PcscReader[] {
    return [...this.#readers.values()].filter((reader) => reader.connected);
  }

  /** Names of readers that are there and cannot be used, since the names are no UTF-8; as they are best shown. */
  unusable(): readonly string[] {
    return this.#unusable;
  }

  /**
   * Every reader and what it shows now. Prefer it to {@link listReaders} in a process that watches readers: libpcsclite
   * before 2.0.1 lets a second watcher of a process miss changes, or take them from the first.
   * @throws TransportError `no-service`, `closed`
   */
  listed(): readonly ListedReader[] {
    this.#requireOpen();
    if (this.#lost) throw this.#lost;
    const nothing = { card: "unknown", inUse: false, exclusive: false, atr: undefined } as const;
    return [
      ...this.list().map((reader) => ({ name: reader.name, ...reader.state })),
      ...this.unusable().map((name) => ({ name, ...nothing })),
    ];
  }

  /**
   * The reader of that name, or the one whose name contains it in any case, or without a name the one there is. Where
   * that fits several, slots for security modules do not count, and of the others the one with a card is meant.
   * @throws TransportError `no-reader`, listing those present; `no-service`; `closed`
   */
  find(name?: string): PcscReader {
    return this.choose(name).reader;
  }

  /** As {@link find}. @returns also whether others fit as well, and the card decided */
  choose(name?: string): { readonly reader: PcscReader; readonly byCard: boolean } {
    this.#requireOpen();
    if (this.#lost) throw this.#lost;
    const found = this.#match(name);
    const [only, ...others] = withoutSamSlots(found);
    if (only && others.length === 0) return { reader: only, byCard: false };
    const [withCard, ...more] = withoutSamSlots(found).filter(({ state }) => state.card !== "none");
    if (withCard && more.length === 0) return { reader: withCard, byCard: true };
    const [unusable] = found.length > 0 ? [] : matchReaders(this.#unusable, name);
    if (unusable !== undefined) throw unusableName(unusable);
    throw noSuchReader(
      name,
      withoutSamSlots(found).map((reader) => reader.name),
      this.list().map((reader) => reader.name),
    );
  }

  /**
   * As {@link find}, but waits until the reader is there and the service is running.
   * @throws TransportError `no-reader` when several match; `closed` when `signal` aborts
   */
  async waitForReader(name?: string, signal?: AbortSignal): Promise<PcscReader> {
    for (;;) {
      this.#requireOpen();
      if (!this.#lost && this.#match(name).length > 0) return this.find(name);
      await this.#changed.next({ signal, what: `Waiting for the reader ${name ?? ""}`.trimEnd() });
    }
  }

  /** Closes every connection and lets the process end. Never rejects; a second call does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Lets `#closing` be set before a waiting caller wakes up and reads it.
    await Promise.resolve();
    this.#closed.abort();
    this.#changed.notify();
    for (const reader of this.#readers.values()) reader.detach(transportError("closed", reader.name));
    await Promise.all([...this.#readers.values()].map((reader) => reader.dispose()));
    await this.#recovery;
    await this.#session?.close();
  }

  #match(name: string | undefined): PcscReader[] {
    const present = this.list();
    const names = matchReaders(
      present.map((reader) => reader.name),
      name,
    );
    return present.filter((reader) => names.includes(reader.name));
  }

  #requireOpen(): void {
    if (this.#closing) throw new TransportError("closed", "The readers were closed.");
  }

  async #begin(signal?: AbortSignal): Promise<void> {
    await probeService({ signal });
    const session: Session = new Session(this.#native, {
      changed: (native, state, atr) => this.#onChanged(native, state, atr),
      removed: (native) => this.#onRemoved(native),
      unreachable: (names) => {
        this.#unusable = names.map(shownName);
      },
      failed: (error) => {
        if (this.#session === session) this.#onLost(session, error);
      },
    });
    try {
      await bounded(
        session.settled,
        SETTLE_TIMEOUT_MS,
        () => new TransportError("no-service", "The PC/SC service (pcscd) does not answer."),
      );
    } catch (error) {
      this.#detachAll(error as TransportError);
      await session.close();
      throw error;
    }
    this.#session = session;
    this.#lost = undefined;
    this.#changed.notify();
  }

  #onChanged(native: NativeReader, state: number, atr: Uint8Array): void {
    const known = this.#readers.get(native.name);
    const reader = known ?? new PcscReader(native.name, this.#timeouts);
    if (!known) this.#readers.set(native.name, reader);
    const isNew = !reader.connected;
    reader.update(native, state, atr);
    if (!isNew) return;
    this.#changed.notify();
    this.emit("added", reader);
  }

  #onRemoved(native: NativeReader): void {
    const reader = this.#readers.get(native.name);
    if (!reader?.connected) return;
    reader.detach(transportError("no-reader", reader.name));
    this.emit("removed", reader);
  }

  #detachAll(absence: TransportError): void {
    for (const reader of this.list()) reader.detach(absence);
  }

  #onLost(session: Session, error: TransportError): void {
    this.#session = undefined;
    this.#lost = error;
    this.#detachAll(error);
    this.#recovery = session.close().then(() => this.#recover());
    this.emit("lost", error);
  }

  async #recover(): Promise<void> {
    for (let pause = FIRST_RETRY_MS; !this.#closing; pause = Math.min(2 * pause, LAST_RETRY_MS)) {
      await this.#changed.next({ timeoutMs: pause, what: "Waiting for the PC/SC service" });
      if (await this.#isBack()) return void this.emit("recovered");
    }
  }

  async #isBack(): Promise<boolean> {
    try {
      await this.#begin(this.#closed.signal);
      return !this.#closing;
    } catch (error) {
      this.#lost = error as TransportError;
      return false;
    }
  }
}

/**
 * Opens the PC/SC readers of this machine.
 * @throws TransportError `no-service`: nfc-pcsc is not installed, pcscd is not running, or refuses this user
 */
export const openReaders = (options?: PcscOptions): Promise<PcscReaders> => PcscReaders.open(options);

/** A reader as `listReaders` saw it. `unknown`: its name cannot be passed on, so nothing else is known of it. */
export interface ListedReader extends Omit<ReaderState, "card"> {
  readonly name: string;
  readonly card: ReaderState["card"] | "unknown";
}

/** The readers that are there now, and what lies on them. @throws TransportError as {@link openReaders} */
export async function listReaders(options?: PcscOptions): Promise<readonly ListedReader[]> {
  const readers = await openReaders(options);
  try {
    return readers.listed();
  } finally {
    await readers.close();
  }
}
