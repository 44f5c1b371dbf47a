import { setTimeout as sleep } from "node:timers/promises";
import { bytesToHex, ChequecardError } from "../../common/index.js";
import type { KeySource } from "../../keys/index.js";
import { PaymentReceiver } from "../../lightning/api/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { Authorizer, type IssuerPorts, issuerPorts, RefundDesk } from "../authorizer/index.js";
import { Batches } from "../bolt-cards/batches.js";
import { BoltCardDesk } from "../bolt-cards/desk.js";
import { inheritLeases, Reconciler, type Round } from "../reconciler/index.js";
import { bindStore, type Store } from "../store/index.js";
import type { SignatureChecker } from "../verify.js";
import { boltCardMetrics } from "./bolt-card-metrics.js";
import type { ServiceConfig } from "./config.js";
import { checkHealth, type Health } from "./health.js";
import type { ServiceLog } from "./log.js";
import { type ServiceMetrics, serviceMetrics } from "./metrics.js";
import { type Monitor, ServiceError, startMonitor } from "./monitor.js";
import { NodeWatch } from "./node-watch.js";
import { brokenPromises, PROMISES_HINT } from "./offline.js";

/** What the service works with. It closes none of these. */
export interface ServiceParts {
  readonly config: Pick<
    ServiceConfig,
    "network" | "monitor" | "reconcileSeconds" | "shutdownSeconds" | "authorizer" | "offline" | "boltCards"
  >;
  readonly store: Store;
  readonly node: LightningNode;
  readonly keys: KeySource;
  readonly log: ServiceLog;
  /**
   * True only where the node runs inside this process under a lock: then no earlier process can still send, and the
   * leases that it left are taken over at once. Default false: several services may share the node.
   */
  readonly ownsNode?: boolean;
  readonly clock?: () => number;
  /** Default: signatures are checked on the thread that does everything else. */
  readonly signatures?: SignatureChecker;
}

/** Rounds that may be missed before the reconciler is called late. */
const MISSED_ROUNDS = 4;

const STARTING: Health = {
  healthy: false,
  checks: {
    database: "starting",
    writer: "starting",
    node: "starting",
    reconciler: "starting",
    packs: "starting",
  },
};

class ObservedReconciler extends Reconciler {
  observer: { onRound(round: Round): void; onFailedRound(): void } | undefined;
  refunds: Pick<RefundDesk, "resolve"> | undefined;

  override async run(): Promise<Round> {
    try {
      const round = await super.run();
      await this.refunds?.resolve();
      this.observer?.onRound(round);
      return round;
    } catch (error) {
      this.observer?.onFailedRound();
      throw error;
    }
  }
}

/**
 * The issuer's service beside its node: takes requests of peers, decides, pays, resolves what was left open, releases
 * skipped authorizations, and tells how it is doing. What it has promised is in the ledger, so it may be
 * ended at any moment and in any way.
 */
export class IssuerService {
  /** Resolves with the error when the node has ended by itself, or was retired; the service is of no use then. */
  readonly failed: Promise<Error>;
  readonly monitor: Monitor | undefined;
  /** Serves Bolt Cards, where the configuration has them. */
  boltCards: BoltCardDesk | undefined;
  readonly #parts: ServiceParts;
  readonly #authorizer: Authorizer;
  readonly #receiver: PaymentReceiver;
  readonly #reconciler: Reconciler;
  readonly #refunds: RefundDesk;
  readonly #health: () => Promise<Health>;
  readonly #watch: NodeWatch;
  #closing: Promise<void> | undefined;

  /**
   * Binds the ledger to the node, looks after what an earlier run left open, and takes requests from then on.
   * @throws StoreError `foreign` when the ledger has not this node; NodeError; ServiceError
   */
  static async start(parts: ServiceParts): Promise<IssuerService> {
    const { config, store, node, keys, log } = parts;
    const { nodeId, network } = await node.info();
    if (network !== config.network)
      throw new ServiceError(`network: the configuration says ${config.network}, the node is on ${network}`);
    await bindStore(store, { network, nodeId });
    await warnOfMissingKeys(store, keys, log);
    const [broken] = await brokenPromises(store, config, (parts.clock ?? Date.now)());
    if (broken) throw new ServiceError(broken, { hint: PROMISES_HINT });
    const batches = config.boltCards && (await Batches.open(keys, config.boltCards.batches));
    const metrics = serviceMetrics({ store, node, nodeId }, parts.clock);
    const { watch, ...watched } = await watchOf(parts, nodeId);
    const ports = issuerPorts({
      store,
      node,
      network,
      nodeId,
      keys,
      log: metrics.counting(log),
      ...watched,
      ...(parts.clock === undefined ? {} : { clock: parts.clock }),
      ...(parts.signatures === undefined ? {} : { signatures: parts.signatures }),
    });
    let service: IssuerService | undefined;
    const health = async () => (service ? await service.health() : STARTING);
    let monitor: Monitor | undefined;
    try {
      if (parts.ownsNode) await inheritLeases(ports, config.authorizer);
      // The port first: where it is taken, nothing has been begun.
      monitor = config.monitor && (await startMonitor(config.monitor, metrics.registry, health));
    } catch (error) {
      watch.stop();
      throw error;
    }
    service = new IssuerService(parts, ports, metrics, monitor, watch);
    if (batches && config.boltCards)
      service.boltCards = new BoltCardDesk(
        ports,
        service.#authorizer,
        config.authorizer,
        config.boltCards,
        batches,
        boltCardMetrics(metrics.registry),
      );
    log.info(
      {
        event: "started",
        node: bytesToHex(nodeId),
        network,
        ...(monitor ? { monitor: `${monitor.host}:${monitor.port}` } : {}),
      },
      "the issuer service takes requests",
    );
    return service;
  }

