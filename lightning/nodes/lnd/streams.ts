import type { StreamCalls } from "./calls.js";
import type { LndConnection, OpenStream } from "./connection.js";

/** Milliseconds before a lost stream is opened again: doubled each time that it fails without a message. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * A subscription to lnd that lives as long as the connection: whenever its stream ends, it is opened again after a
 * pause. gRPC connects again by itself, but a stream that has ended stays so.
 */
export class Subscription<Name extends keyof StreamCalls> {
  readonly #connection: LndConnection;
  readonly #name: Name;
  readonly #request: () => StreamCalls[Name]["request"];
  readonly #onMessage: (message: StreamCalls[Name]["response"]) => void;
  readonly #onOpen: () => void;
  #pause = FIRST_PAUSE;
  #stream: OpenStream | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param request made for each opening, so that a stream goes on where the last one ended;
   * @param onOpen called when it is opened, also again
   */
  constructor(
    connection: LndConnection,
    name: Name,
    request: () => StreamCalls[Name]["request"],
    onMessage: (message: StreamCalls[Name]["response"]) => void,
    onOpen: () => void = () => {},
  ) {
    this.#connection = connection;
    this.#name = name;
    this.#request = request;
    this.#onMessage = onMessage;
    this.#onOpen = onOpen;
    this.#open();
  }

  /** Ends it for good. */
  end(): void {
    clearTimeout(this.#timer);
    this.#stream?.cancel();
  }

  #open(): void {
    if (this.#connection.isClosed) return;
    this.#onOpen();
    this.#stream = this.#connection.stream(this.#name, this.#request(), {
      data: (message) => {
        this.#pause = FIRST_PAUSE;
        this.#onMessage(message);
      },
      end: () => {
        this.#stream = undefined;
        this.#timer = setTimeout(() => this.#open(), this.#pause);
        this.#timer.unref();
        this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
      },
    });
  }
}

/** Those who want to hear of something. A mistake of one of them stops nobody. */
export class Listeners<T> {
  readonly #handlers = new Set<(value: T) => void>();

  /** @returns ends the subscription */
  add(handler: (value: T) => void): () => void {
    const own = (value: T) => handler(value);
    this.#handlers.add(own);
    return () => this.#handlers.delete(own);
  }

  tell(value: T): void {
    for (const handler of [...this.#handlers])
      try {
        handler(value);
      } catch {
        // A subscriber's own mistake.
      }
  }
}
