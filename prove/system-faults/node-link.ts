import { msat } from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode, NodeInfo } from "../../lightning/nodes/port.js";
import type { ProcessLife } from "./process-life.js";
import type { SimNetwork, SimNode } from "./sim-node.js";

/**
 * A node as one process sees it: over a line that delays, loses questions and loses answers, and that ends with the
 * process.
 */
export function linkNode(
  node: SimNode,
  { time, faults }: Pick<SimNetwork, "time" | "faults">,
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
  const subscribe = <T>(handlers: Set<(event: T) => void>, handler: (event: T) => void): (() => void) => {
    const deliver = (event: T) => {
      if (!life.isOver && !faults.strikes("events of a node lost", 12)) handler(event);
    };
    handlers.add(deliver);
    life.onEnd(() => void handlers.delete(deliver));
    return () => void handlers.delete(deliver);
  };
  const info: NodeInfo = {
    nodeId: node.nodeId,
    network: "bcrt",
    alias: "simulated",
    addresses: ["127.0.0.1:9735"],
    outbound: msat(0n),
    inbound: msat(0n),
    blockHeight: 1,
  };
  return {
    info: () => call(() => info),
    createInvoice: (request) => call(() => node.createInvoice(request)),
    cancelInvoice: (paymentHash) => call(() => node.cancelInvoice(paymentHash)),
    lookupInvoice: (paymentHash) => call(() => node.lookupInvoice(paymentHash)),
    pay: (request) =>
      call(() =>
        Promise.race([
          node.pay(request).end,
          time.sleep(request.timeoutMs ?? 30_000).then(() => ({ state: "unknown" as const })),
        ]),
      ),
    lookupPayment: (paymentHash) =>
      call(
        () => node.payments.get(Buffer.from(paymentHash).toString("hex"))?.state ?? { state: "not-found" },
      ),
    listPayments: ({ since }) => call(() => node.listPayments(since)),
    connect: (address) => call(() => node.connect(address.nodeId)),
    sendMessage: (peer, type, payload) => call(() => node.sendMessage(peer, type, payload)),
    onMessage: (handler) => subscribe(node.messageHandlers, handler),
    onDisconnected: (handler) => subscribe(node.disconnectedHandlers, handler),
    onInvoiceSettled: (handler) => subscribe(node.settledHandlers, handler),
    close: async () => undefined,
  };
}
