import { bytesToHex, hexToBytes } from "../../common/index.js";
import type { ListedPayment, NodeBooks } from "../../issuer/reports/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LndConfig } from "../../lightning/nodes/lnd/config.js";
import type { SentPayment } from "../../lightning/nodes/port.js";
import type { CommandContext } from "../command-context.js";
import { askRunning } from "../node/ask-node.js";
import type { OperationName, RequestOf } from "../node/operations.js";
import { openNode } from "../open-node.js";

/**
 * Lends a way to ask the issuer's node about its payments: the service that runs it is asked, or the node is started for
 * the moment.
 * @throws NodeError; InputError
 */
export async function withNodeBooks<T>(
  context: CommandContext,
  { node: nodeFolder, lnd }: { readonly node: string; readonly lnd: LndConfig | undefined },
  use: (books: NodeBooks) => Promise<T>,
): Promise<T> {
  const running = await askRunning(nodeFolder, "info", {}, context.signal);
  if (running) {
    // Not the folder's node: of an lnd only the issuer's configuration knows.
    async function ask<Name extends OperationName>(name: Name, request: RequestOf<Name>) {
      const answer = await askRunning(nodeFolder, name, request, context.signal);
      if (answer !== undefined) return answer;
      throw new NodeError("unreachable", "the service that runs the node has ended meanwhile", {
        hint: "Run this command again.",
      });
    }
    return await use({
      // An lnd may announce no address behind it.
      nodeId: hexToBytes(running.uri.slice(0, 66)),
      async lookUp(hashes) {
        const request = { paymentHashes: hashes.map((hash) => bytesToHex(hash)) };
        return (await ask("lookup-payments", request)).payments;
      },
      async list(query) {
        const { payments, next } = await ask("list-payments", query);
        return {
          payments: payments.map((one) => ({ ...one, paymentHash: hexToBytes(one.paymentHash) })),
          next,
        };
      },
    });
  }
  const { node, close } = await openNode(nodeFolder, { roles: [] }, lnd);
  try {
    const { nodeId } = await node.info();
    return await use({
      nodeId,
      lookUp: (hashes) => Promise.all(hashes.map((hash) => node.lookupPayment(hash))),
      async list(query) {
        const { payments, next } = await node.listPayments(query);
        return { payments: payments.map(listedPayment), next };
      },
    });
  } finally {
    await close();
  }
}

const listedPayment = ({ paymentHash, amount, startedAt, state }: SentPayment): ListedPayment => ({
  paymentHash,
  amount,
  startedAt,
  state: state.state,
  ...(state.state === "settled" ? { fee: state.fee } : {}),
});
