import { CheckpointThread } from "./checkpoint-thread.js";
import { LogSync } from "./log-sync.js";

/** What SQLite does by itself at a commit, and what a service rather has done while it goes on with other work. */
export class SqliteBackground {
  readonly #log: LogSync;
  readonly #checkpoints: CheckpointThread;
  #synced: bigint;

  /** @param path of the database, which is open @param changes row changes of the connection so far */
  constructor(path: string, changes: bigint) {
    this.#log = new LogSync(`${path}-wal`);
    this.#checkpoints = new CheckpointThread(path);
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