  private constructor(
    parts: ServiceParts,
    ports: IssuerPorts,
    metrics: ServiceMetrics,
    monitor: Monitor | undefined,
    watch: NodeWatch,
  ) {
    const { config, store, node } = parts;
    this.#parts = parts;
    this.monitor = monitor;
    this.#authorizer = new Authorizer(ports, config.authorizer);
    this.#refunds = new RefundDesk({ store, node, nodeId: ports.nodeId, clock: ports.clock, log: ports.log });
    let lastRound = ports.monotonic();
    const reconciler = new ObservedReconciler(ports, config.authorizer, this.#authorizer);
    reconciler.observer = {
      onRound(round) {
        lastRound = ports.monotonic();
        metrics.onRound(round);
      },
      onFailedRound: () => metrics.onFailedRound(),
    };
    reconciler.refunds = this.#refunds;
    this.#reconciler = reconciler;
    this.#health = () =>
      checkHealth({
        store,
        node,
        brokenPromises: () => brokenPromises(store, config, ports.clock()),
        writerWaitedMs: () => this.#authorizer.writer.waitedMs(),
        lastRound: () => lastRound,
        // A round may wait for payments as long as a request does.
        roundMs: MISSED_ROUNDS * 1000 * config.reconcileSeconds + 2 * config.authorizer.payTimeoutMs,
        monotonic: ports.monotonic,
      });
    this.#receiver = new PaymentReceiver(
      node,
      {
        initiatePayment: (request, reply) =>
          metrics.timed(() => this.#authorizer.initiatePayment(request, reply)),
        cardStatus: (request, reply) => this.#authorizer.cardStatus(request, reply),
      },
      {
        refunds: this.#refunds,
        ratePerPeer: config.authorizer.peerRate,
        maxInFlight: config.authorizer.maxPending,
        maxStatusSkewSeconds: config.authorizer.statusSkewSeconds,
        now: ports.clock,
        monotonic: ports.monotonic,
        onEvent(event) {
          metrics.onReceiverEvent(event);
          if (event.event !== "failed") return;
          const { error } = event;
          const code = error instanceof ChequecardError ? error.code : "internal";
          ports.log.error({ event: "request", code }, "a request of a peer could not be answered");
        },
      },
    );
    this.failed = watch.failed;
    this.#watch = watch;
    reconciler.start(1000 * config.reconcileSeconds);
  }

  /** Whether the service can do its work, as `/health` tells it. */
  health(): Promise<Health> {
    return this.#health();
  }

  /**
   * Ends gracefully: takes no more requests, waits for those in flight, at most `shutdownSeconds`, and makes
   * everything durable. Payments that are still open then are resolved by the next start. A second call joins.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { log, config } = this.#parts;
    log.info({ event: "stopping" }, "the issuer service takes no more requests");
    this.#watch.stop();
    const patience = new AbortController();
    const late = sleep(1000 * config.shutdownSeconds, "late", { signal: patience.signal }).catch(
      () => "done",
    );
    const done = (async () => {
      await this.#receiver.close();
      await this.#reconciler.stop();
      await this.#refunds.close();
      await this.#authorizer.close();
      return "done";
    })();
    const end = await Promise.race([done, late]);
    patience.abort();
    await this.monitor?.close();
    if (end === "late")
      log.warn({ event: "stopped" }, "payments are still in flight; the next start resolves them");
    else log.info({ event: "stopped" }, "the issuer service ended");
  }
}

/** The watch, and the ports that follow it. */
async function watchOf({ store, node, clock = Date.now }: ServiceParts, nodeId: Uint8Array) {
  const monotonic = () => performance.now();
  const watch = await NodeWatch.start({ store, node, nodeId, clock, monotonic });
  return { watch, htlcSlots: () => watch.slots, otherNodes: () => watch.others };
}

/** Cards whose key set is not among the keys cannot pay; the start warns of it. */
async function warnOfMissingKeys(store: Store, keys: KeySource, log: ServiceLog): Promise<void> {
  const known = new Set(keys.keySets().map(({ id }) => bytesToHex(id)));
  const used = await store.db
    .selectFrom("cards")
    .select("key_set")
    .where("kind", "=", "token")
    .distinct()
    .execute();
  for (const { key_set } of used)
    if (!known.has(bytesToHex(key_set)))
      log.warn(
        { event: "keys", keySet: key_set.toString("hex") },
        "cards of a key set are in the ledger whose keys are not here: they cannot pay",
      );
}
