import { close, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";
import { StoreError } from "./errors.js";

/** Syncs SQLite's WAL while this thread goes on (`synchronous = NORMAL` leaves it to its user). */
export class LogSync {
  readonly #file: number;
  #failed: StoreError | undefined;

  /** @param path of the log, which exists as long as the database is open */
  constructor(path: string) {
    this.#file = openSync(path, "r+");
  }

  /**
   * Resolves when all that was committed before is on disk.
   * @throws StoreError `io` when it cannot be; and ever after, since what the disk has is unknown from then on
   */
  async sync(): Promise<void> {
    this.check();
    try {
      await promisify(fdatasync)(this.#file);
    } catch (cause) {
      this.#failed = new StoreError("io", "the ledger's log could not be synced", {
        cause,
        hint: "Check the disk that holds the database, then start again.",
      });
      throw this.#failed;
    }
  }

  /** @throws StoreError what an earlier sync failed with */
  check(): void {
    if (this.#failed) throw this.#failed;
  }

  close(): Promise<void> {
    return promisify(close)(this.#file);
  }
}
