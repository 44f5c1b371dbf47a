import { resolve } from "node:path";
import { msat, secp256k1 } from "../../common/index.js";
import type { DeputyProfile } from "../../lightning/dpp/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { serveControl } from "../node/control-server.js";
import { DeputyTerminals } from "../node/deputy-terminals.js";
import { lockNode } from "../node/node-lock.js";
import type { CommandNode, OpenSales } from "../node/operation.js";
import { runOperation } from "../node/operations.js";
import type { OpenNode } from "../opened-node.js";

const away = (): Promise<never> =>
  Promise.reject(
    new NodeError("unreachable", "this terminal has no node of its own", {
      hint: "What it accepts is forwarded by the shop's node: chequecard terminal bundle",
    }),
  );
const unsubscribed = () => () => undefined;

/** The node of a terminal that has only the deputy profile of one: it is always away. */
const absentNode = ({
  network,
  name,
  payeeKey,
}: DeputyProfile): CommandNode & { readonly isAbsent: true } => ({
  isAbsent: true,
  async info() {
    const nodeId = secp256k1.publicKey(payeeKey);
    return {
      ...{ nodeId, network, alias: name, addresses: [] },
      ...{ outbound: msat(0n), inbound: msat(0n), blockHeight: 0 },
    };
  },
  channelsReady: async () => true,
  createInvoice: away,
  cancelInvoice: away,
  lookupInvoice: away,
  pay: away,
  lookupPayment: away,
  listPayments: away,
  connect: away,
  sendMessage: away,
  onMessage: unsubscribed,
  onDisconnected: unsubscribed,
  onInvoiceSettled: unsubscribed,
  deputyProfile: away,
  close: async () => undefined,
});

/** A terminal's folder without a node; commands ask this process as they would a node's. @throws NodeInUseError, InputError */
export async function openAbsentNode(folder: string, profile: DeputyProfile): Promise<OpenNode> {
  const absolute = resolve(folder);
  const lock = lockNode(absolute);
  try {
    const node = absentNode(profile);
    const terminals = new DeputyTerminals(absolute);
    let sales: OpenSales | undefined;
    const run = (request: unknown) =>
      runOperation({ node, terminals, sales, forwarding: undefined }, request);
    const control = await serveControl(absolute, run);
    return {
      node,
      run,
      lend(open) {
        sales = open;
      },
      async close() {
        await control.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
