import { SaleError, SaleStore, Terminal } from "../../host/index.js";
import { openPaymentSender, type PaymentSender } from "../../lightning/api/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { FakeNode } from "../../testing/nodes/fake-node.js";
import type { NotingReader } from "./cards.js";
import type { Faults } from "./faults.js";
import type { Surroundings } from "./lines.js";
import { linkNode } from "./node-link.js";
import { ProcessLife, salvage } from "./process-life.js";

export interface TerminalHost {
  readonly around: Surroundings;
  readonly node: FakeNode;
  readonly reader: NotingReader;
  readonly path: (generation: number) => string;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

const WRITES = ["create", "authorized", "saveInitiation", "cancelling", "cancelled", "paid"] as const;

/** One life of a terminal: it dies, and another is started over the file that it left. */
export class TerminalProcess {
  readonly life = new ProcessLife();
  readonly node: LightningNode;
  readonly store: SaleStore;
  readonly terminal: Terminal;
  readonly sender: PaymentSender;
  readonly #raw: SaleStore;

  private constructor(
    host: TerminalHost,
    generation: number,
    life: ProcessLife,
    node: LightningNode,
    raw: SaleStore,
    store: SaleStore,
    sender: PaymentSender,
  ) {
    this.life = life;
    this.node = node;
    this.sender = sender;
    this.#raw = raw;
    this.store = store;
    life.onEnd(() => salvage(host.path(generation), host.path(generation + 1)));
    const { reader, clock: now } = host;
    this.terminal = new Terminal({ node, sender, store: this.store, reader, now });
  }

  static async open(host: TerminalHost, generation: number): Promise<TerminalProcess> {
    for (;;) {
      const life = new ProcessLife();
      const node = linkNode(host.node, host.around, life);
      const raw = new SaleStore(host.path(generation));
      const store = watched(raw, host.around.faults, life);
      const opening = openPaymentSender(node, store).catch(() => undefined);
      const sender = await Promise.race([opening, life.ended]);
      if (sender) return new TerminalProcess(host, generation, life, node, raw, store, sender);
      raw.close();
      life.end();
      await host.around.time.sleep(1_000);
    }
  }

  kill(): void {
    this.life.end();
  }

  /** Gives its file back. */
  close(): void {
    this.sender.close();
    this.#raw.close();
  }
}

/** A store on whose disk there is no room at times, and in which the process dies at times. */
function watched(store: SaleStore, faults: Faults, life: ProcessLife): SaleStore {
  return new Proxy(store, {
    get: (_, name) => {
      const value = Reflect.get(store, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        life.expectAlive();
        if (!WRITES.some((write) => write === name)) return value.apply(store, args);
        if (faults.strikes("terminal's disk full", 80)) throw new SaleError("io", "the disk is full");
        if (faults.strikes(`terminal killed before ${String(name)}`, 80)) life.end();
        life.expectAlive();
        const result = value.apply(store, args);
        if (faults.strikes(`terminal killed after ${String(name)}`, 80)) life.end();
        life.expectAlive();
        return result;
      };
    },
  });
}
