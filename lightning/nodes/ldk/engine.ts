import { randomBytes } from "node:crypto";
import * as ldk from "lightningdevkit";
import type { FedByBlocks } from "./blocks.js";
import type { Chain } from "./chain.js";
import { ChannelState } from "./channel-state.js";
import { channelConfig, type ForwardingFees } from "./config.js";
import { layFoundation, makeRouting } from "./foundation.js";
import type { CallbackGuard } from "./guard.js";
import { createManager, type ManagerParts, restoreManager } from "./manager.js";
import type { NodeStore } from "./store.js";
import type { Log } from "./traits.js";

export interface EngineOptions {
  readonly store: NodeStore;
  readonly chain: Chain;
  readonly guard: CallbackGuard;
  readonly log: Log | undefined;
  readonly fees: ForwardingFees;
  readonly customMessages: ldk.CustomMessageHandler;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** LDK's objects, put together. The bindings hold trait implementations weakly, so everything is kept here. */
export interface Engine extends FedByBlocks {
  readonly keys: ldk.PhantomKeysManager;
  readonly signer: ldk.NodeSigner;
  readonly peers: ldk.PeerManager;
  readonly channelState: ChannelState;
  /** Secret of the phantom node and of payment secrets, 32 bytes. */
  readonly crossNodeSeed: Uint8Array;
  /** What else must live as long as the node. */
  readonly kept: unknown;
}

/**
 * Puts LDK's objects together, from the store when it holds a node, else new at the chain's tip.
 * @throws NodeError `storage`, `internal`
 */
export function buildEngine(options: EngineOptions): Engine {
  const { store, chain, guard, log, customMessages } = options;
  const channelState = new ChannelState(store);
  const foundation = layFoundation(store, channelState, guard, log);
  const routing = makeRouting(foundation);
  const parts: ManagerParts = {
    foundation,
    routing,
    config: channelConfig(options.fees),
    chain,
    tip: chain.tip(),
  };
  const now = Math.floor(options.now() / 1000);
  const stored = store.getState("manager");
  const manager = stored ? restoreManager(parts, stored, channelState) : createManager(parts, now);
  if (!stored) store.setState("manager", manager.write());
  const ignoring = ldk.IgnoringMessageHandler.constructor_new();
  const { keys, signer, monitor, crossNodeSeed } = foundation;
  const peers = ldk.PeerManager.constructor_new(
    manager.as_ChannelMessageHandler(),
    ignoring.as_RoutingMessageHandler(),
    ignoring.as_OnionMessageHandler(),
    customMessages,
    now,
    new Uint8Array(randomBytes(32)),
    foundation.logger,
    signer,
  );
  return {
    keys,
    signer,
    manager,
    monitor,
    peers,
    channelState,
    crossNodeSeed,
    monitorHeight: parts.tip.height,
    kept: { parts, ignoring, customMessages },
  };
}
