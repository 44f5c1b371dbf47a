import * as ldk from "lightningdevkit";

let shared: { readonly graph: ldk.NetworkGraph; readonly logger: ldk.Logger } | undefined;

/**
 * The public network as the nodes of this process know it: nothing, since no channel is announced and no gossip is
 * taken. One for all nodes, because LDK reserves 160 MB of address space for each, and WebAssembly has 2 GB of it
 * that the bindings can address.
 */
export function emptyGraph(): ldk.NetworkGraph {
  if (!shared) {
    const logger = ldk.Logger.new_impl({ log: () => undefined });
    shared = { graph: ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger), logger };
  }
  return shared.graph;
}
