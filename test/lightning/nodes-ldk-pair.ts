import { rmSync } from "node:fs";
import { join } from "node:path";
import { msat, sat } from "../../common/index.js";
import { LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { newFolder } from "../../testing/hooks.js";
import type { ConnectedNodes } from "./node-contract.js";
import { tcpLink } from "./tcp-link.js";

/** Two embedded nodes with a channel, over a link that can be frozen. */
export async function startLdkPair(): Promise<ConnectedNodes> {
  const directory = newFolder();
  const chain = new SimulatedChain();
  chain.mine();
  const open = (name: string) =>
    LdkNode.start({ network: "bcrt", chain, alias: name, file: join(directory, `${name}.db`) });
  const nodes = { payer: await open("payer"), merchant: await open("merchant") };
  const { nodeId, addresses } = await nodes.merchant.info();
  const port = Number.parseInt((addresses[0] ?? "").split(":")[1] ?? "", 10);
  const link = await tcpLink(() => port);
  await nodes.payer.connect({ nodeId, host: "127.0.0.1", port: link.port });
  await nodes.payer.openChannel({ peer: nodeId, capacity: sat(4_000_000), push: msat(2_000_000_000n) });
  const ready = async () => {
    await Promise.all([nodes.payer.channelsReady(120_000), nodes.merchant.channelsReady(10_000)]);
  };
  await ready();
  return {
    ...nodes,
    freeze: link.freeze,
    heal: link.heal,
    ready,
    async restart(which) {
      await nodes[which].close();
      nodes[which] = await open(which);
      return nodes[which];
    },
    async close() {
      await Promise.all([nodes.payer.close(), nodes.merchant.close()]);
      await link.close();
      chain.close();
      rmSync(directory, { recursive: true });
    },
  };
}
