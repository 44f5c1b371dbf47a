import { bytesToHex, utf8 } from "../../common/index.js";
import type { Withdrawal } from "../../issuer/bolt-cards/pay-reading.js";
import type { AskedRefund } from "../../issuer/ledger/refunds.js";
import type { CardStatus } from "../../lightning/api/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { TestReading } from "../cards/test-chip.js";
import type { Answered } from "../issuer/replies.js";
import { NODE_ID, START } from "../issuer/service.js";
import { Caller, serve } from "./channel.js";
import type { IssuerOrder } from "./issuer-process.js";
import { type Started, start, untilUp } from "./links.js";
import { nodeTargets } from "./remote-node.js";

/** An issuer's service in a process of its own, over a node that is here. Its calls reject `closed` when it is dead. */
export class IssuerChild {
  readonly #process: Started;
  readonly #caller: Caller;

  private constructor(started: Started, node: LightningNode) {
    this.#process = started;
    this.#caller = new Caller(started.link);
    serve(started.link, nodeTargets(node));
  }

  /** Starts a process made from issuer-process.ts and resolves when it takes orders. */
  static async start(
    program: string,
    order: Omit<IssuerOrder, "nodeId" | "now"> & { readonly now?: IssuerOrder["now"] },
    node: LightningNode,
  ): Promise<IssuerChild> {
    const child = new IssuerChild(
      start(program, { nodeId: bytesToHex(NODE_ID), now: START, ...order }),
      node,
    );
    await untilUp(child.#process, child.#caller);
    return child;
  }

  present(token: Uint8Array, invoice: string): Promise<Answered> {
    return this.#caller.call("issuer", "present", { token, invoice: utf8(invoice) });
  }

  status(status: CardStatus): Promise<unknown> {
    return this.#caller.call("issuer", "status", status);
  }

  reconcile(): Promise<unknown> {
    return this.#caller.call("issuer", "reconcile");
  }

  refund(asked: AskedRefund): Promise<unknown> {
    return this.#caller.call("issuer", "refund", asked);
  }

  /** A reading of a Bolt Card. */
  read(reading: TestReading): Promise<unknown> {
    return this.#caller.call("issuer", "read", reading);
  }

  withdraw(withdrawal: Withdrawal): Promise<unknown> {
    return this.#caller.call("issuer", "withdraw", withdrawal);
  }

  resolveRefunds(): Promise<unknown> {
    return this.#caller.call("issuer", "resolveRefunds");
  }

  /** Resolves when the process has ended. */
  get ended(): Promise<void> {
    return this.#process.ended;
  }

  stop(): Promise<void> {
    return this.#process.kill();
  }
}
