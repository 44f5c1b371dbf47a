// An issuer's service in a process of its own. Its one argument is an IssuerOrder as JSON; the node is in the process
// that started it, as a real one is in another process: it survives this one.
import { utf8 } from "../../common/index.js";
import {
  Authorizer,
  type AuthorizerOptions,
  authorizerConfigSchema,
  issuerPorts,
  RefundDesk,
  type RefundStep,
  type Step,
} from "../../issuer/authorizer/index.js";
import { Batches } from "../../issuer/bolt-cards/batches.js";
import { boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import { BoltCardDesk } from "../../issuer/bolt-cards/desk.js";
import type { Withdrawal } from "../../issuer/bolt-cards/pay-reading.js";
import type { AskedRefund } from "../../issuer/ledger/refunds.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import { openPostgres, openSqlite, type StoreKind } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import type { CardStatus, InitiatePayment } from "../../lightning/api/index.js";
import type { TestReading } from "../cards/test-chip.js";
import { askStatus, initiate } from "../issuer/replies.js";
import { announce, Caller, serve } from "./channel.js";
import { parentLink } from "./links.js";
import { remoteNode } from "./remote-node.js";

export interface IssuerOrder {
  readonly kind: StoreKind;
  readonly location: string;
  readonly keyFile: string;
  readonly nodeId: string;
  /** Unix milliseconds, and time stands still; or the machine's clock. */
  readonly now: number | "clock";
  /** File for promotions of a PostgreSQL server. */
  readonly timelineFile?: string;
  readonly config?: AuthorizerOptions;
  /** Milliseconds between rounds of the reconciler; without it rounds are run on order alone. */
  readonly reconcileMs?: number;
  /** The step at which the process kills itself. */
  readonly dieAt?: Step | RefundStep;
}

const order: IssuerOrder = JSON.parse(process.argv[2] ?? "");
const { kind, location } = order;
const link = parentLink();
link.onGone(() => process.exit());
const config = authorizerConfigSchema.parse({
  peerRate: { perSecond: 1e6, burst: 1e6 },
  cardRate: { perSecond: 1e6, burst: 1e6 },
  payTimeoutMs: 10_000,
  maxInFlight: 100_000,
  maxInFlightPerPayee: 100_000,
  maxInFlightPerCard: 100_000,
  ...order.config,
});
const node = remoteNode(new Caller(link));
const onStep = (step: Step | RefundStep): void => {
  if (step === order.dieAt) process.kill(process.pid, "SIGKILL");
};
const keys = await KeyFile.open(order.keyFile, utf8("test"));
const ports = issuerPorts({
  store:
    kind === "sqlite"
      ? await openSqlite({ path: location, background: true })
      : await openPostgres({
          url: location,
          ...(order.timelineFile === undefined ? {} : { timelineFile: order.timelineFile }),
        }),
  node,
  network: "bcrt",
  nodeId: Buffer.from(order.nodeId, "hex"),
  keys,
  clock: () => (order.now === "clock" ? Date.now() : order.now),
  onStep,
});
const authorizer = new Authorizer(ports, config);
const reconciler = new Reconciler(ports, config, authorizer);
const refunds = new RefundDesk({ ...ports, node, onStep });
const bolt = new BoltCardDesk(
  ports,
  authorizer,
  config,
  boltCardsConfigSchema.parse({ address: "https://cards.example" }),
  await Batches.open(keys),
);
if (order.reconcileMs !== undefined) reconciler.start(order.reconcileMs);
serve(link, {
  issuer: {
    present: (request: InitiatePayment) => initiate(authorizer, request),
    status: (status: CardStatus) => askStatus(authorizer, status),
    reconcile: () => reconciler.run(),
    refund: ({ peer, ...request }: AskedRefund) => refunds.requestRefund(request, peer),
    resolveRefunds: () => refunds.resolve(),
    read: ({ p, c }: TestReading) => bolt.read(p, c),
    withdraw: (withdrawal: Withdrawal) => bolt.withdraw(withdrawal),
  },
});
announce(link, "up", undefined);
