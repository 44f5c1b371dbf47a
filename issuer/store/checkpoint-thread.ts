import { Worker } from "node:worker_threads";

/** Row changes after which the write-ahead log is moved to the file: some four hundred payments. */
const CHANGES = 4096;
/** Pages in the WAL from which on it is restarted. */
const LONG = 16_384;
/** MiB; the thread holds one page at a time. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 } as const;

/**
 * Moves what was committed from SQLite's write-ahead log to its file on a thread with a connection of its own, so
 * that no payment waits for it. It starts with the first {@link CHANGES} row changes; a short run needs none. Where
 * it has ended by itself, the connection that writes does the work (`wal_autocheckpoint`).
 *
 * SQLite writes its log from the start again only when all of it was moved, and under load something is committed
 * meanwhile. So when the log has become long, the connection that writes moves the little that is left.
 */
export class CheckpointThread {
  readonly #path: string;
  readonly #moveRest: () => void;
  readonly #entry: URL;
  #worker: Worker | undefined;
  #ended = false;
  #ordered = 0n;
  #busy = false;
  #isLong = false;

  /**
   * @param path of the database; @param moveRest has the connection that writes move what is left, and may throw;
   *   @param entry what runs on the thread
   */
  constructor(
    path: string,
    moveRest: () => void,
    entry: URL = new URL("checkpoint-thread-entry.js", import.meta.url),
  ) {
    this.#path = path;
    this.#moveRest = moveRest;
    this.#entry = entry;
  }

  /** To be called after each commit, outside of a transaction. @param changes row changes of the connection so far */
  committed(changes: bigint): void {
    if (this.#isLong) this.#beginAnew();
    if (this.#ended || this.#busy || changes - this.#ordered < CHANGES) return;
    this.#ordered = changes;
    this.#busy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage("checkpoint");
  }

  /** Ends the thread, once it has done what it is at. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end();
    await worker?.terminate();
  }

  #beginAnew(): void {
    this.#isLong = false;
    try {
      this.#moveRest();
    } catch {
      // What was committed stands in the log, and is moved another time: a disk that is full undoes no commit.
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#path, resourceLimits: LIMITS, execArgv: [] });
    worker.on("message", (pages: number) => {
      this.#busy = false;
      this.#isLong = pages >= LONG;
    });
    worker.on("error", () => this.#end());
    worker.on("exit", () => this.#end());
    worker.unref();
    return worker;
  }

  #end(): void {
    this.#ended = true;
    this.#worker = undefined;
  }
}
