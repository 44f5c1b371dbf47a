import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, sat, secp256k1, u32, utf8, writeDurableFile } from "../../common/index.js";
import { Authorizer, authorizerConfigSchema, issuerPorts } from "../../issuer/authorizer/index.js";
import { offlineConfigSchema } from "../../issuer/authorizer/offline-config.js";
import { activateCard, registerCard } from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { Reconciler } from "../../issuer/reconciler/index.js";
import { makePack } from "../../issuer/service/make-pack.js";
import { bindStore, openSqlite, type Store } from "../../issuer/store/index.js";
import { PaymentReceiver } from "../../lightning/api/index.js";
import { type DeputyProfile, deputyKeys, deriveTerminalKey } from "../../lightning/dpp/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { writeResults } from "../../offline/results.js";
import type { ListHead } from "../../offline/sealed-list.js";
import { makeCard, SimulatedReader } from "../../simulator/index.js";
import { FESTIVAL_LIMITS, testCard } from "../../testing/cards/test-card.js";
import { FakeNetwork, type Routed } from "../../testing/nodes/fake-node.js";
import { sealedCertificate } from "../../testing/offline/certified-card.js";
import { certified, islandOf, shopOf } from "../../testing/offline/stall.js";
import { SeededRandom } from "../../testing/random.js";
import type { VirtualTime } from "../system-faults/virtual-time.js";
import type { LossLimits } from "./books.js";
import { DeputyNode, PayerNode } from "./deputy-node.js";
import { type Line, Stall } from "./stall.js";

/** 2027-01-15 08:00:00 UTC. */
const START = 1_800_000_000_000;
const DAY = 86_400;
const CARDS = 6;
const STALLS = ["north", "south", "east"] as const;
const MASTER = sha256(utf8("deputy of the offline festival"));

type FieldCard = ReturnType<typeof testCard>;

/** Somebody's card, or a copy of it. */
export interface HeldCard {
  readonly card: FieldCard;
  readonly id: string;
  isBusy: boolean;
}

/** Limits of every terminal here. */
const FLOOR = {
  perSale: sat(3_000),
  perCard: sat(5_000),
  perTerminal: sat(14_000),
  maxSales: 10,
  maxPackAgeSeconds: 2 * DAY,
};
export const LIMITS: LossLimits = {
  perCard: FLOOR.perCard,
  perTerminal: FLOOR.perTerminal,
  maxSales: FLOOR.maxSales,
};
/** The issuer's guarantee, in the runs that have one. */
export const GUARANTEE = { perCard: sat(4_000), total: sat(9_000) };

