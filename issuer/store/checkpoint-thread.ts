import { Worker } from "node:worker_threads";

/** Row changes after which the write-ahead log is moved to the file: some four hundred payments. */
const CHANGES = 4096;
/** MiB; the thread holds one page at a time. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 } as const;

/**
 * Moves what was committed from SQLite's write-ahead log to its file on a thread with a connection of its own, so
 * that no payment waits for it. It starts with the first {@link CHANGES} row changes; a short run needs none. Where
 * it has ended by itself, the connection that writes does the work (`wal_autocheckpoint`).
 */
export class CheckpointThread {
  readonly #path: string;
  readonly #entry: URL;
  #worker: Worker | undefined;
  #ended = false;
  #ordered = 0n;
  #busy = false;

  /** @param path of the database; @param entry what runs on the thread */
  constructor(path: string, entry: URL = new URL("checkpoint-thread-entry.js", import.meta.url)) {
    this.#path = path;
    this.#entry = entry;
  }

  /** To be told after each commit. @param changes row changes of the connection so far */
  committed(changes: bigint): void {
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

  #start(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#path, resourceLimits: LIMITS, execArgv: [] });
    worker.on("message", () => {
      this.#busy = false;
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
