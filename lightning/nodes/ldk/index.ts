export type { Block, Chain, ChainMaker } from "./chain.js";
export type { ChannelRequest } from "./channels.js";
export type { ForwardingFees } from "./config.js";
export { type DeputyDecision, type DeputyPayment, type DeputyTerminal, deputyDecision } from "./deputy.js";
export {
  connectNodes,
  type LittleNetwork,
  type LittleNetworkOptions,
  type LittleNodeOptions,
  startLittleNetwork,
} from "./little-network.js";
export { LdkNode } from "./node.js";
export type { LdkNodeOptions } from "./options.js";
export { SimulatedChain, type SimulatedChainOptions } from "./simulated-chain.js";
export type { Log, LogLevel } from "./traits.js";
