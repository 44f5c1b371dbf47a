import { randomBytes } from "node:crypto";
import { concatBytes, msat, nobleSecp256k1, secp256k1, utf8 } from "../../common/index.js";
import {
  Authorizer,
  type AuthorizerConfig,
  authorizerConfigSchema,
  issuerPorts,
  SignatureThread,
} from "../../issuer/authorizer/index.js";
import { openPostgres, openSqlite, type Store, type StoreKind } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import { decodeInitiatePayment } from "../../lightning/api/initiate-payment.js";
import type { LndAccess } from "../../lightning/nodes/lnd/access.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { encodeAnswer, type Request, readRequests } from "./frames.js";

/** What the process has to be. */
export interface ServiceOrder {
  readonly kind: StoreKind;
  /** Path of the file, or URL of the database. */
  readonly database: string;
  readonly keyFile: string;
  readonly passphrase: string;
  /** The naive way: signatures by noble, one commit for each step of each payment. */
  readonly naive: boolean;
  /** The lnd that pays; absent: a node within the process, which answers at once. */
  readonly lnd?: LndAccess & { readonly record: string };
}

/** What it has used so far. */
export interface Usage {
  /** Milliseconds inside of database transactions, waiting for the disk or the server included. */
  readonly inDatabase: number;
  /** Processor time in microseconds, all threads. */
  readonly processor: number;
  /** Resident memory in bytes, the most that was seen. */
  readonly peakMemory: number;
}

/** How often the memory in use is read, in milliseconds. */
const LOOK_MS = 20;
export const NODE_ID = secp256k1.publicKey(new Uint8Array(32).fill(0x21));

/** Counts the time inside of transactions. */
function timed(store: Store): { readonly store: Store; readonly spent: () => number } {
  let spent = 0;
  return {
    spent: () => spent,
    store: {
      ...store,
      async write(work, options) {
        const started = performance.now();
        try {
          return await store.write(work, options);
        } finally {
          spent += performance.now() - started;
        }
      },
    },
  };
}

function configOf(naive: boolean): AuthorizerConfig {
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  return authorizerConfigSchema.parse({
    peerRate: unlimited,
    cardRate: unlimited,
    maxInFlight: 1_000_000,
    maxInFlightPerPayee: 100_000,
    maxInFlightPerCard: 100_000,
    maxPending: 100_000,
    ...(naive ? { maxBatch: 1 } : {}),
  });
}

/** A node that has paid as soon as it is asked. @param preimages by invoice; what is not there fails */
const nodeWithin = (
  preimages: Map<string, Uint8Array>,
): Pick<LightningNode, "pay" | "lookupPayment" | "listPayments"> => ({
  async pay({ invoice }) {
    const preimage = preimages.get(invoice);
    preimages.delete(invoice);
    return preimage
      ? { state: "settled", preimage, fee: msat(1000n) }
      : { state: "failed", reason: "unknown" };
  },
  lookupPayment: async () => ({ state: "not-found" }),
  listPayments: async () => ({ payments: [], next: undefined }),
});

/** Serves requests from standard input until it is closed, or its parent is gone. */
async function serve(order: ServiceOrder): Promise<void> {
  const { store, spent } = timed(
    order.kind === "sqlite"
      ? await openSqlite({ path: order.database, background: !order.naive })
      : await openPostgres({ url: order.database }),
  );
  const keys = await KeyFile.open(order.keyFile, utf8(order.passphrase));
  const thread = order.naive ? undefined : new SignatureThread();
  const preimages = new Map<string, Uint8Array>();
  const lnd = order.lnd && (await LndNode.start({ ...order.lnd, network: "bcrt", roles: ["issuer"] }));
  const authorizer = new Authorizer(
    issuerPorts({
      store,
      node: lnd ?? nodeWithin(preimages),
      network: "bcrt",
      nodeId: NODE_ID,
      keys,
      ...(thread ? { signatures: thread } : { secp256k1: nobleSecp256k1 }),
    }),
    configOf(order.naive),
  );

  // Answers of one turn of the event loop together: the pipe stands for a connection that is no part of the measure.
  let answers: Uint8Array[] = [];
  function tell(): void {
    process.stdout.write(concatBytes(...answers));
    answers = [];
  }

  async function present({ id, preimage, payload }: Request): Promise<void> {
    const request = decodeInitiatePayment(payload);
    if (!lnd) preimages.set(Buffer.from(request.invoice).toString("latin1"), Uint8Array.from(preimage));
    let rejected: number | undefined;
    await authorizer.initiatePayment(request, {
      update: async () => {},
      balance: async () => {},
      reject: async (reason) => {
        rejected = reason;
      },
    });
    answers.push(encodeAnswer(id, rejected));
    if (answers.length === 1) setImmediate(tell);
  }

  // Not the system's own figure: that begins with the memory of the process which started this one.
  let peakMemory = 0;
  const look = () => {
    peakMemory = Math.max(peakMemory, process.memoryUsage.rss());
  };
  const looking = setInterval(look, LOOK_MS);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    look();
    process.send?.({ inDatabase: spent(), processor: user + system, peakMemory } satisfies Usage);
  });
  process.stdin.on(
    "data",
    readRequests((request) => void present(request)),
  );
  process.stdin.on("end", async () => {
    clearInterval(looking);
    await authorizer.close();
    await lnd?.close();
    await store.close();
    await keys.close();
    await thread?.close();
    process.disconnect();
  });
  process.send?.("ready");
}

/** Milliseconds that both signatures of one request take on the fastest backend: the token's and the invoice's. */
export function signatureTime(): number {
  const secret = Uint8Array.from(randomBytes(32));
  const digest = Uint8Array.from(randomBytes(32));
  const { signature, recovery } = secp256k1.signRecoverable(digest, secret);
  const key = secp256k1.publicKey(secret);
  const started = performance.now();
  for (let i = 0; i < 500; i++) {
    secp256k1.verify(signature, digest, key);
    secp256k1.recover(signature, recovery, digest);
  }
  return (performance.now() - started) / 500;
}

const [, , order] = process.argv;
if (process.send && order) await serve(JSON.parse(order) as ServiceOrder);
