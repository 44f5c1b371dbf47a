import { EventEmitter } from "node:events";
import { TransportError } from "../../apdu/transport.js";
import { loadNative, type NativeModule, type NativeReader } from "./native.js";
import { DEFAULT_TIMEOUTS, PcscReader, type PcscTimeouts, type ReaderState } from "./reader.js";
import { matchReaders, noSuchReader } from "./reader-names.js";
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

  /**
   * The reader of that name, or the only one whose name contains it in any case, or without a name the only one.
   * @throws TransportError `no-reader`, listing those present; `no-service`; `closed`
   */
  find(name?: string): PcscReader {
    this.#requireOpen();
    if (this.#lost) throw this.#lost;
    const found = this.#match(name);
    if (found.length === 1 && found[0]) return found[0];
    throw noSuchReader(
      name,
      found.map((reader) => reader.name),
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
    // Lets `#closing` be set before whoever waits wakes up and looks at it.
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

/** A reader as `listReaders` saw it. */
export interface ListedReader extends ReaderState {
  readonly name: string;
}

/** The readers that are there now, and what lies on them. @throws TransportError as {@link openReaders} */
export async function listReaders(options?: PcscOptions): Promise<readonly ListedReader[]> {
  const readers = await openReaders(options);
  try {
    return readers.list().map((reader) => ({ name: reader.name, ...reader.state }));
  } finally {
    await readers.close();
  }
}
