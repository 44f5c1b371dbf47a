import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { CardConnection } from "../../apdu/index.js";
import { msat, sat } from "../../common/index.js";
import { type Sale, SaleStore } from "../../host/index.js";
import { type LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { SimulatedReader } from "../../simulator/index.js";
import { testCard, UNLIMITED } from "../../testing/cards/test-card.js";
import { NO_RATES, type TestCard, testIssuer } from "../../testing/issuer/desk.js";
import { MEMORY } from "../../testing/memory.js";
import { uriOf } from "../../testing/merchant.js";
import { payerOfFile, READY_MS } from "../../testing/nodes/payer-of-file.js";
import { Caller, serve } from "../../testing/processes/channel.js";
import { type Started, start, untilUp } from "../../testing/processes/links.js";
import type { NodeOrder } from "../../testing/processes/node-process.js";
import { nodeTargets, remoteNode, tellEvents } from "../../testing/processes/remote-node.js";
import type { Strike } from "../../testing/processes/strikes.js";
import type { TerminalOrder } from "./terminal-process.js";

export type Scenario = "paid" | "declined" | "given up";
/** `commit`: the merchant's node, around one of its own commits. */
export type Victim = "terminal" | "node" | "commit";

/** One sale during which one process is killed. */
export interface Kill {
  readonly scenario: Scenario;
  readonly victim: Victim;
  readonly phase: Strike["phase"];
  readonly count: number;
}

export interface Outcome {
  /** False: the sale was over before so many steps. */
  readonly struck: boolean;
  /** Name of the step that was struck. */
  readonly step: string;
  readonly state: Sale["state"] | "none";
  /** What must not be; empty in every good run. */
  readonly problems: readonly string[];
}

/** The JavaScript files of the two kinds of process. */
export interface Programs {
  readonly merchant: string;
  readonly terminal: string;
}

const AMOUNT = sat(100);

interface Merchant {
  readonly process: Started;
  readonly caller: Caller;
  readonly node: LightningNode;
}

/**
 * A payer's node with its issuer here, a merchant's node and a terminal in processes of their own, which are killed.
 * The card lies on a reader here: cards survive.
 */
export class KillShop {
  readonly #directory = mkdtempSync(join(MEMORY, "chequecard-kills-"));
  readonly #chain = new SimulatedChain({ file: this.#file("chain"), pollMs: 10 });
  readonly #programs: Programs;
  readonly #closing: (() => unknown)[] = [];
  #payer: LdkNode | undefined;
  #issuer: Awaited<ReturnType<typeof testIssuer>> | undefined;
  #cards: Readonly<Record<Scenario, TestCard>> | undefined;
  #merchant: Merchant | undefined;
  #sales = 0;

  private constructor(programs: Programs) {
    this.#programs = programs;
  }

  static async open(programs: Programs): Promise<KillShop> {
    const shop = new KillShop(programs);
    try {
      await shop.#start();
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    // The channel is made here; then the merchant's node moves into a process of its own.
    const names = { payer: "payer", merchant: "merchant" };
    const payer = await payerOfFile(this.#chain, this.#file("merchant"), names);
    this.#closing.push(() => payer.close());
    this.#payer = payer;
    const nodeUri = await uriOf(payer);
    const card = (last: number) =>
      testCard({ nodeUri, limits: UNLIMITED, cardId: Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0, last) });
    this.#cards = { paid: card(1), declined: card(2), "given up": card(3) };
    const { paid, declined } = this.#cards;
    this.#issuer = await testIssuer(
      payer,
      [
        { card: paid, limits: UNLIMITED },
        { card: declined, limits: UNLIMITED, policy: { maxPerTransaction: "1sat" } },
      ],
      NO_RATES,
    );
    this.#closing.push(this.#issuer.close);
    this.#merchant = await this.#startMerchant();
  }

  /** Everything is ended and gone when it resolves. */
  async close(): Promise<void> {
    await this.#merchant?.process.kill();
    for (const end of this.#closing.splice(0).reverse()) await end();
    this.#chain.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Makes one sale while a process is killed, has it finished after a restart, and holds it against the rules. */
  async run(kill: Kill): Promise<Outcome> {
    const { scenario, victim, phase, count } = kill;
    const sales = this.#file(`sales-${++this.#sales}`);
    const before = await this.#money(scenario);
    if (victim === "commit") await this.#restartMerchant({ phase, count });
    const order = { sales, amount: AMOUNT.toString(), givesUp: scenario === "given up" } as const;
    const first = await this.#sell(scenario, { ...order, task: "charge" }, kill);
    if (victim === "commit" || (victim === "node" && first.struck)) await this.#restartMerchant();
    await this.#sell(scenario, { ...order, task: "finish" }, undefined);
    const problems = await this.#problems(scenario, sales, before);
    return { ...first, ...problems };
  }

  async #sell(
    scenario: Scenario,
    order: TerminalOrder,
    kill: Kill | undefined,
  ): Promise<{ struck: boolean; step: string }> {
    const merchant = this.#theMerchant;
    const pid = kill?.victim === "node" ? { pid: merchant.process.child.pid ?? 0 } : {};
    const strike =
      kill && kill.victim !== "commit" ? { strike: { phase: kill.phase, count: kill.count, ...pid } } : {};
    const terminal = start(this.#programs.terminal, { ...order, ...strike });
    const reader = new SimulatedReader();
    if (scenario !== "given up" && this.#cards) reader.insert(this.#cards[scenario].card);
    const gone = new AbortController();
    let connection: CardConnection | undefined;
    serve(terminal.link, {
      ...nodeTargets(merchant.node),
      reader: {
        connect: async () => {
          connection = await reader.waitForCard(gone.signal);
        },
        transmit: async (command: Uint8Array) => connection?.transmit(command),
        close: async () => connection?.close(),
        removed: () => reader.waitForRemoval(gone.signal),
      },
    });
    const steps: string[] = [];
    new Caller(terminal.link).on<string>("step", (name) => steps.push(name));
    const stopTelling = tellEvents(merchant.node, terminal.link);
    await terminal.ended;
    stopTelling();
    gone.abort();
    await connection?.close();
    reader.remove();
    const alive = await merchant.node.info().catch(() => undefined);
    const struck = alive === undefined || terminal.child.signalCode === "SIGKILL";
    const step =
      kill?.victim === "commit" ? `commit ${kill.count}` : (steps[(kill?.count ?? 0) - 1] ?? "none");
    return { struck, step };
  }

  async #problems(
    scenario: Scenario,
    sales: string,
    before: Money,
  ): Promise<Pick<Outcome, "state" | "problems">> {
    const problems: string[] = [];
    const hold = (good: boolean, what: string) => void (good || problems.push(what));
    const store = new SaleStore(sales);
    const all = store.between(0, Number.MAX_SAFE_INTEGER);
    store.close();
    const [sale] = all;
    hold(all.length <= 1, `${all.length} sales`);
    hold(
      sale === undefined || sale.state === "paid" || sale.state === "cancelled",
      `the sale is left ${sale?.state}`,
    );
    if (scenario !== "paid") hold(sale?.state !== "paid", "paid, though no payment was made");
    if (sale) {
      const own = await this.#theMerchant.node.lookupInvoice(sale.paymentHash);
      hold(
        own.state === (sale.state === "paid" ? "settled" : "cancelled"),
        `${sale.state}, and the invoice is ${own.state}`,
      );
      if (sale.state === "cancelled") {
        const late = await this.#thePayer.pay({ invoice: sale.invoice, maxFee: sat(1) });
        hold(late.state === "failed", `a payment after the end is ${late.state}`);
      }
    }
    const paid = sale?.state === "paid" ? AMOUNT : msat(0n);
    const after = await this.#until(
      scenario,
      (now) => now.spent === before.spent + paid && now.received === before.received + paid,
    );
    hold(
      after.spent === before.spent + paid,
      `the card's account was charged ${after.spent - before.spent} msat`,
    );
    hold(
      after.received === before.received + paid,
      `the merchant got ${after.received - before.received} msat`,
    );
    for (const { invariant } of (await this.#issuer?.violations()) ?? []) hold(false, `ledger: ${invariant}`);
    return { state: sale?.state ?? "none", problems };
  }

  async #until(scenario: Scenario, good: (money: Money) => boolean): Promise<Money> {
    const end = Date.now() + 120_000;
    for (;;) {
      const money = await this.#money(scenario);
      const settled = this.#issuer?.authorizer.pending === 0 && good(money);
      if (settled || Date.now() > end) return money;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #money(scenario: Scenario): Promise<Money> {
    const card = this.#cards?.[scenario];
    const account = scenario === "given up" || !card ? undefined : await this.#issuer?.account(card);
    const { outbound } = await this.#theMerchant.node.info();
    return { spent: account?.spent ?? 0n, received: outbound };
  }

  async #restartMerchant(kill?: NodeOrder["kill"]): Promise<void> {
    await this.#merchant?.process.kill();
    this.#merchant = await this.#startMerchant(kill);
  }

  async #startMerchant(kill?: NodeOrder["kill"]): Promise<Merchant> {
    const order: NodeOrder = {
      chain: this.#file("chain"),
      file: this.#file("merchant"),
      ...(kill ? { kill } : {}),
    };
    const process = start(this.#programs.merchant, order);
    const caller = new Caller(process.link);
    await untilUp(process, caller).catch(() => undefined);
    const merchant = { process, caller, node: remoteNode(caller) };
    const ready = async () => {
      const all = [
        caller.call<boolean>("channels", "ready", READY_MS),
        this.#thePayer.channelsReady(READY_MS),
      ];
      if ((await Promise.all(all)).includes(false)) throw new Error("the channel did not come back");
    };
    // One that dies at a commit of its start is dead before it is ready.
    await Promise.race([ready(), process.ended]).catch((error: unknown) => {
      if (!kill) throw error;
    });
    return merchant;
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.db`);
  }

  get #theMerchant(): Merchant {
    if (!this.#merchant) throw new Error("the merchant's node was not started");
    return this.#merchant;
  }

  get #thePayer(): LdkNode {
    if (!this.#payer) throw new Error("the payer's node was not started");
    return this.#payer;
  }
}

/** In msat. */
interface Money {
  readonly spent: bigint;
  readonly received: bigint;
}
