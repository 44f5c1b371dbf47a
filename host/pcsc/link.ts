import { TransportError } from "../../apdu/transport.js";
import { type NativeReader, sibling } from "./native.js";
import { type Activity, fromNative, isEmptyReader, transportError } from "./scard.js";
import { MAX_RESPONSE_LENGTH } from "./tpdu.js";
import { bounded } from "./waiting.js";

/**
 * A native reader object that only connects and transmits. Its calls run one after another, each with a time
 * limit. A call that ran out of time cannot be called back: the link is then spoiled, and the card is let go when
 * the call returns at last.
 */
export class Link {
  readonly #native: NativeReader;
  #last: Promise<void> = Promise.resolve();
  #spoiled = false;
  #running = false;
  #proven = false;

  /**
   * The native object must never be collected: its destructor joins a thread that only a watching object has (see
   * {@link acquireLink}).
   */
  constructor(native: NativeReader) {
    this.#native = native;
  }

  get name(): string {
    return this.#native.name;
  }

  get usable(): boolean {
    return !this.#spoiled;
  }

  /** Whether it has connected before: its context may then be one that a restart of the service has made useless. */
  get proven(): boolean {
    return this.#proven;
  }

  /** A call has not returned yet. */
  get running(): boolean {
    return this.#running;
  }

  /**
   * Connects exclusively, with the protocol that the card's ATR puts first.
   * @returns the protocol's number (PROTOCOL)
   * @throws TransportError
   */
  connect(timeoutMs: number): Promise<number> {
    return this.#connect(this.#native.SCARD_SHARE_EXCLUSIVE, timeoutMs);
  }

  /**
   * Whether the service says that nothing lies on the reader. A card that lies there keeps its state. Never rejects:
   * where the service cannot tell, it is false.
   */
  async findsNoCard(timeoutMs: number): Promise<boolean> {
    try {
      await this.#connect(this.#native.SCARD_SHARE_SHARED, timeoutMs);
    } catch (error) {
      return error instanceof TransportError && isEmptyReader(error);
    }
    await this.disconnect(timeoutMs, this.#native.SCARD_LEAVE_CARD);
    return false;
  }

  /**
   * Has the service reset whatever lies on the reader, also where it believes that nothing does: it learns what is
   * there.
   * @throws TransportError
   */
  async refresh(timeoutMs: number): Promise<void> {
    await this.#connect(this.#native.SCARD_SHARE_DIRECT, timeoutMs);
    await this.disconnect(timeoutMs);
  }

  /** @throws TransportError */
  transmit(command: Uint8Array, protocol: number, timeoutMs: number): Promise<Uint8Array> {
    return this.#call("transmit", timeoutMs, (done) =>
      this.#native.transmit(Buffer.from(command), MAX_RESPONSE_LENGTH, protocol, done),
    );
  }

  /**
   * Lets go of the card, reset unless another disposition is given. Never rejects; where that fails the link is spoiled.
   */
  async disconnect(timeoutMs: number, disposition = this.#native.SCARD_RESET_CARD): Promise<void> {
    if (!this.#native.connected) return;
    try {
      await this.#call<void>("connect", timeoutMs, (done) => this.#native.disconnect(disposition, done));
    } catch {
      this.#spoiled = true;
    }
  }

  async #connect(shareMode: number, timeoutMs: number): Promise<number> {
    const native = this.#native;
    const options = {
      share_mode: shareMode,
      protocol: native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1,
    };
    try {
      const protocol = await this.#call<number>("connect", timeoutMs, (done) =>
        native.connect(options, done),
      );
      this.#proven = true;
      return protocol;
    } catch (error) {
      if (error instanceof TransportError && error.code === "no-service") this.#spoiled = true;
      throw error;
    }
  }

  async #call<T>(
    activity: Activity,
    timeoutMs: number,
    start: (done: (error?: Error | null, result?: T) => void) => void,
  ): Promise<T> {
    const previous = this.#last;
    const { promise, resolve: finish } = deferred();
    this.#last = promise;
    await previous;
    try {
      if (this.#spoiled) throw transportError("timeout", this.#native.name);
      const running = new Promise<T>((resolve, reject) => {
        this.#running = true;
        start((error, result) => {
          this.#running = false;
          error ? reject(fromNative(error, this.#native.name, activity)) : resolve(result as T);
        });
      });
      return await bounded(running, timeoutMs, () => {
        this.#spoiled = true;
        const { SCARD_RESET_CARD } = this.#native;
        const letGo = () => this.#native.connected && this.#native.disconnect(SCARD_RESET_CARD, () => {});
        running.then(letGo, letGo);
        return transportError("timeout", this.#native.name);
      });
    } finally {
      finish();
    }
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Every native object of a link, so that none is collected. */
const kept = new Set<NativeReader>();
/** Unused links, by reader name. */
const idle = new Map<string, Link[]>();

/**
 * A link to the reader of a watching object: one that is free, else a new one. The native object has no way to give
 * its context back, and the service has a limited number, so links are used again for the life of the process.
 */
export function acquireLink(watched: NativeReader): Link {
  const free = idle.get(watched.name)?.pop();
  if (free) return free;
  const native = sibling(watched);
  kept.add(native);
  return new Link(native);
}

/** Gives a link back that is not connected. */
export function releaseLink(link: Link): void {
  if (!link.usable) return;
  const free = idle.get(link.name) ?? [];
  free.push(link);
  idle.set(link.name, free);
}
