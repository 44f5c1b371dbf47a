import { CompiledQuery, sql } from "kysely";
import { bytesToHex, equalBytes, secp256k1 } from "../../common/index.js";
import { Authorizer, authorizerConfigSchema, issuerPorts, type Step } from "../../issuer/authorizer/index.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import {
  bindStore,
  openPostgres,
  openSqlite,
  type Store,
  StoreError,
  type StoreErrorCode,
} from "../../issuer/store/index.js";
import type { Find, Found, Tx } from "../../issuer/store/types.js";
import { PaymentReceiver } from "../../lightning/api/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { FakeNode } from "../../testing/nodes/fake-node.js";
import { ISSUER_SECRET, KEY_SET_ID, SEAL_KEY } from "./cards.js";
import type { Surroundings } from "./lines.js";
import { linkNode } from "./node-link.js";
import { ProcessLife, salvage } from "./process-life.js";

/** Where the ledger is. */
export type Location =
  | { readonly kind: "sqlite"; readonly path: (generation: number) => string }
  | { readonly kind: "postgres"; readonly url: string };

export interface IssuerHost {
  readonly around: Surroundings;
  readonly node: FakeNode;
  readonly location: Location;
  /** Unix milliseconds. */
  readonly clock: () => number;
  /** Payment hashes of reservations that were forgotten after their payment was sent; added to, never emptied. */
  readonly forgotten: Set<string>;
  /** False: other processes work on the same ledger and hear the same messages. */
  readonly isAlone: boolean;
  /** Called with what no fault of a machine brings about. */
  readonly complain: (words: string) => void;
}

/** Codes of errors that no full disk and no lost answer brings about. */
const OWN_FAULTS: readonly unknown[] = ["constraint", "internal"] satisfies StoreErrorCode[];

/** Routing fees that all cards may cost, in msat. */
export const ISSUER_FEES = { day: 80_000n, month: 240_000n };
const CONFIG = authorizerConfigSchema.parse({
  maxFeesPer24h: `${ISSUER_FEES.day}msat`,
  maxFeesPer30d: `${ISSUER_FEES.month}msat`,
});
const ROUND_MS = 10_000;

