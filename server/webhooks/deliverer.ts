import type { DueDelivery, Hooks } from "./hooks.js";

/** Between two looks for what is due, in milliseconds. */
const LOOK_MS = 1_000;

/** Delivers events until it is closed: one at a time to each webhook, so that a slow one holds up none of the others. */
export class Deliverer {
  readonly #hooks: Hooks;
  readonly #send: (due: DueDelivery) => Promise<string | undefined>;
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Map<number, Promise<void>>();
  #closed = false;

  constructor(hooks: Hooks, send: (due: DueDelivery) => Promise<string | undefined>) {
    this.#hooks = hooks;
    this.#send = send;
    this.#timer = setInterval(() => this.wake(), LOOK_MS);
    this.#timer.unref();
  }

  /** Something may be due. */
  wake(): void {
    if (this.#closed) return;
    for (const due of this.#hooks.due()) {
      if (this.#running.has(due.hook)) continue;
      const done = this.#deliver(due).finally(() => {
        this.#running.delete(due.hook);
        this.wake();
      });
      this.#running.set(due.hook, done);
    }
  }

  /** Begins nothing more, and waits for what was begun. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.all(this.#running.values());
  }

  async #deliver(due: DueDelivery): Promise<void> {
    const problem = await this.#send(due);
    if (problem === undefined) this.#hooks.delivered(due);
    else this.#hooks.failed(due, problem);
  }
}
