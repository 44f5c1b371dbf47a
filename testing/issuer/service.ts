import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import pg from "pg";
import { bytesToHex, hexToBytes, type Msat, msat, sat, secp256k1, utf8 } from "../../common/index.js";
import {
  Authorizer,
  type AuthorizerConfig,
  type AuthorizerOptions,
  authorizerConfigSchema,
  type IssuerPorts,
  issuerPorts,
  RefundDesk,
} from "../../issuer/authorizer/index.js";
import { type OfflineOptions, offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import { activateCard, registerCard, verifyLedger } from "../../issuer/ledger/index.js";
import type { AskedRefund } from "../../issuer/ledger/refunds.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import { bindStore, openPostgres, openSqlite, type Store, type StoreKind } from "../../issuer/store/index.js";
import { KeyFile } from "../../keys/index.js";
import type { InitiatePayment } from "../../lightning/api/initiate-payment.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { KEY_SET_ID, SigningCard } from "../cards/signing-card.js";
import { BATCH_ID, BATCH_KEY } from "../cards/test-chip.js";
import { MEMORY } from "../memory.js";
import { PAYEE, preimageOf, ScriptedNode, testInvoice } from "../nodes/scripted-node.js";
import { type PostgresServer, startPostgres } from "../postgres/server.js";
import { type Answered, askStatus, initiate } from "./replies.js";

/** 2027-01-15 08:00:00 UTC, a Friday. */
export const START = 1_800_000_000_000;
export const NODE_SECRET = new Uint8Array(32).fill(0x21);
export const DEPUTY_SECRET = new Uint8Array(32).fill(0x4e);
export const NODE_ID = secp256k1.publicKey(NODE_SECRET);
export const PEER = secp256k1.publicKey(new Uint8Array(32).fill(0x23));
const SEAL_KEY = new Uint8Array(16).fill(0x33);

/** Directories and servers of a test file, gone with {@link Bench.close}. */
export class Bench {
  readonly #directories: string[] = [];
  #server: Promise<PostgresServer> | undefined;
  #url: string | undefined;
  #keys: Promise<KeyFile> | undefined;

  /** A new directory, in memory where the system has such a place: a killed process loses nothing there either. */
  directory(): string {
    const path = mkdtempSync(join(MEMORY, "chequecard-issuer-"));
    this.#directories.push(path);
    return path;
  }

  /** The database server of this test file, started when it is first asked for. */
  server(): Promise<PostgresServer> {
    this.#server ??= startPostgres();
    return this.#server;
  }

  /** How to open an empty database. One server's database is used again and again, by one test at a time. */
  async location(kind: StoreKind): Promise<string> {
    if (kind === "sqlite") return join(this.directory(), "issuer.sqlite");
    if (this.#url) await this.#empty(this.#url);
    this.#url ??= await (await this.server()).database();
    return this.#url;
  }

  async #empty(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await emptyLedger(client);
    await client.end();
  }

  /** The keys of the test cards, made once: deriving the key of a key file takes its time. */
  keys(): Promise<KeyFile> {
    this.#keys ??= testKeys(this.directory());
    return this.#keys;
  }

  async open(kind: StoreKind, location: string): Promise<Store> {
    return kind === "sqlite"
      ? await openSqlite({ path: location, background: true })
      : await openPostgres({ url: location });
  }

  async close(): Promise<void> {
    await (await this.#server)?.stop();
    for (const path of this.#directories) rmSync(path, { recursive: true, force: true });
  }
}

/** Leaves a ledger as it was first made. Deleting few rows is faster than making, or truncating, a dozen tables. */
export async function emptyLedger(client: pg.Client): Promise<void> {
  const tables = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_version'",
  );
  // Some rows are there from the first.
  const kept: Readonly<Record<string, string>> = {
    totals: "update totals set fees = 0",
    guarantee_total: "update guarantee_total set owed = 0",
  };
  const empty = (name: string) => kept[name] ?? `delete from ${name}`;
  await client.query(tables.rows.map(({ name }) => empty(name)).join("; "));
}

/** A key file with the key set of the test cards; a weak passphrase cost, nothing is at stake. */
export async function testKeys(directory: string): Promise<KeyFile> {
  const keys = await KeyFile.create(
    join(directory, `${randomBytes(4).toString("hex")}.keys`),
    utf8("test"),
    "t",
    {
      scrypt: { n: 2 ** 14, r: 8, p: 1 },
    },
  );
  await keys.addKeySet({ label: "cards", id: KEY_SET_ID, sealKey: SEAL_KEY });
  await keys.addBatchKey({ label: "Bolt Cards", id: BATCH_ID, key: BATCH_KEY });
  return keys;
}

/** A clock that stands still unless it is set, or time passes. */
export class TestClock {
  now = START;
  #passed = 0;
  readonly read = (): number => this.now;
  /** Only ever runs, whatever the clock is set to. */
  readonly monotonic = (): number => performance.now() + this.#passed;

  /** Lets milliseconds pass. */
  pass(ms: number): void {
    this.now += ms;
    this.#passed += ms;
  }
}

/** What a test sets of the configuration. */
export type ServiceOptions = AuthorizerOptions & { readonly offline?: OfflineOptions | undefined };

/** The whole service over one database and one node. */
export class Service implements AsyncDisposable {
  readonly store: Store;
  readonly node: ScriptedNode;
  readonly clock: TestClock;
  readonly ports: IssuerPorts;
  readonly config: AuthorizerConfig;
  readonly authorizer: Authorizer;
  readonly reconciler: Reconciler;
  readonly refunds: RefundDesk;

  constructor(
    store: Store,
    node: ScriptedNode,
    clock: TestClock,
    keys: IssuerPorts["keys"],
    { offline, ...config }: ServiceOptions = {},
    ports: Partial<IssuerPorts> = {},
  ) {
    this.store = store;
    this.node = node;
    this.clock = clock;
    const settings = authorizerConfigSchema.parse({
      peerRate: { perSecond: 1e6, burst: 1e6 },
      cardRate: { perSecond: 1e6, burst: 1e6 },
      payTimeoutMs: 2000,
      // Many stories go on for days.
      maxExpirySeconds: 604_800,
      ...config,
    });
    this.config = { ...settings, offline: offline && offlineConfigSchema.parse(offline) };
    this.ports = issuerPorts({
      store,
      node,
      network: "bcrt",
      nodeId: NODE_ID,
      deputies: [secp256k1.publicKey(DEPUTY_SECRET)],
      keys,
      clock: clock.read,
      monotonic: clock.monotonic,
      ...ports,
    });
    this.authorizer = new Authorizer(this.ports, this.config);
    this.reconciler = new Reconciler(this.ports, this.config, this.authorizer);
    this.refunds = new RefundDesk({
      store,
      node,
      nodeId: this.ports.nodeId,
      clock: clock.read,
      log: this.ports.log,
    });
  }

  /** Registers a card and puts it into use. */
  async register(card: SigningCard, policy: unknown = {}): Promise<SigningCard> {
    await bindStore(this.store, this.ports);
    await registerCard(this.store, card.registration(policy), this.clock.now);
    await activateCard(this.store, card.cardId);
    return card;
  }

  async card(number: number, credit: Msat = sat(20_000), policy: unknown = {}): Promise<SigningCard> {
    return await this.register(new SigningCard(number, SEAL_KEY, credit), policy);
  }

  /** Presents a token with an invoice. */
  async present(token: Uint8Array, invoice: string): Promise<Answered> {
    return await initiate(this.authorizer, request(token, invoice));
  }

  /** A new invoice at the clock's time, which the node can pay. */
  invoice(serial: number, amount: Msat | undefined, content: Parameters<typeof testInvoice>[3] = {}): string {
    this.node.learn([serial]);
    return testInvoice(serial, amount, Math.floor(this.clock.now / 1000) - 10, content);
  }

  /** A tap: a new invoice, authorized and presented; the card takes the update that comes back. */
  async tap(card: SigningCard, serial: number, amount: Msat) {
    const invoice = this.invoice(serial, amount);
    const token = card.authorize(invoice, amount);
    const outcome = await this.present(token, invoice);
    if (outcome.cardUpdate) card.update(outcome.cardUpdate);
    return { ...outcome, token, invoice };
  }

  /** IDENTIFY, as a terminal does it; the card takes the update that comes back. */
  async identify(
    card: SigningCard,
    fields: Parameters<SigningCard["status"]>[1] = {},
    onBalance?: (left: bigint | undefined) => void,
  ) {
    const time = BigInt(Math.floor(this.clock.now / 1000));
    const nonce = randomBytes(24);
    const status = card.status(statusChallenge(NODE_ID, time, nonce), fields);
    const update = await askStatus(this.authorizer, { status, time, nonce }, onBalance);
    if (update) card.update(update);
    return update;
  }

  /** A merchant asks for a refund of a sale. @param serial number of the sale's invoice; @param id of the refund, one byte */
  async refund(serial: number, amount: Msat, id = 1, asked: Partial<AskedRefund> = {}) {
    const { peer, ...request } = { ...refundRequest(serial, amount, id), ...asked };
    const reply = await this.refunds.requestRefund(request, peer);
    return reply && { ...reply, invoice: reply.invoice && new TextDecoder().decode(reply.invoice) };
  }

  /** The merchant pays the invoice of a refund. @param quietly the service was not there to hear of it */
  pay(invoice: string | undefined, quietly = false): boolean {
    const { paymentHash, amount } = decodeInvoice(invoice ?? "");
    return this.node.settle(bytesToHex(paymentHash), amount ?? msat(0n), quietly) !== undefined;
  }

  /** What the ledger's proof finds wrong: an empty list in every good state. */
  async violations() {
    return (await verifyLedger(this.store)).violations;
  }

  async close(): Promise<void> {
    await this.refunds.close();
    await this.authorizer.close();
    await this.store.close();
  }

  /** The end of its scope: the ledger proves itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const violations = await this.violations();
    await this.close();
    if (violations.length > 0) throw new Error(`the ledger's proof found ${JSON.stringify(violations)}`);
  }
}

/** A request for a refund, as the payee of {@link testInvoice} sends it. */
export function refundRequest(serial: number, amount: Msat, id = 1): AskedRefund {
  const preimage = preimageOf(serial);
  return {
    paymentHash: sha256(preimage),
    preimage,
    amount,
    refundId: new Uint8Array(16).fill(id),
    peer: hexToBytes(PAYEE),
  };
}

/** A request as it comes from a peer. */
export const request = (token: Uint8Array, invoice: string): InitiatePayment => ({
  token,
  invoice: utf8(invoice),
});

/** A service on a new database. */
export async function startService(
  bench: Bench,
  kind: StoreKind,
  config: ServiceOptions = {},
  ports: Partial<IssuerPorts> = {},
  location?: string,
): Promise<Service> {
  const clock = new TestClock();
  const keys = await bench.keys();
  const store = await bench.open(kind, location ?? (await bench.location(kind)));
  const service = new Service(store, new ScriptedNode(clock.read), clock, keys, config, ports);
  await bindStore(store, service.ports);
  return service;
}
