import { sat } from "../../common/index.js";
import { connectNodes, LdkNode, type SimulatedChain } from "../../lightning/nodes/ldk/index.js";

/** More than a channel needs, less than for ever. */
export const READY_MS = 120_000;

/**
 * A payer's node that runs here, with a channel to a merchant's node that is left in its file and does not run.
 * @param payerFile of the payer's node, where it is to come back after it was closed
 */
export async function payerOfFile(
  chain: SimulatedChain,
  file: string,
  { payer: payerAlias, merchant: alias }: { readonly payer: string; readonly merchant: string },
  payerFile?: string,
): Promise<LdkNode> {
  const options = { network: "bcrt", chain } as const;
  chain.mine();
  const payer = await LdkNode.start({
    ...options,
    alias: payerAlias,
    ...(payerFile === undefined ? {} : { file: payerFile }),
  });
  try {
    const merchant = await LdkNode.start({ ...options, alias, file });
    try {
      await connectNodes(payer, merchant);
      const { nodeId: peer } = await merchant.info();
      await payer.openChannel({ peer, capacity: sat(5_000_000), push: sat(2_000_000) });
      await merchant.channelsReady(READY_MS);
    } finally {
      await merchant.close();
    }
    return payer;
  } catch (error) {
    await payer.close();
    throw error;
  }
}
