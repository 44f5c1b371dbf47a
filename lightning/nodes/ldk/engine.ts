import { randomBytes } from "node:crypto";
import * as ldk from "lightningdevkit";
import { NodeError } from "../errors.js";
import { connectMonitor, type MonitorTools } from "./blocks.js";
import { ChannelState } from "./channel-state.js";
import { channelConfig, FEE_RATE, type ForwardingFees } from "./config.js";
import { emptyGraph } from "./graph.js";
import type { CallbackGuard } from "./guard.js";
import { plain, unwrap } from "./result.js";
import type { SimulatedChain } from "./simulated-chain.js";
import type { NodeStore } from "./store.js";
import { type Log, logger, persister } from "./traits.js";

export interface EngineOptions {
  readonly store: NodeStore;
  readonly chain: SimulatedChain;
  readonly guard: CallbackGuard;
  readonly log: Log | undefined;
  readonly fees: ForwardingFees;
  readonly customMessages: ldk.CustomMessageHandler;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** LDK's objects, put together. The bindings hold trait implementations weakly, so everything is kept here. */
export interface Engine {
  readonly keys: ldk.PhantomKeysManager;
  readonly signer: ldk.NodeSigner;
  readonly manager: ldk.ChannelManager;
  readonly monitor: ldk.ChainMonitor;
  readonly peers: ldk.PeerManager;
  readonly channelState: ChannelState;
  /** Secret of the phantom node and of payment secrets, 32 bytes. */
  readonly crossNodeSeed: Uint8Array;
  /** The block at which all monitors stand. */
  readonly monitorHeight: number;
  /** What else must live as long as the node. */
  readonly kept: unknown;
}

/** The 32-byte seed in the store, made on the first start. */
function seed(store: NodeStore, name: "seed" | "cross-node-seed"): Uint8Array {
  const found = store.getState(name);
  if (found) return found;
  const made = new Uint8Array(randomBytes(32));
  store.setState(name, made);
  return made;
}

function readMonitors(
  state: ChannelState,
  chain: SimulatedChain,
  keys: ldk.PhantomKeysManager,
  tip: number,
  tools: MonitorTools,
): ldk.ChannelMonitor[] {
  return state.monitors().map(({ bytes, updates }) => {
    const read = unwrap(
      ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(
        bytes,
        keys.as_EntropySource(),
        keys.as_SignerProvider(),
      ),
      ldk.Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK,
      "reading a channel monitor",
    );
    const monitor = read.get_b();
    for (const update of updates) {
      const parsed = unwrap(
        ldk.ChannelMonitorUpdate.constructor_read(update),
        ldk.Result_ChannelMonitorUpdateDecodeErrorZ_OK,
        "reading a monitor update",
      );
      if (!monitor.update_monitor(parsed, ...tools).is_ok())
        throw new NodeError(
          "storage",
          "the node's file is damaged: a monitor update does not fit its monitor",
        );
    }
    connectMonitor(monitor, chain, tip, tools);
    return monitor;
  });
}

/**
 * Puts LDK's objects together, from the store when it holds a node, else anew at the chain's tip. The manager of
 * a restored node is still at the block at which it was stored.
 * @throws NodeError `storage`, `internal`
 */
export function buildEngine(options: EngineOptions): Engine {
  const { store, chain, guard } = options;
  const state = new ChannelState(store);
  const tip = chain.tip();
  const feeEstimator = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => FEE_RATE });
  const broadcaster = ldk.BroadcasterInterface.new_impl({
    broadcast_transactions: (transactions) =>
      guard.run(undefined, () => {
        for (const raw of transactions) store.write("INSERT INTO broadcasts (raw) VALUES (?)", raw);
      }),
  });
  const log = logger(guard, options.log);
  const persist = persister(guard, state);
  const monitor = ldk.ChainMonitor.constructor_new(
    ldk.Option_FilterZ.constructor_none(),
    broadcaster,
    log,
    feeEstimator,
    persist,
  );
  const random = randomBytes(12);
  const crossNodeSeed = seed(store, "cross-node-seed");
  const keys = ldk.PhantomKeysManager.constructor_new(
    seed(store, "seed"),
    // LDK asks for a time only so that no two starts draw the same randomness; random bytes do that better.
    random.readBigUInt64LE(0),
    random.readUInt32LE(8) >>> 1,
    crossNodeSeed,
  );
  const entropy = keys.as_EntropySource();
  const signer = keys.as_NodeSigner();
  const signerProvider = keys.as_SignerProvider();
  const network = ldk.Network.LDKNetwork_Regtest;
  const graph = emptyGraph();
  const scorer = ldk.ProbabilisticScorer.constructor_new(
    ldk.ProbabilisticScoringDecayParameters.constructor_default(),
    graph,
    log,
  );
  const score = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score());
  const router = ldk.DefaultRouter.constructor_new(
    graph,
    log,
    entropy,
    score.as_LockableScore(),
    ldk.ProbabilisticScoringFeeParameters.constructor_default(),
  );
  const messageRouter = ldk.DefaultMessageRouter.constructor_new(graph, entropy);
  const config = channelConfig(options.fees);
  const seconds = Math.floor(options.now() / 1000);

  const stored = store.getState("manager");
  let manager: ldk.ChannelManager;
  if (stored) {
    const monitors = readMonitors(state, chain, keys, tip.height, [broadcaster, feeEstimator, log]);
    manager = unwrap(
      ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
        stored,
        entropy,
        signer,
        signerProvider,
        feeEstimator,
        monitor.as_Watch(),
        broadcaster,
        router.as_Router(),
        messageRouter.as_MessageRouter(),
        log,
        config,
        monitors,
      ),
      ldk.Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK,
      "reading the channel manager",
    ).get_b();
    for (const channel of monitors) {
      const watched = monitor.as_Watch().watch_channel(channel.get_funding_txo().get_a(), channel);
      unwrap(watched, ldk.Result_ChannelMonitorUpdateStatusNoneZ_OK, "watching a channel");
    }
  } else {
    manager = ldk.ChannelManager.constructor_new(
      feeEstimator,
      monitor.as_Watch(),
      broadcaster,
      router.as_Router(),
      messageRouter.as_MessageRouter(),
      log,
      entropy,
      signer,
      signerProvider,
      config,
      ldk.ChainParameters.constructor_new(
        network,
        ldk.BestBlock.constructor_new(plain(tip.hash), tip.height),
      ),
      seconds,
    );
    store.setState("manager", manager.write());
  }

  const ignoring = ldk.IgnoringMessageHandler.constructor_new();
  const peers = ldk.PeerManager.constructor_new(
    manager.as_ChannelMessageHandler(),
    ignoring.as_RoutingMessageHandler(),
    ignoring.as_OnionMessageHandler(),
    options.customMessages,
    seconds,
    new Uint8Array(randomBytes(32)),
    log,
    signer,
  );
  const kept = {
    tools: [feeEstimator, broadcaster, log, persist, entropy, signerProvider],
    routing: [graph, scorer, score, router, messageRouter],
    messages: [ignoring, options.customMessages],
    config,
  };
  return {
    keys,
    signer,
    manager,
    monitor,
    peers,
    channelState: state,
    crossNodeSeed,
    monitorHeight: tip.height,
    kept,
  };
}
