import { type ChildProcess, fork } from "node:child_process";
import { bytesToHex } from "../../common/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { Answered } from "../../testing/issuer/replies.js";
import { NODE_ID, START } from "../../testing/issuer/service.js";
import type { Order, ProcessMessage, ProcessSetup } from "./issuer-process.js";

/** What a service process uses of the node that lives here. */
type SharedNode = Pick<LightningNode, "pay" | "lookupPayment" | "listPayments">;

/** The child ended before it answered. */
export class ChildDied extends Error {}

/** An issuer service in a process of its own, over a node that lives here. */
export class ChildService {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #ended: Promise<void>;
  #orders = 0;

  private constructor(child: ChildProcess, node: SharedNode) {
    this.#child = child;
    child.on("message", (message: ProcessMessage) => {
      if (message.type === "call") void this.#call(node, message);
      if (message.type !== "done") return;
      this.#waiting.get(message.id)?.resolve(message.result);
      this.#waiting.delete(message.id);
    });
    this.#ended = new Promise((resolve) => {
      child.once("exit", () => {
        for (const { reject } of this.#waiting.values()) reject(new ChildDied("the process ended"));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Starts a process made from issuer-process.ts and resolves when it takes orders. */
  static async start(
    program: string,
    setup: Omit<ProcessSetup, "nodeId" | "now"> & { readonly now?: number },
    node: SharedNode,
  ): Promise<ChildService> {
    const argument = JSON.stringify({ nodeId: bytesToHex(NODE_ID), now: START, ...setup });
    const child = fork(program, [argument], {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const service = new ChildService(child, node);
    await new Promise((resolve, reject) => service.#waiting.set(0, { resolve, reject }));
    return service;
  }

  /** @throws ChildDied */
  present(token: Uint8Array, invoice: string): Promise<Answered> {
    return this.order({
      order: "present",
      request: { token, invoice: new TextEncoder().encode(invoice) },
    }) as Promise<Answered>;
  }

  /** @throws ChildDied */
  order(body: Order): Promise<unknown> {
    const id = ++this.#orders;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ type: "order", id, body } satisfies ProcessMessage);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  async #call(node: SharedNode, { id, call }: Extract<ProcessMessage, { type: "call" }>): Promise<void> {
    const ask = (): Promise<unknown> => {
      if (call.method === "pay") return node.pay(call.request);
      return call.method === "listPayments"
        ? node.listPayments(call.query)
        : node.lookupPayment(call.paymentHash);
    };
    const answer = await ask().then(
      (result): ProcessMessage => ({ type: "answer", id, result }),
      (error: Error): ProcessMessage => ({ type: "answer", id, error: error.message }),
    );
    if (this.#child.connected) this.#child.send(answer);
  }
}
