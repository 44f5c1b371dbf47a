import { TransportError } from "../../apdu/transport.js";

const givenUp = (what: string) => new TransportError("closed", `${what} was given up.`);

/**
 * The promise's result, unless the signal aborts first. What the promise stands for goes on.
 * @throws TransportError `closed` on abort
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, what: string): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(givenUp(what));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * The promise's result, unless the time is over first. What the promise stands for goes on.
 * @throws what `late` makes
 */
export function bounded<T>(promise: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Wakes everyone who waits for the next change of something. */
export class ChangeSignal {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /**
   * Resolves at the next change, or after `timeoutMs` if given.
   * @throws TransportError `closed` when the signal aborts
   */
  next(options: { signal?: AbortSignal | undefined; timeoutMs?: number; what: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs, what } = options;
      const forget = () => {
        this.#waiting.delete(wake);
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      const wake = () => {
        forget();
        resolve();
      };
      const abort = () => {
        forget();
        reject(givenUp(what));
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
