import { setTimeout as sleep } from "node:timers/promises";
import type { TransportError } from "../../apdu/transport.js";
import type { NativeModule, NativeReader, NativeService } from "./native.js";
import { splitNames } from "./reader-names.js";
import { transportError } from "./scard.js";

const SERVICE = "the PC/SC service";

/**
 * The native watching thread looks for a request to end only before it starts to wait; a request that comes between
 * its report and its next wait makes it end without closing its handle, which would hold the process for ever. It
 * needs microseconds from one to the other; it is given this long.
 */
const QUIET_MS = 50;
/** How long a thread is waited for that has not reported yet, or that will end by itself with the lost service. */
const LAST_WORD_MS = 500;

/** What a session tells its owner. */
export interface SessionEvents {
  /** A reader's state; the first one means that the reader is there. */
  changed(reader: NativeReader, state: number, atr: Uint8Array): void;
  removed(reader: NativeReader): void;
  /** Bytes of the names that are no UTF-8, at each listing: the native part cannot reach these readers. */
  unreachable(names: readonly Uint8Array[]): void;
  /** The service is gone; called at most once, and nothing after it. */
  failed(error: TransportError): void;
}

/**
 * One context with the PC/SC service, from its opening to its loss: watches the list of readers and each reader.
 * A lost context never works again, so recovery means a new session.
 */
export class Session {
  /** Resolves when the readers that are there have been listed and each has told its state. */
  readonly settled: Promise<void>;
  readonly #service: NativeService;
  readonly #events: SessionEvents;
  readonly #watched = new Set<NativeReader>();
  readonly #silent = new Set<NativeReader>();
  #listed = false;
  #lastReport = 0;
  #ended = false;
  #settle: () => void = () => {};
  #fail: (error: TransportError) => void = () => {};

  /** @throws TransportError when the service refuses the context */
  constructor(native: NativeModule, events: SessionEvents) {
    this.#events = events;
    this.settled = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.settled.catch(() => {});
    try {
      this.#service = new native.NFC();
    } catch (error) {
      throw transportError("no-service", SERVICE, error);
    }
    this.#service.on("error", (error: Error) => this.#lost(error));
    this.#service.on("reader", (device: { autoProcessing: boolean; reader: NativeReader }) => {
      device.autoProcessing = false;
      this.#watch(device.reader);
    });
    this.#noticeListing();
  }

  /**
   * pcsclite says nothing when there are no readers, and asks for a reader of a name that is no UTF-8 by another
   * name, so the callback that it hands to the native part is wrapped.
   */
  #noticeListing(): void {
    const monitor = this.#service.pcsc;
    const start = monitor.start;
    monitor.start = (listed) =>
      start.call(monitor, (error, names) => {
        if (error) return listed(error, names);
        const { utf8, others } = splitNames(names ?? new Uint8Array());
        listed(undefined, Buffer.from(utf8));
        if (!this.#ended) this.#events.unreachable(others);
        this.#listed = true;
        this.#checkSettled();
      });
  }

  #watch(reader: NativeReader): void {
    // Takes away nfc-pcsc's own listeners, which would connect to every card, shared.
    for (const event of ["status", "error", "end"]) reader.removeAllListeners(event);
    this.#watched.add(reader);
    this.#silent.add(reader);
    reader.on("status", ({ state, atr }: { state: number; atr?: Uint8Array }) => {
      this.#lastReport = performance.now();
      this.#silent.delete(reader);
      if (this.#ended) return;
      this.#events.changed(reader, state, atr ?? new Uint8Array());
      this.#checkSettled();
    });
    reader.on("error", (error: Error) => this.#lost(error));
    reader.on("end", () => {
      this.#watched.delete(reader);
      this.#silent.delete(reader);
      // Joins the thread, which has ended.
      setImmediate(() => reader.close());
      if (this.#ended) return;
      this.#events.removed(reader);
      this.#checkSettled();
    });
  }

  #checkSettled(): void {
    if (this.#listed && this.#silent.size === 0) this.#settle();
  }

  #lost(cause: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    const error = transportError("no-service", SERVICE, cause);
    this.#fail(error);
    this.#events.failed(error);
  }

  /**
   * Ends all watching threads. They hold locks while they call back, so this must wait for a turn of its own; and
   * each must be at rest (QUIET_MS).
   */
  async close(): Promise<void> {
    const lost = this.#ended;
    this.#ended = true;
    const patience = performance.now() + LAST_WORD_MS;
    const isBusy = () =>
      this.#watched.size > 0 &&
      (lost || this.#silent.size > 0 || performance.now() < this.#lastReport + QUIET_MS);
    do await sleep(5);
    while (isBusy() && performance.now() < patience);
    for (const reader of this.#watched) reader.close();
    this.#watched.clear();
    this.#service.close();
  }
}
