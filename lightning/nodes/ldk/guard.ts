/**
 * Keeps exceptions out of LDK: one thrown through its frames would leave its locks held for ever. The first is
 * kept here, and the pump stops the node with it before anything leaves the process.
 */
export class CallbackGuard {
  #failure: { readonly cause: unknown } | undefined;

  /** Runs a callback of LDK's; a failure is kept and `fallback` is returned. */
  run<T>(fallback: T, callback: () => T): T {
    try {
      return callback();
    } catch (cause) {
      this.#failure ??= { cause };
      return fallback;
    }
  }

  /** Throws the first failure of a callback, if there was one. */
  check(): void {
    if (this.#failure) throw this.#failure.cause;
  }
}
