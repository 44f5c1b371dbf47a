import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { msat, sat } from "../../common/index.js";
import { connectNodes, LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import type { NodeOrder } from "../../testing/processes/node-process.js";

export const NAMES = ["payer", "router", "merchant"] as const;
export type Name = (typeof NAMES)[number];
export type Phase = "before" | "after";

const AMOUNT = sat(1000);
const MAX_FEE = 10_000;
/** More commits than any of the three nodes makes for a start and one payment. */
const MAX_COMMITS = 30;
/** Milliseconds in which a payment's last steps are done once the payer knows of it. */
const REST_MS = 100;

/** Where a node is killed, and what it pays once up. */
export interface CrashOrder extends Required<NodeOrder> {
  /** At most so many msat of fee. */
  readonly pay?: { readonly invoice: string; readonly maxFee: number };
}

/** A node that runs somewhere and may die by its order. */
export interface Victim {
  /** Resolves when it is up; rejects when it dies before. */
  readonly up: Promise<unknown>;
  /** How its payment ended, if the order has one; rejects when it dies before. */
  readonly paid: Promise<string | undefined>;
  /** Resolves when it is dead. */
  readonly dead: Promise<unknown>;
  /** Ends it at once. */
  kill(): Promise<unknown>;
}

/** Payer, router and merchant with channels, one of which can die at a commit while a payment is made. */
export class CrashNetwork {
  readonly #directory = mkdtempSync(join(tmpdir(), "ldk-crash-"));
  readonly chain = new SimulatedChain({ file: this.file("chain"), pollMs: 10 });
  readonly #nodes = new Map<Name, LdkNode>();

  file(name: string): string {
    return join(this.#directory, `${name}.db`);
  }

  static async start(): Promise<CrashNetwork> {
    const network = new CrashNetwork();
    network.chain.mine();
    for (const name of NAMES) await network.open(name);
    for (const [from, to] of [
      ["payer", "router"],
      ["router", "merchant"],
    ] as const) {
      await connectNodes(network.node(from), network.node(to));
      const { nodeId: peer } = await network.node(to).info();
      await network.node(from).openChannel({ peer, capacity: sat(1_000_000), push: msat(500_000_000n) });
    }
    await network.#ready(NAMES);
    return network;
  }

  node(name: Name): LdkNode {
    const node = this.#nodes.get(name);
    if (!node) throw new Error(`${name} is not running here`);
    return node;
  }

  async open(name: Name): Promise<void> {
    this.#nodes.set(name, await LdkNode.start({ network: "bcrt", chain: this.chain, file: this.file(name) }));
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.values()) await node.close();
    this.chain.close();
    rmSync(this.#directory, { recursive: true });
  }

  /** Every channel of these nodes is alive and can be used. */
  async #ready(names: readonly Name[]): Promise<void> {
    const ready = await Promise.all(names.map((name) => this.node(name).channelsReady(120_000)));
    expect(ready, "every channel is alive").toEqual(names.map(() => true));
  }

  /**
   * Makes one payment while `name` runs elsewhere and dies around a commit; then goes on with it here, and holds
   * that the payment was made, once.
   * @returns whether it died, or got through before
   */
  async payWhileDying(
    name: Name,
    phase: Phase,
    count: number,
    run: (order: CrashOrder) => Victim,
  ): Promise<boolean> {
    const merchant = () => this.node("merchant");
    const { invoice, paymentHash } = await merchant().createInvoice({
      amount: AMOUNT,
      description: `${name} dies ${phase} commit ${count}`,
      expirySeconds: 600,
    });
    const pay = () => this.node("payer").pay({ invoice, maxFee: msat(BigInt(MAX_FEE)) });
    const outbound = async () => (await merchant().info()).outbound;
    const before = await outbound();
    await this.node(name).close();
    this.#nodes.delete(name);

    const victim = run({
      chain: this.file("chain"),
      file: this.file(name),
      kill: { phase, count },
      ...(name === "payer" ? { pay: { invoice, maxFee: MAX_FEE } } : {}),
    });
    const through = async () => {
      await victim.up;
      await this.#ready(NAMES.filter((other) => other !== name));
      const state = await (name === "payer" ? victim.paid : pay().then((paid) => paid.state));
      if (state !== "settled") throw new Error(`the payment is ${state}, since ${name} is dying`);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    };
    const died = await Promise.race([
      victim.dead.then(() => true),
      through()
        .then(() => false)
        .catch(() => true),
    ]);
    await victim.kill();

    await this.open(name);
    await this.#ready(NAMES);
    let paid = await pay();
    if (paid.state === "failed") {
      // A forwarding node that was not up fails a payment for certain: nothing was paid, and a new try may be.
      expect(await merchant().lookupInvoice(paymentHash)).toEqual({ state: "open" });
      paid = await pay();
    }
    expect(paid.state, "the payment is made in the end").toBe("settled");
    expect(await merchant().lookupInvoice(paymentHash)).toMatchObject({ state: "settled", received: AMOUNT });
    expect(await pay(), "and is not made again").toEqual(paid);
    await expect.poll(outbound).toBe(before + AMOUNT);
    return died;
  }

  /**
   * {@link payWhileDying} at every `step`th commit from `first` on, until one run gets through.
   * @returns how many commits there were
   */
  async sweep(
    name: Name,
    phase: Phase,
    run: (order: CrashOrder) => Victim,
    first = 1,
    step = 1,
  ): Promise<number> {
    for (let count = first; count <= MAX_COMMITS; count += step)
      if (!(await this.payWhileDying(name, phase, count, run))) return count - 1;
    throw new Error(`${name} still makes commits after ${MAX_COMMITS}`);
  }
}
