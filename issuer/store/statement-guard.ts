import { StoreError } from "./errors.js";
import type { Db, Tx } from "./types.js";

/**
 * Lets a transaction have one statement at a time. A second one that is started while one runs would be sent, or
 * still wait, when the first fails: it would run outside of the transaction that was rolled back. After a failure the
 * transaction takes no statement and no commit.
 */
class StatementGuard {
  #running: Promise<unknown> | undefined;
  #failure: { readonly cause: unknown } | undefined;

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

  /** To be called before a statement and before the commit. @throws as {@link StatementGuard.run} */
  check(): void {
    if (this.#failure) throw this.#failure.cause;
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
    this.#failure ??= { cause };
    return this.#failure.cause;
  }
}

const guards = new WeakMap<Tx | Db, StatementGuard>();

/** Runs the work of a transaction; its statements, of whatever kind, one at a time. */
export async function guarded<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  const guard = new StatementGuard();
  guards.set(tx, guard);
  // Kysely would let a second statement wait for the first, and run it whatever became of that.
  const executor = tx.getExecutor();
  const execute = executor.executeQuery.bind(executor);
  executor.executeQuery = (query) => guard.run(() => execute(query));
  try {
    const result = await work(tx);
    guard.check();
    return result;
  } finally {
    await guard.settled();
  }
}

/** Runs a statement that does not go through Kysely, as one of its transaction, if it has one. */
export async function inTurn<T>(tx: Tx | Db, statement: () => T): Promise<T> {
  const guard = guards.get(tx);
  return guard ? await guard.run(async () => statement()) : statement();
}
