import type Database from "better-sqlite3";
import { CheckpointThread } from "./checkpoint-thread.js";
import { LogSync } from "./log-sync.js";

/** What SQLite does by itself at a commit, and what a service rather has done while it goes on with other work. */
export class SqliteBackground {
  readonly #log: LogSync;
  readonly #checkpoints: CheckpointThread;
  #synced: bigint;

  /** @param database an open connection @param changes row changes of it so far */
  constructor(database: Pick<Database.Database, "name" | "pragma">, changes: bigint) {
    this.#log = new LogSync(`${database.name}-wal`);
    this.#checkpoints = new CheckpointThread(database.name, () => {
      database.pragma("wal_checkpoint(passive)");
    });
    this.#synced = changes;
  }

  /** @throws StoreError when an earlier commit may not be on disk */
  check(): void {
    this.#log.check();
  }

  /**
   * Resolves when what was committed is on disk.
   * @param changes row changes of the connection so far @throws StoreError `io`
   */
  async committed(changes: bigint): Promise<void> {
    if (changes === this.#synced) return;
    await this.#log.sync();
    this.#synced = changes;
    this.#checkpoints.committed(changes);
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    await this.#log.close();
  }
}
