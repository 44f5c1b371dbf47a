import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { msat, type Secp256k1, secp256k1, utf8 } from "../common/index.js";
import {
  Authorizer,
  type AuthorizerConfig,
  authorizerConfigSchema,
  issuerPorts,
} from "../issuer/authorizer/index.js";
import { openPostgres, openSqlite, type Store, type StoreKind } from "../issuer/store/index.js";
import { cardKey } from "../issuer/store/values.js";
import { KeyFile } from "../keys/index.js";
import { decodeInitiatePayment, encodeInitiatePayment } from "../lightning/api/initiate-payment.js";
import type { LightningNode } from "../lightning/nodes/port.js";
import { preimageOf, testInvoice } from "../test/issuer/memory-node.js";
import { KEY_SET_ID, SigningCard } from "../test/issuer/signing-card.js";
import { type PostgresServer, startPostgres } from "../test/postgres.js";
import { fillPast, PAST_TOTALS } from "./issuer-large.js";

const AMOUNT = msat(2_500_000n);
const NODE_ID = secp256k1.publicKey(new Uint8Array(32).fill(0x21));
const PEER = secp256k1.publicKey(new Uint8Array(32).fill(0x23));
const CREDIT = msat(PAST_TOTALS.credit);

/** An issuer service with cards in its database, and everything that must go when it is done. */
export interface LoadedIssuer {
  readonly authorizer: Authorizer;
  readonly store: Store;
  readonly cards: readonly SigningCard[];
  /** Milliseconds spent inside of database transactions so far. */
  readonly inDatabase: () => number;
  /** Raw payloads of `initiate_payment`, each with an invoice and a token of its own. */
  requests(count: number): Uint8Array[];
  /** Presents one raw payload. @throws when it is not paid */
  present(payload: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Counts the time inside of transactions. */
function timed(store: Store): { readonly store: Store; readonly spent: () => number } {
  let spent = 0;
  return {
    spent: () => spent,
    store: {
      ...store,
      async write(work) {
        const started = performance.now();
        try {
          return await store.write(work);
        } finally {
          spent += performance.now() - started;
        }
      },
    },
  };
}

let serial = 0;

export interface LoadOptions {
  /** What differs from a service without rate limits. */
  readonly config?: Partial<AuthorizerConfig>;
  readonly backend?: Secp256k1;
  /** Cards in the ledger beside those that pay. */
  readonly others?: number;
}

/**
 * Starts a service on a new database with this many cards, five past payments each, on a node that answers at once.
 */
export async function loadIssuer(
  kind: StoreKind,
  count: number,
  options: LoadOptions = {},
): Promise<LoadedIssuer> {
  const home = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const server = kind === "postgres" ? await startPostgres({ durable: true }) : undefined;
  const opened = await openDatabase(kind, home, server);
  const keys = await KeyFile.create(join(home, "keys"), utf8("bench"), "bench", {
    scrypt: { n: 2 ** 14, r: 8, p: 1 },
  });
  const sealKey = Uint8Array.from(randomBytes(16));
  await keys.addKeySet({ label: "cards", id: KEY_SET_ID, sealKey });
  const cards = Array.from(
    { length: count },
    (_, i) => new SigningCard(i + 1, sealKey, CREDIT, Uint8Array.from(randomBytes(8))),
  );
  await fillCards(opened, cards, options.others ?? 0);
  const { store, spent } = timed(opened);
  const preimages = new Map<string, Uint8Array>();
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  const authorizer = new Authorizer(
    issuerPorts({
      store,
      node: nodeThatAnswersAtOnce(preimages),
      network: "bcrt",
      nodeId: NODE_ID,
      keys,
      ...(options.backend ? { secp256k1: options.backend } : {}),
    }),
    authorizerConfigSchema.parse({
      peerRate: unlimited,
      cardRate: unlimited,
      maxInFlight: 100_000,
      maxInFlightPerPayee: 100_000,
      maxPending: 100_000,
      ...options.config,
    }),
  );
  return {
    authorizer,
    store,
    cards,
    inDatabase: spent,
    requests: (wanted) =>
      Array.from({ length: wanted }, () => {
        const card = cards[serial % cards.length] as SigningCard;
        const preimage = preimageOf(++serial);
        const invoice = testInvoice(serial, AMOUNT, Math.floor(Date.now() / 1000));
        preimages.set(invoice, preimage);
        const token = card.authorize(invoice, AMOUNT);
        return encodeInitiatePayment({ token, invoice: utf8(invoice) });
      }),
    async present(payload) {
      const outcome = await authorizer.initiatePayment({ peer: PEER, ...decodeInitiatePayment(payload) });
      if (outcome.outcome !== "accepted") throw new Error(`refused with reason ${outcome.reason}`);
    },
    async close() {
      await authorizer.close();
      await opened.close();
      await keys.close();
      await server?.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function openDatabase(kind: StoreKind, home: string, server?: PostgresServer): Promise<Store> {
  if (kind === "sqlite" || !server) return await openSqlite({ path: join(home, "issuer.sqlite") });
  return await openPostgres({ url: await server.database() });
}

/** Enters the cards that pay, and as many others between them as are wanted. */
async function fillCards(store: Store, cards: readonly SigningCard[], others: number): Promise<void> {
  const known = cards.map(({ cardId, secretKey }) => ({
    card: cardKey(cardId),
    publicKey: Buffer.from(secp256k1.publicKey(secretKey)),
    keySet: Buffer.from(KEY_SET_ID),
  }));
  const publicKey = Buffer.from(NODE_ID);
  const keySet = Buffer.from(KEY_SET_ID);
  const rest = Array.from({ length: others }, () => ({
    card: randomBytes(8).readBigInt64BE(),
    publicKey,
    keySet,
  }));
  await fillPast(store, [...known, ...rest], Date.now());
  for (const card of cards) {
    card.counter = PAST_TOTALS.counter;
    card.total = msat(PAST_TOTALS.total);
  }
}

function nodeThatAnswersAtOnce(
  preimages: ReadonlyMap<string, Uint8Array>,
): Pick<LightningNode, "pay" | "lookupPayment"> {
  return {
    async pay({ invoice }) {
      const preimage = preimages.get(invoice);
      return preimage
        ? { state: "settled", preimage, fee: msat(1000n) }
        : { state: "failed", reason: "unknown" };
    },
    lookupPayment: async () => ({ state: "not-found" }),
  };
}

/** Milliseconds that both signatures of one request take on this backend: the token's and the invoice's. */
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
