import { join } from "node:path";
import { type Msat, msat, sat } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import { parseAddress } from "./address.js";
import { LdkNode } from "./node.js";
import type { LdkNodeOptions } from "./options.js";
import { SimulatedChain } from "./simulated-chain.js";

/** Options of a node of the little network; its place, file and chain are the network's. */
export type LittleNodeOptions = Omit<LdkNodeOptions, "network" | "chain" | "file">;

export interface LittleNetworkOptions {
  /** Put a routing node between payer and merchant. Default false: they are direct peers. */
  readonly router?: boolean;
  /** Of each channel. Default 10,000,000 sat. */
  readonly capacity?: Msat;
  /** What the side nearer to the merchant gets of each channel. Default half. */
  readonly push?: Msat;
  /** Folder for the chain and the nodes, to go on with later; absent: all in memory. */
  readonly directory?: string;
  readonly merchant?: LittleNodeOptions;
  readonly payer?: LittleNodeOptions;
  readonly routing?: LittleNodeOptions;
}

/** Nodes with funded channels on one simulated chain. The protocol between them is real, the money is not. */
export interface LittleNetwork {
  readonly chain: SimulatedChain;
  readonly merchant: LdkNode;
  readonly payer: LdkNode;
  readonly router: LdkNode | undefined;
  /** Closes the nodes, then the chain. */
  close(): Promise<void>;
}

const READY_MS = 60_000;

/** Connects one node to another at the address that it tells. @throws NodeError */
export async function connectNodes(from: LdkNode, to: LdkNode): Promise<void> {
  const { nodeId, addresses } = await to.info();
  await from.connect({ nodeId, ...parseAddress(addresses[0] ?? "") });
}

/** Opens a channel unless the two have one, and waits until it can be used. */
async function channelBetween(from: LdkNode, to: LdkNode, capacity: Msat, push: Msat): Promise<void> {
  await connectNodes(from, to);
  const { nodeId: peer } = await to.info();
  if (!from.hasChannel(peer)) await from.openChannel({ peer, capacity, push });
  const ready = await Promise.all([from.channelsReady(READY_MS), to.channelsReady(READY_MS)]);
  if (ready.includes(false))
    throw new NodeError("timeout", "the little network's channels did not get ready");
}

/**
 * Starts merchant and payer, with a routing node between them if asked, on a simulated chain, with channels that
 * are funded and usable. With a folder, a network that was started there before goes on with its channels.
 * @throws NodeError
 */
export async function startLittleNetwork(options: LittleNetworkOptions = {}): Promise<LittleNetwork> {
  const { directory, capacity = sat(10_000_000) } = options;
  const push = options.push ?? msat(capacity / 2n);
  const at = (name: string) => (directory === undefined ? {} : { file: join(directory, `${name}.db`) });
  const chain = new SimulatedChain(at("chain"));
  const started: LdkNode[] = [];
  const close = async () => {
    await Promise.all(started.map((node) => node.close()));
    chain.close();
  };
  const start = async (name: string, own: LittleNodeOptions = {}) => {
    const node = await LdkNode.start({ network: "bcrt", chain, alias: name, ...at(name), ...own });
    started.push(node);
    return node;
  };
  try {
    if (chain.tip().height === 0) chain.mine();
    const merchant = await start("merchant", options.merchant);
    const payer = await start("payer", options.payer);
    const router = options.router ? await start("router", options.routing) : undefined;
    const path = [payer, ...(router ? [router] : []), merchant];
    await Promise.all(path.slice(1).map((to, i) => channelBetween(path[i] ?? payer, to, capacity, push)));
    return { chain, merchant, payer, router, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