async function openLedger({ location, node, around }: IssuerHost, generation: number): Promise<Store> {
  const { time } = around;
  const hold = <T>(work: Promise<T>) => (location.kind === "postgres" ? work : time.hold(work));
  time.stir();
  const store = await (location.kind === "sqlite"
    ? time.hold(openSqlite({ path: location.path(generation), busyTimeoutMs: 100, background: true }))
    : openPostgres({ url: location.url }));
  try {
    await hold(bindStore(store, { network: "bcrt", nodeId: node.nodeId }));
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** One life of the issuer's service: it dies, and another is started over what it left. */
export class IssuerProcess {
  readonly life = new ProcessLife();
  readonly store: Store;
  readonly reconciler: Reconciler;
  readonly #raw: Store;
  readonly #host: IssuerHost;
  readonly #generation: number;
  /** What this life's ledger was before the reservation that the next life shall not know. */
  #forgetful: string | undefined;
  /** Steps of the transaction that runs. */
  #steps: Step[] = [];

  private constructor(host: IssuerHost, raw: Store, generation: number) {
    this.#host = host;
    this.#raw = raw;
    this.#generation = generation;
    this.store = this.#watched(raw);
    this.life.onEnd(() => this.#leave());
    const { around, node, clock } = host;
    const { faults, time, random } = around;
    const ports = issuerPorts({
      store: this.store,
      node: this.#paying(linkNode(node, around, this.life)),
      network: "bcrt",
      nodeId: node.nodeId,
      owner: BigInt(generation + 1),
      clock,
      monotonic: () => time.now,
      randomBytes: (length) => random.bytes(length),
      keys: {
        sealKey: (id) => (equalBytes(id, KEY_SET_ID) ? SEAL_KEY : undefined),
        signUpdate: async (_, digest) => secp256k1.sign(digest, ISSUER_SECRET),
      },
      log: { info: () => {}, warn: () => {}, error: (fields, message) => this.#hear(fields, message) },
      onStep: (step) => {
        this.#steps.push(step);
        if (faults.strikes(`issuer killed ${step}`, 150)) this.kill();
        this.life.expectAlive();
      },
    });
    const authorizer = new Authorizer(ports, CONFIG);
    this.reconciler = new Reconciler(ports, CONFIG, authorizer);
    new PaymentReceiver(this.#listening(), authorizer, { now: clock, monotonic: ports.monotonic });
  }

  static async open(host: IssuerHost, generation: number): Promise<IssuerProcess> {
    const { time } = host.around;
    for (;;) {
      try {
        const process = new IssuerProcess(host, await openLedger(host, generation), generation);
        process.reconciler.start(ROUND_MS);
        return process;
      } catch (error) {
        // Its supervisor starts the service again.
        if (!(error instanceof StoreError) || OWN_FAULTS.includes(error.code)) throw error;
        await time.sleep(1_000);
      }
    }
  }

  /** The node as the service hears it. Of several services often one alone hears a message, and sometimes none. */
  #listening(): LightningNode {
    const { node, around, isAlone } = this.#host;
    const link = linkNode(node, around, this.life);
    if (isAlone) return link;
    const isHeard = () => !around.faults.strikes("messages that one of two services heard", 3);
    return { ...link, onMessage: (handler) => link.onMessage((message) => isHeard() && handler(message)) };
  }

  /**
   * The node that it pays with. When a payment leaves whose reservation is to be forgotten the process ends, as a server
   * does whose standby had not heard of the last commit.
   */
  #paying(link: LightningNode): LightningNode {
    const pay: LightningNode["pay"] = (request) => {
      const paid = link.pay(request);
      if (this.#forgetful === undefined) return paid;
      this.#host.around.faults.note("reservations forgotten after their payment was sent");
      this.#host.forgotten.add(bytesToHex(decodeInvoice(request.invoice).paymentHash));
      this.kill();
      return paid;
    };
    return { ...link, pay };
  }

  /** Before one in so many transactions the ledger is kept as it is. @returns where */
  #keep(): string | undefined {
    const { location, around } = this.#host;
    if (location.kind !== "sqlite" || !around.faults.on || !around.faults.random.oneIn(12)) return undefined;
    const path = location.path(this.#generation);
    salvage(path, `${path}-kept`);
    return `${path}-kept`;
  }

  /** Ends it at once. What it had not committed is lost. */
  kill(): void {
    this.life.end();
  }

  /** Ends it, and gives files and connections back. */
  async close(): Promise<void> {
    this.life.end();
    await this.#raw.close();
  }

  /** The ledger takes no more pages; what fits into those it has still goes in. */
  async fillDisk(full: boolean): Promise<void> {
    if (this.#host.location.kind !== "sqlite") return;
    await this.#raw.db
      .executeQuery(CompiledQuery.raw(`pragma max_page_count = ${full ? 1 : 1_000_000_000}`))
      .catch(() => undefined);
  }

  /** No card has more payments in flight than it may. */
  async #countInFlight(tx: Tx): Promise<void> {
    const { rows } = await sql<{ count: bigint }>`select count(*) as count from leases group by card
      having count(*) > ${CONFIG.maxInFlightPerCard}`.execute(tx);
    for (const { count } of rows) this.#host.complain(`a card has ${count} payments in flight`);
  }

  /** At times the connection to the database server breaks in the middle of a transaction. */
  async #cutLine(tx: Tx): Promise<void> {
    if (this.#host.location.kind !== "postgres") return;
    if (!this.#host.around.faults.strikes("connections to the database cut", 60)) return;
    const { rows } = await sql<{ pid: bigint }>`select pg_backend_pid() as pid`.execute(tx);
    for (const { pid } of rows) await sql`select pg_terminate_backend(${pid})`.execute(this.#raw.db);
  }

  /** No card is a clone here, and a rule that only the database keeps is one that the service broke. */
  #hear(fields: object, message: string): void {
    if (this.life.isOver || !("event" in fields)) return;
    const { event, code, error } = { code: undefined, error: undefined, ...fields };
    if (event === "clone") this.#host.complain(message);
    if (event === "internal" && OWN_FAULTS.includes(code))
      this.#host.complain(`${message}: ${code}, ${error}`);
  }

  /** The next life opens a copy: this one's connection still holds the file, which a dead process would not. */
  #leave(): void {
    const { location } = this.#host;
    if (location.kind === "sqlite")
      salvage(this.#forgetful ?? location.path(this.#generation), location.path(this.#generation + 1));
  }

  #watched(raw: Store): Store {
    const { faults, time } = this.#host.around;
    // On a server each statement holds time by itself; between attempts the ledger waits for time to pass.
    const hold = <T>(work: Promise<T>): Promise<T> => (raw.kind === "postgres" ? work : time.hold(work));
    const gate = <T>(work: () => Promise<T>): Promise<T> => {
      if (this.life.isOver) return new Promise(() => undefined);
      time.stir();
      return this.life.answer(hold(work()));
    };
    return {
      ...raw,
      get db() {
        time.stir();
        return raw.db;
      },
      many: {
        find: (tx, statement, rows) => hold(raw.many.find(tx, statement, rows)),
        findAll: <const F extends readonly Find<never>[]>(tx: Tx, ...finds: F) =>
          hold<Found<F>>(raw.many.findAll<F>(tx, ...finds)),
        change: (tx, statement, rows) => hold(raw.many.change(tx, statement, rows)),
        changeAll: (tx, ...changes) => hold(raw.many.changeAll(tx, ...changes)),
      },
      read: (work) => gate(() => raw.read(work)),
      write: (work) =>
        gate(async () => {
          const undone = faults.strikes("commits refused", 60);
          let kept: string | undefined;
          const result = await raw.write(async (tx) => {
            kept = this.#keep();
            this.#steps = [];
            const done = await work(tx);
            this.life.expectAlive();
            await this.#countInFlight(tx);
            await this.#cutLine(tx);
            if (undone) throw new StoreError("full", "the disk is full");
            return done;
          });
          // Only a reservation, and only while it is the last commit: nothing else is forgotten with it.
          this.#forgetful = this.#steps.join() === "in-reserve" ? kept : undefined;
          if (faults.strikes("issuer killed after a commit", 150)) this.kill();
          if (faults.strikes("answers to commits lost", 60))
            throw new StoreError("unavailable", "the database server does not answer");
          return result;
        }),
    };
  }
}
