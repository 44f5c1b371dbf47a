import * as ldk from "lightningdevkit";
import { equalBytes } from "../../../common/index.js";
import { NodeError } from "../errors.js";
import { connectMonitor, type MonitorTools } from "./blocks.js";
import type { Chain } from "./chain.js";
import type { ChannelState, StoredMonitor } from "./channel-state.js";
import type { Foundation, Routing } from "./foundation.js";
import { plain, unwrap } from "./result.js";

/** What a channel manager is made of. */
export interface ManagerParts {
  readonly foundation: Foundation;
  readonly routing: Routing;
  readonly config: ldk.UserConfig;
  readonly chain: Chain;
  /** The chain's tip at the start. */
  readonly tip: { readonly height: number; readonly hash: Uint8Array };
}

const tools = ({ broadcaster, feeEstimator, logger }: Foundation): MonitorTools => [
  broadcaster,
  feeEstimator,
  logger,
];

/** The manager of a new node, at the chain's tip. @param now Unix seconds */
export function createManager(
  { foundation, routing, config, tip }: ManagerParts,
  now: number,
): ldk.ChannelManager {
  const best = ldk.BestBlock.constructor_new(plain(tip.hash), tip.height);
  return ldk.ChannelManager.constructor_new(
    foundation.feeEstimator,
    foundation.monitor.as_Watch(),
    foundation.broadcaster,
    routing.router,
    routing.messageRouter,
    foundation.logger,
    foundation.entropy,
    foundation.signer,
    foundation.signerProvider,
    config,
    ldk.ChainParameters.constructor_new(ldk.Network.LDKNetwork_Regtest, best),
    now,
  );
}

/**
 * The manager and the monitors of a stored node. The monitors are brought up to the chain's tip; the manager stays
 * at the block at which it was stored.
 * @throws NodeError `storage` when they do not fit each other, or the chain is not the one they were made on
 */
export function restoreManager(
  parts: ManagerParts,
  stored: Uint8Array,
  state: ChannelState,
): ldk.ChannelManager {
  const { foundation, routing, config, chain, tip } = parts;
  const monitors = state.monitors().map((monitor) => readMonitor(monitor, foundation));
  const manager = unwrap(
    ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
      stored,
      foundation.entropy,
      foundation.signer,
      foundation.signerProvider,
      foundation.feeEstimator,
      foundation.monitor.as_Watch(),
      foundation.broadcaster,
      routing.router,
      routing.messageRouter,
      foundation.logger,
      config,
      monitors,
    ),
    ldk.Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK,
    "reading the channel manager",
  ).get_b();
  requireSameChain(manager.current_best_block(), chain);
  for (const monitor of monitors) {
    connectMonitor(monitor, chain, tip.height, tools(foundation));
    const watched = foundation.monitor.as_Watch().watch_channel(monitor.get_funding_txo().get_a(), monitor);
    unwrap(watched, ldk.Result_ChannelMonitorUpdateStatusNoneZ_OK, "watching a channel");
  }
  return manager;
}

function readMonitor({ bytes, updates }: StoredMonitor, foundation: Foundation): ldk.ChannelMonitor {
  const monitor = unwrap(
    ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(
      bytes,
      foundation.entropy,
      foundation.signerProvider,
    ),
    ldk.Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK,
    "reading a channel monitor",
  ).get_b();
  for (const update of updates) {
    const parsed = unwrap(
      ldk.ChannelMonitorUpdate.constructor_read(update),
      ldk.Result_ChannelMonitorUpdateDecodeErrorZ_OK,
      "reading a monitor update",
    );
    if (!monitor.update_monitor(parsed, ...tools(foundation)).is_ok())
      throw new NodeError("storage", "the node's file is damaged: a monitor update does not fit its monitor");
  }
  return monitor;
}

/** LDK would panic over a block that does not build on the last one it has seen. */
function requireSameChain(best: ldk.BestBlock, chain: Chain): void {
  const height = best.get_height();
  const block = height === 0 ? undefined : chain.block(height);
  if (height === 0 || (block && equalBytes(block.hash, best.get_block_hash()))) return;
  throw new NodeError("storage", `the node is at block ${height} of another chain`, {
    hint: "Start it with the chain that it was made on.",
  });
}
