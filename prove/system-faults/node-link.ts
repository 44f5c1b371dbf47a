import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { FakeNode } from "../../testing/nodes/fake-node.js";
import type { Surroundings } from "./lines.js";
import type { ProcessLife } from "./process-life.js";

/**
 * A node as one process sees it: over a line that delays, loses questions and loses answers, and that ends with the
 * process.
 */
export function linkNode(
  node: FakeNode,
  { time, faults }: Pick<Surroundings, "time" | "faults">,
  life: ProcessLife,
): LightningNode {
  const call = <T>(work: () => T | Promise<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      life.expectAlive();
      // What has left a process arrives also after its end.
      await time.sleep(
        faults.strikes("calls to a node late", 30)
          ? faults.random.below(30_000)
          : 1 + faults.random.below(20),
      );
      if (node.isDown || faults.strikes("calls to a node lost", 60))
        throw new NodeError("unreachable", "the node does not answer");
      const value = await work();
      if (faults.strikes("answers of a node lost", 60)) throw new NodeError("timeout", "no answer in time");
      if (faults.strikes("processes killed after a call to the node", 150)) life.end();
      return value;
    };
    return life.answer(run());
  };
  const subscribe = <T>(to: (handler: (event: T) => void) => () => void, handler: (event: T) => void) => {
    const end = to((event) => {
      if (!life.isOver && !faults.strikes("events of a node lost", 12)) handler(event);
    });
    life.onEnd(end);
    return end;
  };
  return {
    info: () => call(() => node.info()),
    createInvoice: (request) => call(() => node.createInvoice(request)),
    cancelInvoice: (paymentHash) => call(() => node.cancelInvoice(paymentHash)),
    lookupInvoice: (paymentHash) => call(() => node.lookupInvoice(paymentHash)),
    pay: (request) =>
      call(() =>
        Promise.race([
          node.pay(request),
          time.sleep(request.timeoutMs ?? 30_000).then(() => ({ state: "unknown" as const })),
        ]),
      ),
    lookupPayment: (paymentHash) => call(() => node.lookupPayment(paymentHash)),
    listPayments: (query) => call(() => node.listPayments(query)),
    connect: (address) => call(() => node.connect(address)),
    sendMessage: (peer, type, payload) => call(() => node.sendMessage(peer, type, payload)),
    onMessage: (handler) => subscribe((on) => node.onMessage(on), handler),
    onDisconnected: (handler) => subscribe((on) => node.onDisconnected(on), handler),
    onInvoiceSettled: (handler) => subscribe((on) => node.onInvoiceSettled(on), handler),
    close: async () => undefined,
  };
}
