import { bytesToHex } from "../../common/index.js";
import type { LookUpPayments } from "../../issuer/reports/index.js";
import type { CommandContext } from "../command-context.js";
import { openEmbeddedNode } from "../embedded-node.js";
import { askNode } from "../node/ask-node.js";
import { askControl } from "../node/control-client.js";

/**
 * Lends a way to ask the issuer's node about payments: the service that runs it is asked, or the node is started for
 * the moment.
 * @throws NodeError; InputError
 */
export async function withPaymentLookup<T>(
  context: CommandContext,
  nodeFolder: string,
  use: (lookUp: LookUpPayments) => Promise<T>,
): Promise<T> {
  if (await askControl(nodeFolder, { op: "info" }, context.signal))
    return await use(async (hashes) => {
      const request = { paymentHashes: hashes.map((hash) => bytesToHex(hash)) };
      return (await askNode(nodeFolder, "lookup-payments", request, context.signal)).answer.payments;
    });
  const { node, close } = await openEmbeddedNode(nodeFolder);
  try {
    return await use((hashes) => Promise.all(hashes.map((hash) => node.lookupPayment(hash))));
  } finally {
    await close();
  }
}
