import { type NativeReader, sibling } from "./native.js";
import { type Activity, fromNative, transportError } from "./scard.js";
import { MAX_RESPONSE_LENGTH } from "./tpdu.js";
import { bounded } from "./waiting.js";

/**
 * A native reader object that only connects and transmits. Its calls run one after another, each with a time
 * limit. A call that ran out of time cannot be called back: the link is then spoiled and must be replaced, and the
 * card is let go when the call returns at last.
 */
export class Link {
  readonly #native: NativeReader;
  #last: Promise<void> = Promise.resolve();
  #spoiled = false;
  #running = false;

  private constructor(native: NativeReader) {
    this.#native = native;
  }

  /**
   * Makes a link to the reader of a watching object. The native constructor leaves the handle of the watching
   * thread uninitialized, and its destructor joins that thread: so the thread is started once and ended.
   * @throws TransportError `no-service`, `no-reader`, `timeout`
   */
  static async prepare(watched: NativeReader, timeoutMs: number): Promise<Link> {
    const native = sibling(watched);
    let first = true;
    const started = new Promise<void>((resolve, reject) => {
      native.get_status((error) => {
        if (!first) return;
        first = false;
        setImmediate(() => {
          native.close();
          error ? reject(fromNative(error, native.name, "watch")) : resolve();
        });
      });
    });
    await bounded(started, timeoutMs, () => transportError("timeout", native.name));
    return new Link(native);
  }

  get usable(): boolean {
    return !this.#spoiled;
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
    const native = this.#native;
    const options = {
      share_mode: native.SCARD_SHARE_EXCLUSIVE,
      protocol: native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1,
    };
    return this.#call("connect", timeoutMs, (done) => native.connect(options, done));
  }

  /** @throws TransportError */
  transmit(command: Uint8Array, protocol: number, timeoutMs: number): Promise<Uint8Array> {
    return this.#call("transmit", timeoutMs, (done) =>
      this.#native.transmit(Buffer.from(command), MAX_RESPONSE_LENGTH, protocol, done),
    );
  }

  /** Resets the card and lets go of it. Never rejects; where that fails the link is spoiled. */
  async disconnect(timeoutMs: number): Promise<void> {
    if (!this.#native.connected) return;
    try {
      await this.#call<void>("connect", timeoutMs, (done) => this.#release(done));
    } catch {
      this.#spoiled = true;
    }
  }

  #release(done: (error?: Error | null) => void): void {
    this.#native.disconnect(this.#native.SCARD_RESET_CARD, done);
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
        const letGo = () => this.#native.connected && this.#release(() => {});
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
