import { randomBytes } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { msat, secp256k1, utf8 } from "../../common/index.js";
import { bindStore, openPostgres, openSqlite, type Store, type StoreKind } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { KeyFile } from "../../keys/index.js";
import { encodeInitiatePayment } from "../../lightning/api/initiate-payment.js";
import type { LndAccess } from "../../lightning/nodes/lnd/access.js";
import { KEY_SET_ID, SigningCard } from "../../testing/cards/signing-card.js";
import { preimageOf, testInvoice } from "../../testing/nodes/scripted-node.js";
import { startPostgres } from "../../testing/postgres/server.js";
import type { Request } from "./frames.js";
import { fillInFlight, fillPast, PAST_TOTALS } from "./past-ledger.js";
import { type Service, startService } from "./service.js";
import { NODE_ID } from "./service-process.js";

const AMOUNT = msat(2_500_000n);
const CREDIT = msat(PAST_TOTALS.credit);
const PASSPHRASE = "bench";
/** Milliseconds that one statement of the filling may take. */
const FILLING_MS = 600_000;
/** Requests in flight at once at full load. */
const AT_ONCE = 512;

/** A service under load, and what it is loaded with. */
export interface LoadedIssuer {
  readonly service: Service;
  /** Requests, each with an invoice and a token of its own; one card after the other. */
  requests(count: number): Request[];
}

export interface LoadOptions {
  readonly naive?: boolean;
  /** Cards in the ledger beside those that pay. */
  readonly others?: number;
  /** Processes that serve the node on this database; each card's requests go to one of them. Default 1. */
  readonly services?: number;
  /** Payments of other cards that hang all the while. */
  readonly inFlight?: number;
  /** The lnd that pays; absent: a node within the service, which answers at once. */
  readonly lnd?: LndAccess;
}

/** Runs `work` on a service with a new database in which this many cards have five past payments each. */
export async function withIssuer<T>(
  kind: StoreKind,
  count: number,
  { naive = false, others = 0, services = 1, inFlight = 0, lnd }: LoadOptions,
  work: (issuer: LoadedIssuer) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const server = kind === "postgres" ? await startPostgres({ durable: true }) : undefined;
  try {
    const database = server ? await server.database() : join(home, "issuer.sqlite");
    const keyFile = join(home, "keys");
    const sealKey = await writeKeys(keyFile);
    const cards = Array.from(
      { length: count },
      (_, i) => new SigningCard(i + 1, sealKey, CREDIT, Uint8Array.from(randomBytes(8))),
    );
    const store = await (server
      ? openPostgres({ url: database, timeoutMs: FILLING_MS })
      : openSqlite({ path: database }));
    await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
    await fillCards(store, cards, others);
    if (inFlight > 0) await fillInFlight(store, NODE_ID, inFlight, Date.now());
    await store.close();
    // A service that runs has its ledger in the system's cache, as far as the memory goes.
    await readAll(server?.data ?? home);
    const order = {
      ...{ kind, database, keyFile, passphrase: PASSPHRASE, naive },
      ...(lnd && { lnd: { ...lnd, record: join(home, "payments.db") } }),
    };
    const service = together(
      await Promise.all(Array.from({ length: services }, () => startService(order))),
      cards.length,
    );
    try {
      return await work({ service, requests: requestsOf(cards) });
    } finally {
      await service.close();
    }
  } finally {
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Several processes as one; requests of one card, which follow each other, go to one of them. */
function together(services: readonly Service[], cards: number): Service {
  const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);
  return {
    present: (request) => (services[(request.id % cards) % services.length] as Service).present(request),
    async usage() {
      const all = await Promise.all(services.map((service) => service.usage()));
      return {
        inDatabase: sum(all.map(({ inDatabase }) => inDatabase)),
        processor: sum(all.map(({ processor }) => processor)),
        peakMemory: Math.max(...all.map(({ peakMemory }) => peakMemory)),
      };
    },
    async close() {
      await Promise.all(services.map((service) => service.close()));
    },
  };
}

/** Reads every file below a folder once. */
async function readAll(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      for await (const _ of createReadStream(join(entry.parentPath, entry.name), { highWaterMark: 2 ** 20 }));
}

async function writeKeys(path: string): Promise<Uint8Array> {
  const scrypt = { n: 2 ** 14, r: 8, p: 1 };
  const keys = await KeyFile.create(path, utf8(PASSPHRASE), "bench", { scrypt });
  const sealKey = Uint8Array.from(randomBytes(16));
  await keys.addKeySet({ label: "cards", id: KEY_SET_ID, sealKey });
  await keys.close();
  return sealKey;
}

/** Enters the cards that pay, and as many others between them as are wanted. */
async function fillCards(store: Store, cards: readonly SigningCard[], others: number): Promise<void> {
  const keySet = Buffer.from(KEY_SET_ID);
  const known = cards.map(({ cardId, secretKey }) => ({
    card: cardKey(cardId),
    publicKey: Buffer.from(secp256k1.publicKey(secretKey)),
    keySet,
  }));
  const publicKey = Buffer.from(secp256k1.publicKey(randomBytes(32).fill(1, 0, 1)));
  const rest = Array.from({ length: others }, () => ({
    card: randomBytes(8).readBigInt64BE(),
    publicKey,
    keySet,
  }));
  await fillPast(store, NODE_ID, [...known, ...rest], Date.now());
  for (const card of cards) {
    card.counter = PAST_TOTALS.counter;
    card.total = msat(PAST_TOTALS.total);
  }
}

function requestsOf(cards: readonly SigningCard[]): (count: number) => Request[] {
  let id = 0;
  return (count) =>
    Array.from({ length: count }, () => {
      const card = cards[id % cards.length] as SigningCard;
      const invoice = testInvoice(++id, AMOUNT, Math.floor(Date.now() / 1000));
      const token = card.authorize(invoice, AMOUNT);
      return {
        id,
        preimage: preimageOf(id),
        payload: encodeInitiatePayment({ token, invoice: utf8(invoice) }),
      };
    });
}

/** Presents all of them, so many at once. @returns authorizations per second */
export async function fullRate(
  service: Service,
  requests: readonly Request[],
  atOnce = AT_ONCE,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) await service.present(request);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (1000 * requests.length) / (performance.now() - started);
}

/** Times to an answer in milliseconds, ascending, while requests come at a steady rate. */
export async function latencies(
  service: Service,
  requests: readonly Request[],
  perSecond: number,
): Promise<number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  const begun = performance.now();
  for (const [i, request] of requests.entries()) {
    const due = begun + (1000 * i) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    running.push(service.present(request).then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(running);
  return times.sort((a, b) => a - b);
}
