import { utf8 } from "../../common/index.js";
import { Authorizer, authorizerConfigSchema, issuerPorts, type Step } from "../../issuer/authorizer/index.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import { openPostgres, openSqlite, type StoreKind } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import type { CardStatus, InitiatePayment } from "../../lightning/api/index.js";
import type {
  PaymentLookup,
  PaymentRequest,
  PaymentState,
  SentPaymentsPage,
} from "../../lightning/nodes/port.js";
import { askStatus, initiate } from "../../testing/issuer/replies.js";

/** How a service process of the tests is set up: its only argument, as JSON. */
export interface ProcessSetup {
  readonly kind: StoreKind;
  readonly location: string;
  readonly keyFile: string;
  readonly nodeId: string;
  /** Unix milliseconds; stands still. */
  readonly now: number;
  /** The step at which the process kills itself. */
  readonly dieAt?: Step;
}

export type Order =
  | { readonly order: "present"; readonly request: InitiatePayment }
  | { readonly order: "status"; readonly request: CardStatus }
  | { readonly order: "reconcile" };

/** What parent and child tell each other. */
export type ProcessMessage =
  | { readonly type: "order"; readonly id: number; readonly body: Order }
  | { readonly type: "done"; readonly id: number; readonly result: unknown }
  | { readonly type: "call"; readonly id: number; readonly call: NodeCall }
  | { readonly type: "answer"; readonly id: number; readonly result?: unknown; readonly error?: string };

export type NodeCall =
  | { readonly method: "pay"; readonly request: PaymentRequest }
  | { readonly method: "lookupPayment"; readonly paymentHash: Uint8Array }
  | {
      readonly method: "listPayments";
      readonly query: { readonly since: number; readonly page?: string | undefined };
    };

let calls = 0;
const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();

/** The node lives in the parent, as a real one lives in another process: it survives this one. */
function ask(call: NodeCall): Promise<unknown> {
  const id = ++calls;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    tell({ type: "call", id, call });
  });
}

const tell = (message: ProcessMessage): void => {
  process.send?.(message);
};

async function main(setup: ProcessSetup): Promise<void> {
  const { kind, location } = setup;
  const store =
    kind === "sqlite"
      ? await openSqlite({ path: location, background: true })
      : await openPostgres({ url: location });
  const config = authorizerConfigSchema.parse({
    peerRate: { perSecond: 1e6, burst: 1e6 },
    cardRate: { perSecond: 1e6, burst: 1e6 },
    payTimeoutMs: 10_000,
    maxInFlight: 100_000,
    maxInFlightPerPayee: 100_000,
    maxInFlightPerCard: 100_000,
  });
  const ports = issuerPorts({
    store,
    node: {
      pay: (request) => ask({ method: "pay", request }) as Promise<PaymentState>,
      listPayments: (query) => ask({ method: "listPayments", query }) as Promise<SentPaymentsPage>,
      lookupPayment: (paymentHash) => ask({ method: "lookupPayment", paymentHash }) as Promise<PaymentLookup>,
    },
    network: "bcrt",
    nodeId: Buffer.from(setup.nodeId, "hex"),
    keys: await KeyFile.open(setup.keyFile, utf8("test")),
    clock: () => setup.now,
    onStep: (step) => {
      if (step === setup.dieAt) process.kill(process.pid, "SIGKILL");
    },
  });
  const authorizer = new Authorizer(ports, config);
  const reconciler = new Reconciler(ports, config, authorizer);
  const carryOut = (body: Order): Promise<unknown> => {
    if (body.order === "present") return initiate(authorizer, body.request);
    if (body.order === "status") return askStatus(authorizer, body.request);
    return reconciler.run();
  };
  process.on("message", (message: ProcessMessage) => {
    if (message.type === "order")
      void carryOut(message.body).then((result) => tell({ type: "done", id: message.id, result }));
    if (message.type !== "answer") return;
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) asked?.resolve(message.result);
    else asked?.reject(new Error(message.error));
  });
  process.on("disconnect", () => process.exit(0));
  tell({ type: "done", id: 0, result: undefined });
}

await main(JSON.parse(process.argv[2] ?? "{}") as ProcessSetup);
