import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { bytesToHex } from "../../common/index.js";
import { describeReason, describeRefundReason, type ReceiverOptions } from "../../lightning/api/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { Log } from "../authorizer/index.js";
import { totalOwed } from "../ledger/guarantee.js";
import { inFlightByNode, listUnmatched } from "../ledger/index.js";
import type { Round } from "../reconciler/index.js";
import { listNodes, type Store } from "../store/index.js";

type ReceiverEvent = Parameters<NonNullable<ReceiverOptions["onEvent"]>>[0];

/** Figures of the service for Prometheus. No card, peer or payee is ever a label; the issuer's own nodes are. */
export interface ServiceMetrics {
  readonly registry: Registry;
  onReceiverEvent(event: ReceiverEvent): void;
  /** Times one decision until its answer. */
  timed<T>(work: () => Promise<T>): Promise<T>;
  onRound(round: Round): void;
  onFailedRound(): void;
  /** The same log, with what it says counted. */
  counting(log: Log): Log;
}

/**
 * Makes the figures. Those of the ledger and the node are read when somebody looks.
 * @param now Unix milliseconds
 */
export function serviceMetrics(
  {
    store,
    node,
    nodeId,
  }: {
    readonly store: Store;
    readonly node: Pick<LightningNode, "info">;
    /** 33 bytes. */
    readonly nodeId: Uint8Array;
  },
  now: () => number = Date.now,
): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "chequecard_requests_total",
    help: "Requests of peers by what became of them.",
    labelNames: ["outcome", "reason"],
    registers,
  });
  const seconds = new Histogram({
    name: "chequecard_authorization_seconds",
    help: "From an initiate_payment to its answer, the payment included.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const resolved = new Counter({
    name: "chequecard_reconciled_total",
    help: "Authorizations that the reconciler resolved, and gaps that it released.",
    labelNames: ["end"],
    registers,
  });
  const open = new Gauge({
    name: "chequecard_reconciler_open",
    help: "Authorizations that were still without a known end after the last round.",
    registers,
  });
  const lastRound = new Gauge({
    name: "chequecard_reconciler_last_round_timestamp_seconds",
    help: "When the reconciler last finished a round.",
    registers,
  });
  const failedRounds = new Counter({
    name: "chequecard_reconciler_failures_total",
    help: "Rounds of the reconciler that failed.",
    registers,
  });
  const logged = new Counter({
    name: "chequecard_log_lines_total",
    help: "Warnings and errors in the log by their event.",
    labelNames: ["level", "event"],
    registers,
  });
  const alerts = new Counter({
    name: "chequecard_alerts_total",
    help: "What the operator has to check: cloned cards, payments without an authorization, cards that are used up.",
    registers,
  });
  ledgerGauges(store, registers);
  unmatchedGauge(store, registers);
  guaranteeGauge(store, registers);
  nodeGauges(node, bytesToHex(nodeId), registers);

  const count = (level: string, fields: object): void => {
    const { event, alert } = fields as { event?: unknown; alert?: unknown };
    logged.inc({ level, event: typeof event === "string" ? event : "other" });
    if (alert === true) alerts.inc();
  };
  return {
    registry,
    onReceiverEvent(event) {
      const reason =
        event.event === "rejected" && event.reason !== undefined
          ? describeReason(event.reason).name
          : event.event === "ignored"
            ? event.cause
            : event.event === "refund-refused"
              ? describeRefundReason(event.reason).name
              : "";
      requests.inc({ outcome: event.event, reason });
    },
    async timed(work) {
      const end = seconds.startTimer();
      try {
        return await work();
      } finally {
        end();
      }
    },
    onRound(round) {
      resolved.inc({ end: "settled" }, round.settled);
      resolved.inc({ end: "voided" }, round.voided);
      resolved.inc({ end: "gap" }, round.gaps);
      open.set(round.open);
      lastRound.set(now() / 1000);
    },
    onFailedRound: () => failedRounds.inc(),
    counting: (log) => ({
      info: (fields, message) => log.info(fields, message),
      warn(fields, message) {
        count("warn", fields);
        log.warn(fields, message);
      },
      error(fields, message) {
        count("error", fields);
        log.error(fields, message);
      },
    }),
  };
}

function ledgerGauges(store: Store, registers: Registry[]): void {
  gaugeByNode(
    {
      name: "chequecard_payments_in_flight",
      help: "Authorizations reserved and not yet resolved, of all processes, by the node that pays.",
      registers,
    },
    () => inFlightByNode(store.db),
  );
}

/** A database that does not answer leaves a hole in the figures, and /health says so. */
function gaugeByNode(
  options: { readonly name: string; readonly help: string; readonly registers: Registry[] },
  read: () => Promise<ReadonlyMap<string, number>>,
): void {
  new Gauge({
    ...options,
    labelNames: ["node"],
    async collect() {
      const found = await read().catch(() => undefined);
      this.reset();
      for (const [node, value] of found ?? []) this.set({ node }, value);
    },
  });
}

function unmatchedGauge(store: Store, registers: Registry[]): void {
  gaugeByNode(
    {
      name: "chequecard_unmatched_payments",
      help: "Payments of a node that no authorization accounts for, and that are still open.",
      registers,
    },
    async () => {
      const open = await listUnmatched(store.db, { open: true });
      const nodes = await listNodes(store.db);
      return new Map(
        nodes.map(({ node, node_id }) => [
          bytesToHex(node_id),
          open.filter((payment) => payment.node === node).length,
        ]),
      );
    },
  );
}

function guaranteeGauge(store: Store, registers: Registry[]): void {
  new Gauge({
    name: "chequecard_guarantee_owed_satoshi",
    help: "What all cards owe for payments from the guarantee.",
    registers,
    async collect() {
      const owed = await totalOwed(store.db).catch(() => undefined);
      if (owed === undefined) this.reset();
      else this.set(satoshi(owed));
    },
  });
}

/** Whole satoshi: a figure to draw, not to count with. */
const satoshi = (amount: bigint): number => Number.parseInt((amount / 1000n).toString(), 10);

function nodeGauges(node: Pick<LightningNode, "info">, id: string, registers: Registry[]): void {
  for (const [way, can] of [
    ["inbound", "receive right now"],
    ["outbound", "send right now: the payments that are still possible"],
  ] as const)
    gaugeByNode(
      {
        name: `chequecard_node_${way}_satoshi`,
        help: `What the channels of this service's node can ${can}.`,
        registers,
      },
      async () => new Map([[id, satoshi((await node.info())[way])]]),
    );
}
