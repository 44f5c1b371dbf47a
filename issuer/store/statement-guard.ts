import { StoreError } from "./errors.js";

/**
 * Lets a transaction have one statement at a time. A second one that is started while one runs would be sent, or
 * still wait, when the first fails: it would run outside of the transaction that was rolled back. After a failure the
 * transaction takes no statement and no commit.
 */
export class StatementGuard {
  #running: Promise<unknown> | undefined;
  #failure: unknown;
  #hasFailed = false;

  /** Nothing runs, and nothing has failed: the connection is lent again. */
  reset(): void {
    this.#running = undefined;
    this.#hasFailed = false;
    this.#failure = undefined;
  }

  /**
   * Runs one statement.
   * @throws StoreError `internal` when another one runs; what the transaction failed with before
   */
  async run<T>(statement: () => Promise<T>): Promise<T> {
    this.check();
    try {
      const running = statement();
      this.#running = running;
      return await running;
    } catch (cause) {
      throw this.#fail(cause);
    } finally {
      this.#running = undefined;
    }
  }

  /** To be called before a statement or the commit. @throws as {@link StatementGuard.run} */
  check(): void {
    if (this.#hasFailed) throw this.#failure;
    if (this.#running)
      throw this.#fail(
        new StoreError("internal", "a statement was started while another of its transaction ran", {
          hint: "This is a fault of the program: nothing of the transaction was kept. Please report it.",
        }),
      );
  }

  /** Resolves when no statement runs. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  #fail(cause: unknown): unknown {
    if (!this.#hasFailed) this.#failure = cause;
    this.#hasFailed = true;
    return this.#failure;
  }
}
