import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";

/** A timer as Node.js hands it out; it keeps no process alive. */
class VirtualTimer {
  readonly at: number;
  readonly serial: number;
  readonly fire: () => void;

  constructor(at: number, serial: number, fire: () => void) {
    this.at = at;
    this.serial = serial;
    this.fire = fire;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

/** Nothing will happen any more, or not within the time allowed. */
export class StandstillError extends Error {}

/** How often a server that is all that is waited for gets the grace. */
const MAX_GRACES = 2_000;

/**
 * Time that passes only when nothing else can happen: hours take milliseconds, and a run on SQLite is the same each
 * time. While installed, every timer and immediate of this process runs on it.
 */
export class VirtualTime {
  /** Milliseconds since the beginning of the run. */
  now = 0;
  /** Real milliseconds that a database server is given to answer before time goes on. */
  readonly graceMs: number;
  #timers: VirtualTimer[] = [];
  #serial = 0;
  #immediates = 0;
  #held = 0;
  #stirred = false;
  readonly #real = { setTimeout, clearTimeout, setImmediate, sleep: timersPromises.setTimeout };

  constructor(graceMs = 0) {
    this.graceMs = graceMs;
  }

  /** Resolves after so many milliseconds of this time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#add(resolve, ms));
  }

  /** Time stands still until the work of a database server is done. */
  async hold<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    try {
      return await work;
    } finally {
      this.#held--;
    }
  }

  /** Something was asked of a database server without a hold on time: it gets the grace. */
  stir(): void {
    this.#stirred = this.graceMs > 0;
  }

  /**
   * Lets time pass until `work` has ended.
   * @param limitMs most milliseconds of this time
   * @throws StandstillError; what `work` throws
   */
  async run<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
    const end = this.now + limitMs;
    this.#install();
    try {
      let ended = false;
      const result = work().finally(() => {
        ended = true;
      });
      result.catch(() => undefined);
      for (let patience = MAX_GRACES; ; ) {
        await this.#quiet();
        if (ended) return await result;
        const next = this.#takeNext();
        if (!next && this.graceMs > 0 && patience-- > 0) {
          await this.#grace();
          continue;
        }
        if (!next) throw new StandstillError("nothing will happen any more, and it is not done");
        if (next.at > end) throw new StandstillError(`not done within ${limitMs} ms`);
        this.now = Math.max(this.now, next.at);
        next.fire();
      }
    } finally {
      this.#restore();
    }
  }

  #add(fire: () => void, ms = 0): VirtualTimer {
    const timer = new VirtualTimer(this.now + Math.max(1, ms), this.#serial++, fire);
    this.#timers.push(timer);
    return timer;
  }

  #takeNext(): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.#timers)
      if (!first || timer.at < first.at || (timer.at === first.at && timer.serial < first.serial))
        first = timer;
    this.#timers = this.#timers.filter((timer) => timer !== first);
    return first;
  }

  /** Until nothing can happen without time passing. */
  async #quiet(): Promise<void> {
    do {
      await new Promise<void>((resolve) => this.#real.setImmediate(resolve));
      if (this.#immediates > 0 || this.#held > 0 || !this.#stirred) continue;
      this.#stirred = false;
      await this.#grace();
    } while (this.#immediates > 0 || this.#held > 0 || this.#stirred);
  }

  #grace(): Promise<void> {
    return new Promise((resolve) => this.#real.setTimeout(resolve, this.graceMs));
  }

  #install(): void {
    const timeout = (fire: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      this.#add(() => fire(...args), ms);
    const clear = (timer: unknown) => {
      if (timer instanceof VirtualTimer) this.#timers = this.#timers.filter((other) => other !== timer);
      else this.#real.clearTimeout(timer as NodeJS.Timeout);
    };
    const immediate = (fire: (...args: unknown[]) => void, ...args: unknown[]) => {
      this.#immediates++;
      return this.#real.setImmediate(() => {
        this.#immediates--;
        fire(...args);
      });
    };
    Object.assign(globalThis, { setTimeout: timeout, clearTimeout: clear, setImmediate: immediate });
    Object.assign(timersPromises, { setTimeout: (ms: number) => this.sleep(ms) });
    syncBuiltinESMExports();
  }

  #restore(): void {
    const { setTimeout, clearTimeout, setImmediate, sleep } = this.#real;
    Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate });
    Object.assign(timersPromises, { setTimeout: sleep });
    syncBuiltinESMExports();
  }
}
