import type { CardConnection, Reader } from "../../apdu/index.js";
import type { SaleStore } from "../../host/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";

/** When to kill which process. */
export interface Strike {
  /** Absent: the process that makes the sale. */
  readonly pid?: number;
  readonly phase: "before" | "after";
  /** Step of the sale, counted from 1. */
  readonly count: number;
}

const NODE_STEPS = ["createInvoice", "lookupInvoice", "cancelInvoice", "connect", "sendMessage"] as const;
const STORE_STEPS = ["create", "authorized", "saveInitiation", "cancelling", "cancelled", "paid"] as const;
const AUTHORIZE = 0x30;

/** Counts the steps of a sale, and kills a process before or after one of them. */
export class Strikes {
  readonly #strike: Strike | undefined;
  readonly #tell: (step: string) => void;
  #count = 0;

  /** @param tell called with every step before it is done */
  constructor(strike: Strike | undefined, tell: (step: string) => void) {
    this.#strike = strike;
    this.#tell = tell;
  }

  /** Does one step. */
  step<T>(name: string, work: () => T): T {
    const count = ++this.#count;
    this.#tell(name);
    this.#hit("before", count);
    const result = work();
    if (!(result instanceof Promise)) this.#hit("after", count);
    else
      return result.then((value) => {
        this.#hit("after", count);
        return value;
      }) as T;
    return result;
  }

  node(node: LightningNode): LightningNode {
    return this.#watch(node, NODE_STEPS, "node");
  }

  store(store: SaleStore): SaleStore {
    return this.#watch(store, STORE_STEPS, "store");
  }

  reader(reader: Reader): Reader {
    const watch = (connection: CardConnection): CardConnection => ({
      ...connection,
      transmit: (command) =>
        command[1] === AUTHORIZE
          ? this.step("AUTHORIZE", () => connection.transmit(command))
          : connection.transmit(command),
    });
    return {
      name: reader.name,
      waitForCard: async (signal) => watch(await reader.waitForCard(signal)),
      waitForRemoval: (signal) => reader.waitForRemoval(signal),
    };
  }

  #hit(phase: Strike["phase"], count: number): void {
    const strike = this.#strike;
    if (strike?.phase !== phase || strike.count !== count) return;
    process.kill(strike.pid ?? process.pid, "SIGKILL");
  }

  #watch<T extends object>(target: T, steps: readonly (keyof T & string)[], kind: string): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        const step = steps.find((one) => one === name);
        return step === undefined
          ? value.bind(target)
          : (...args: unknown[]) => this.step(`${kind}.${step}`, () => value.apply(target, args));
      },
    });
  }
}