/** A field: an issuer, a merchant with a shop and three stalls, cards in people's hands. Everything in memory but the files. */
export class Field {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly counts: Record<string, number> = {};
  readonly isGuaranteed: boolean;
  readonly payer: PayerNode;
  readonly merchant: DeputyNode;
  readonly uplink: Line = { isCut: false };
  /** Payments find a way. */
  isRouted = true;
  readonly stalls: readonly Stall[];
  readonly cards: HeldCard[] = [];
  /** Serial number of the next event. */
  #event = 0;
  /** When each accepted sale ended, by stall and number. */
  readonly ends = new Map<string, number>();
  readonly desk = { paidIn: 0n, paidOut: 0n };
  readonly #folder: string;
  readonly #closing: (() => unknown)[] = [];
  readonly #keys = deputyKeys(
    MASTER,
    STALLS.map((_, i) => u32(i + 1)),
  );
  #issuer: { store: Store; reconciler: Reconciler } | undefined;
  #shop: Awaited<ReturnType<typeof shopOf>> | undefined;
  #files = 0;

  constructor(seed: number, time: VirtualTime, folder: string) {
    this.time = time;
    this.random = new SeededRandom(seed);
    this.isGuaranteed = seed % 2 === 0;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const network = new FakeNetwork({ route: (payment) => this.#route(payment) });
    this.payer = new PayerNode(network, sha256(utf8("issuer of the field")), this.now);
    this.merchant = new DeputyNode(
      network,
      sha256(utf8("merchant of the field")),
      this.now,
      this.#keys,
      join(folder, "paid.db"),
    );
    this.payer.meets(this.merchant);
    const payeeKey = sha256(utf8("deputy's payee"));
    network.nodes.set(bytesToHex(secp256k1.publicKey(payeeKey)), this.merchant);
    this.stalls = STALLS.map((name, i) => {
      const keyId = u32(i + 1);
      const hop = {
        nodeId: this.merchant.nodeId,
        shortChannelId: 1n,
        feeBase: 0,
        feeProportional: 0,
        cltvDelta: 40,
      };
      const profile: DeputyProfile = {
        ...{
          network: "bcrt",
          name,
          payeeKey,
          routeHints: [[hop]],
          keyId,
          minFinalCltv: 80,
          multiPart: false,
        },
        ...{ secretScheme: { type: "derived" }, terminalKey: deriveTerminalKey(MASTER, keyId), media: [] },
      };
      return new Stall({
        ...{ name, profile, limits: FLOOR, now: this.now, node: this.merchant, uplink: this.uplink },
        folder: join(folder, name),
        random: this.random,
        onEnd: (stall, number) => this.ends.set(`${stall}/${number}`, this.event()),
      });
    });
  }

  /** Unix milliseconds. */
  readonly now = (): number => START + Math.floor(this.time.now);

  event(): number {
    return this.#event++;
  }

  count(what: string, n = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + n;
  }

  get issuer() {
    if (!this.#issuer) throw new Error("the field is not open");
    return this.#issuer;
  }

  get shop() {
    if (!this.#shop) throw new Error("the field is not open");
    return this.#shop;
  }

  /** A file that somebody carries. */
  file(kind: string): string {
    return join(this.#folder, `${++this.#files}.${kind}`);
  }

  async open(): Promise<void> {
    const uri = `${this.payer.id}@127.0.0.1:9735`;
    for (let number = 1; number <= CARDS; number++) {
      const card = testCard({ nodeUri: uri, cardId: Uint8Array.of(0xca, 0xfe, 5, 0, ...u32(number)) });
      this.cards.push({ card, id: bytesToHex(card.record.cardId), isBusy: false });
    }
    await this.#openIssuer();
    await this.startShop();
    this.#closing.push(() => this.#shop?.close());
    for (const stall of this.stalls) {
      await stall.start();
      this.#closing.push(() => stall.close());
    }
  }

  /** The shop's program starts, in the place of one that runs; its files stay. */
  async startShop(): Promise<void> {
    this.#shop?.close();
    this.#shop = undefined;
    this.#shop = await shopOf(islandOf(this.merchant, this.uplink), this.#keys, {
      file: join(this.#folder, "forwarded.db"),
      now: this.now,
      answerTimeoutMs: 5_000,
    });
  }

  async #openIssuer(): Promise<void> {
    const { payer, now } = this;
    const { nodeId } = payer;
    const store = await openSqlite({ path: join(this.#folder, "ledger.db") });
    await bindStore(store, { network: "bcrt", nodeId });
    const [first] = this.cards;
    if (!first) throw new Error("no cards");
    const { sealKeys, issuerSecret } = first.card;
    const keys = {
      sealKey: sealKeys,
      signUpdate: async (_: Uint8Array, digest: Uint8Array) => secp256k1.sign(digest, issuerSecret),
    };
    const ports = issuerPorts({
      ...{ store, node: payer, network: "bcrt", nodeId, keys, clock: now },
      monotonic: () => this.time.now,
      randomBytes: (length) => this.random.bytes(length),
    });
    const config = {
      ...authorizerConfigSchema.parse({
        peerRate: { perSecond: 1e6, burst: 1e6 },
        cardRate: { perSecond: 1e6, burst: 1e6 },
        payTimeoutMs: 3_000,
        presentationAgeMs: 5 * 86_400_000,
      }),
      offline: offlineConfigSchema.parse({
        periodLimits: false,
        ...(this.isGuaranteed
          ? { guarantee: { perCard: `${GUARANTEE.perCard}msat`, total: `${GUARANTEE.total}msat` } }
          : {}),
      }),
    };
    for (const { card, id } of this.cards) {
      const { credit, ...limits } = FESTIVAL_LIMITS;
      const certificate = { offlineLimit: sat(10_000), validUntil: this.#certifiedUntil };
      const entry = {
        ...card.record,
        credit,
        limits,
        certificate,
        label: id,
        policy: parsePolicy({ minPerTransaction: "1msat" }),
      };
      await registerCard(store, entry, now());
      await activateCard(store, card.record.cardId);
      this.desk.paidIn += credit;
    }
    const authorizer = new Authorizer(ports, config);
    const reconciler = new Reconciler(ports, config, authorizer);
    const receiver = new PaymentReceiver(payer, authorizer, { now, monotonic: ports.monotonic });
    const keySet = {
      id: first.card.record.keySetId,
      label: "cards",
      issuerPublicKey: secp256k1.publicKey(issuerSecret),
    };
    this.#makePack = async (stall) =>
      (
        await makePack(
          {
            store,
            keys: { ...keys, keySets: () => [keySet] },
            config: { offline: config.offline, authorizer: config, network: "bcrt" },
          },
          {
            ...{
              terminal: stall.key,
              label: stall.name,
              name: "Field",
              nodes: [parseNodeUri(`${payer.id}@127.0.0.1:9735`)],
            },
            payee: secp256k1.publicKey(stall.ground.profile.payeeKey),
          },
          now(),
        )
      ).file;
    this.#issuer = { store, reconciler };
    this.#closing.push(async () => {
      await receiver.close();
      await authorizer.close();
      await store.close();
    });
  }

  #makePack: (stall: Stall) => Promise<Uint8Array> = () => Promise.reject(new Error("no issuer"));

  readonly #certifiedUntil = START / 1000 + 60 * DAY;

  /** The issuer makes a pack for a stall, into a file. */
  async packFor(stall: Stall): Promise<string> {
    const file = this.file("pack");
    writeDurableFile(file, await this.#makePack(stall));
    return file;
  }

  /** The shop writes what became of a stall's sales. */
  writeResults(head: ListHead, stall: Stall): string {
    const file = this.file("results");
    const made = { ...head, madeAt: Math.floor(this.now() / 1000) };
    writeDurableFile(
      file,
      writeResults(made, this.shop.forwarded.results(head), stall.ground.profile.terminalKey),
    );
    return file;
  }

  /** The card with the certificate that it was given. */
  readerOf({ card }: HeldCard) {
    return certified(card, () => sealedCertificate(card, { validUntil: this.#certifiedUntil }));
  }

  /** Somebody copies a chip, with everything that it holds now. */
  clone(original: HeldCard): void {
    const reader = new SimulatedReader();
    reader.insert(makeCard({ image: original.card.card.image() }));
    this.cards.push({ ...original, card: { ...original.card, reader }, isBusy: false });
  }

  async close(): Promise<void> {
    for (const end of this.#closing.splice(0).reverse()) await end();
    await this.merchant.close();
    await this.payer.close();
  }

  async #route(payment: Routed) {
    if (!this.isRouted) return { state: "failed", reason: "no route" } as const;
    await this.time.sleep(10 + this.random.below(2_000));
    // Some stay on the way for hours, until the merchant's node is there to take them.
    while (this.uplink.isCut) await this.time.sleep(60_000);
    const preimage = payment.arrive();
    if (!preimage) return { state: "failed", reason: "refused by the payee" } as const;
    return { state: "settled", preimage, fee: sat(0) } as const;
  }
}
