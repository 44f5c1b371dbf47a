import { randomBytes } from "node:crypto";
import * as ldk from "lightningdevkit";
import type { ChannelState } from "./channel-state.js";
import { FEE_RATE } from "./config.js";
import { emptyGraph } from "./graph.js";
import type { CallbackGuard } from "./guard.js";
import type { NodeStore } from "./store.js";
import { type Log, logger, persister } from "./traits.js";

/** What LDK's larger parts are built on. */
export interface Foundation {
  readonly feeEstimator: ldk.FeeEstimator;
  readonly broadcaster: ldk.BroadcasterInterface;
  readonly logger: ldk.Logger;
  readonly persister: ldk.Persist;
  readonly monitor: ldk.ChainMonitor;
  readonly keys: ldk.PhantomKeysManager;
  readonly entropy: ldk.EntropySource;
  readonly signer: ldk.NodeSigner;
  readonly signerProvider: ldk.SignerProvider;
  /** Secret of the phantom node and of payment secrets, 32 bytes. */
  readonly crossNodeSeed: Uint8Array;
}

/** The 32-byte seed in the store, made on the first start. */
function seed(store: NodeStore, name: "seed" | "cross-node-seed"): Uint8Array {
  const found = store.getState(name);
  if (found) return found;
  const made = new Uint8Array(randomBytes(32));
  store.setState(name, made);
  return made;
}

/** @throws NodeError `storage` */
export function layFoundation(
  store: NodeStore,
  state: ChannelState,
  guard: CallbackGuard,
  log: Log | undefined,
): Foundation {
  const feeEstimator = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => FEE_RATE });
  const broadcaster = ldk.BroadcasterInterface.new_impl({
    broadcast_transactions: (transactions) =>
      guard.run(undefined, () => {
        for (const raw of transactions) store.write("INSERT INTO broadcasts (raw) VALUES (?)", raw);
      }),
  });
  const ldkLogger = logger(guard, log);
  const persist = persister(guard, state);
  const crossNodeSeed = seed(store, "cross-node-seed");
  // LDK asks for a time only so that no two starts draw the same randomness; random bytes do that better.
  const random = randomBytes(12);
  const keys = ldk.PhantomKeysManager.constructor_new(
    seed(store, "seed"),
    random.readBigUInt64LE(0),
    random.readUInt32LE(8) >>> 1,
    crossNodeSeed,
  );
  return {
    feeEstimator,
    broadcaster,
    logger: ldkLogger,
    persister: persist,
    monitor: ldk.ChainMonitor.constructor_new(
      ldk.Option_FilterZ.constructor_none(),
      broadcaster,
      ldkLogger,
      feeEstimator,
      persist,
    ),
    keys,
    entropy: keys.as_EntropySource(),
    signer: keys.as_NodeSigner(),
    signerProvider: keys.as_SignerProvider(),
    crossNodeSeed,
  };
}

/** Finds routes over the node's own channels and route hints. */
export interface Routing {
  readonly router: ldk.Router;
  readonly messageRouter: ldk.MessageRouter;
  /** What must live as long as the routers. */
  readonly kept: unknown;
}

export function makeRouting({ logger, entropy }: Foundation): Routing {
  const graph = emptyGraph();
  const scorer = ldk.ProbabilisticScorer.constructor_new(
    ldk.ProbabilisticScoringDecayParameters.constructor_default(),
    graph,
    logger,
  );
  const score = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score());
  const router = ldk.DefaultRouter.constructor_new(
    graph,
    logger,
    entropy,
    score.as_LockableScore(),
    ldk.ProbabilisticScoringFeeParameters.constructor_default(),
  );
  const messageRouter = ldk.DefaultMessageRouter.constructor_new(graph, entropy);
  return {
    router: router.as_Router(),
    messageRouter: messageRouter.as_MessageRouter(),
    kept: [graph, scorer, score, router, messageRouter],
  };
}
