import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Msat, msat, sat, secp256k1 } from "../../common/index.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import type { OfflineOptions } from "../../issuer/authorizer/offline-config.js";
import { blockCard, cashOutCard, unblockCard } from "../../issuer/ledger/index.js";
import { recordPack } from "../../issuer/ledger/packs.js";
import { REASON } from "../../lightning/api/reasons.js";
import {
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { deputyDecision, type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { DenyList } from "../../offline/deny-list.js";
import type { AcceptancePack, FloorLimits } from "../../offline/pack.js";
import { BundleError } from "../../offline/sealed-list.js";
import { PIN, testCard } from "../../testing/cards/test-card.js";
import { type TestCard, testIssuer } from "../../testing/issuer/desk.js";
import { packRow } from "../../testing/issuer/offline.js";
import { uriOf } from "../../testing/merchant.js";
import { packOf } from "../../testing/offline/certified-card.js";
import { certified, cuttable, shopOf, stall } from "../../testing/offline/stall.js";
import { cloneOf } from "./town.js";

const MASTER = new Uint8Array(32).fill(0x4e);
const KEY_IDS = [1, 2].map((number) => Uint8Array.of(0, 0, 0, number));
const KEYS = deputyKeys(MASTER, KEY_IDS);
const DAY = 86_400;
const seconds = () => Math.floor(Date.now() / 1000);

let network: LittleNetwork;
let profiles: readonly DeputyProfile[];
let cards = 0;
beforeAll(async () => {
  const recipient = new DeputyRecipient({ recompute: recomputeModern(KEYS) });
  network = await startLittleNetwork({ merchant: { deputy: deputyDecision(recipient) } });
  profiles = KEY_IDS.map((keyId) =>
    network.merchant.deputyProfile({ name: "field", keyId, terminalKey: deriveTerminalKey(MASTER, keyId) }),
  );
});
afterAll(() => network.close());

interface FieldOptions {
  readonly node?: LightningNode;
  readonly offline?: OfflineOptions;
  readonly pack?: Partial<AcceptancePack>;
}

/** An issuer with one card, and any number of stalls of one merchant that have its pack and no connection at all. */
async function field({ node = network.payer, offline = {}, pack = {} }: FieldOptions = {}) {
  const nodeUri = await uriOf(network.payer);
  const card = testCard({ nodeUri, cardId: Uint8Array.of(0xca, 0xfe, 2, 0, 0, 0, 0, ++cards) });
  const issuer = await testIssuer(node, [{ card }], { offline });
  const packs = [packOf(card, seconds() - 60, { nodes: [parseNodeUri(nodeUri)], ...pack })];
  // All terminals of the merchant have one deputy.
  const payee = Buffer.from(secp256k1.publicKey((profiles[0] as DeputyProfile).payeeKey));
  const made = BigInt(Date.now());
  const valid = { made_at: made, valid_until: made + BigInt(DAY * 1000) };
  expect(await recordPack(issuer.store, packRow({ payee, ...valid }))).toBe(true);
  const clock = { aheadMs: 0 };
  const shop = await shopOf(network.merchant, KEYS, {
    now: () => Date.now() + clock.aheadMs,
    answerTimeoutMs: 3_000,
  });
  const closing: (() => unknown)[] = [() => issuer.close(), () => shop.close()];
  const line = { isCut: true };
  return {
    ...{ card, issuer, shop, packs },
    /** A stall at which this card lies. @param terminal which deputy it is, 0 or 1 */
    async stall(terminal: 0 | 1, at: TestCard, limits: Partial<FloorLimits> = {}, now = Date.now) {
      const profile = profiles[terminal];
      if (!profile) throw new Error("no such terminal");
      const merchant = cuttable(network.merchant, line);
      const there = await stall({ node: merchant, reader: certified(at), packs, profile, limits, now });
      closing.push(() => there.close());
      return { ...there, carry: () => there.bundle(profile) };
    },
    /** The bundle is carried to the shop. @returns what became of each sale that was due */
    async carry(bundle: Uint8Array) {
      shop.take(bundle);
      await shop.forwarder.round();
      // Whatever is open is due again.
      clock.aheadMs += 3_600_000;
      return shop.forwarded.results(shop.take(bundle).head);
    },
    async [Symbol.asyncDispose]() {
      const violations = await issuer.violations();
      for (const close of closing.reverse()) await close();
      expect(violations).toEqual([]);
    },
  };
}

type Stall = Awaited<ReturnType<Awaited<ReturnType<typeof field>>["stall"]>>;

/** Tries to buy for this amount. @returns "accepted", or the sentence that the customer hears */
async function buy({ terminal }: Pick<Stall, "terminal">, amount: Msat): Promise<string> {
  const giveUp = new AbortController();
  let sentence = "";
  const display = {
    askPin: async () => PIN,
    onNotice: (notice: string) => {
      sentence = notice;
      giveUp.abort();
    },
  };
  const sale = await terminal.charge({ amount, description: "beer" }, display, giveUp.signal);
  return sale.state === "accepted" ? "accepted" : sentence;
}

const REFUSAL = SENTENCES.offline.refusal;

describe("a card at a stall, both without a connection", () => {
  it("cloned in its chip, buys at every stall up to the limits there and is paid for at one", async () => {
    await using at = await field();
    const limits = { perCard: sat(6_000) };
    const one = await at.stall(0, at.card, limits);
    const other = await at.stall(1, cloneOf(at.card), limits);
    expect(await buy(one, sat(5_000))).toBe("accepted");
    expect(await buy(other, sat(4_000))).toBe("accepted");
    expect(await buy(other, sat(4_000))).toContain(REFUSAL["above-card-limit"]);
    expect(await at.carry(one.carry())).toMatchObject([{ state: "paid", received: sat(5_000) }]);
    expect(await at.carry(other.carry())).toMatchObject([
      { state: "refused", reason: REASON.CARD_CONTRADICTS },
    ]);
    expect(await at.issuer.account(at.card)).toMatchObject({ state: "blocked", spent: sat(5_000) });
  });

  it("cloned in its chip, is denied for good at the stall where both copies come", async () => {
    await using at = await field();
    const clone = cloneOf(at.card);
    const lying = { reader: certified(at.card) };
    const reader = {
      name: "counter",
      waitForCard: (signal: AbortSignal) => lying.reader.waitForCard(signal),
      waitForRemoval: (signal: AbortSignal) => lying.reader.waitForRemoval(signal),
    };
    const there = await stall({
      node: cuttable(network.merchant, { isCut: true }),
      ...{ reader, packs: at.packs },
      profile: profiles[0] as DeputyProfile,
    });
    expect(await buy(there, sat(2_000))).toBe("accepted");
    lying.reader = certified(clone);
    expect(await buy(there, sat(1_000))).toContain(REFUSAL["card-contradicts"]);
    lying.reader = certified(at.card);
    expect(await buy(there, sat(1_000))).toContain(REFUSAL["card-contradicts"]);
    expect(there.store.accepted.open()).toEqual({ sales: 1, total: sat(2_000) });
    there.close();
  });

  it("paid out after the pack was made, buys up to the limit for a card and is refused when it is forwarded", async () => {
    await using at = await field();
    const there = await at.stall(0, at.card, { perCard: sat(3_000) });
    await cashOutCard(at.issuer.store, at.card.record.cardId, "", Date.now());
    expect(await buy(there, sat(3_000))).toBe("accepted");
    expect(await buy(there, sat(1))).toContain(REFUSAL["above-card-limit"]);
    const bundle = there.carry();
    // A card that was paid out is on hold; put into use again without money, it is refused for good.
    expect(await at.carry(bundle)).toMatchObject([{ state: "open" }]);
    await unblockCard(at.issuer.store, at.card.record.cardId, Date.now());
    expect(await at.carry(bundle)).toMatchObject([{ state: "refused", reason: REASON.NOT_FUNDED }]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: 0n, owed: 0n });
  });

  it("paid out after the pack was made, is paid by an issuer that guarantees it, and owes that", async () => {
    await using at = await field({ offline: { guarantee: { perCard: "5000sat", total: "8000sat" } } });
    await at.issuer.store.db
      .updateTable("cards")
      .set({ offline_limit: sat(10_000), certified_until: BigInt(Date.now() + DAY * 1000) })
      .execute();
    const there = await at.stall(0, at.card);
    await cashOutCard(at.issuer.store, at.card.record.cardId, "", Date.now());
    expect(await buy(there, sat(3_000))).toBe("accepted");
    expect(await at.carry(there.carry())).toMatchObject([{ state: "paid", received: sat(3_000) }]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(3_000), owed: sat(3_000) });
  });

  it("reported lost after the pack was made, buys until the pack is too old or a newer one denies it", async () => {
    await using at = await field();
    await blockCard(at.issuer.store, at.card.record.cardId, Date.now());
    let now = Date.now();
    const there = await at.stall(0, at.card, { maxPackAgeSeconds: DAY }, () => now);
    expect(await buy(there, sat(1_000))).toBe("accepted");
    const newer = { ...(at.packs[0] as AcceptancePack), sequence: 8n };
    at.packs[0] = { ...newer, denied: DenyList.of([at.card.record.cardId]) };
    expect(await buy(there, sat(1_000))).toContain(REFUSAL["card-denied"]);
    at.packs[0] = newer;
    now += DAY * 1000;
    expect(await buy(there, sat(1_000))).toContain(REFUSAL["pack-too-old"]);
    expect(there.store.accepted.open()).toEqual({ sales: 1, total: sat(1_000) });
  });
});

describe("a terminal without a connection", () => {
  it("lost with what it has not forwarded, loses no more than its limit, and nothing that was carried before", async () => {
    await using at = await field();
    const there = await at.stall(0, at.card, { perTerminal: sat(4_000) });
    expect(await buy(there, sat(1_500))).toBe("accepted");
    const carried = there.carry();
    expect(await buy(there, sat(2_500))).toBe("accepted");
    expect(await buy(there, sat(1))).toContain(REFUSAL["above-terminal-limit"]);
    expect(there.store.accepted.open()).toEqual({ sales: 2, total: sat(4_000) });
    there.close();
    expect(await at.carry(carried)).toMatchObject([{ state: "paid", received: sat(1_500) }]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(1_500) });
  });

  it("whose issuer has no route when its sales are forwarded, is paid when it has one", async () => {
    const route = { isCut: true };
    const node = network.payer;
    const poor = new Proxy(node, {
      get: (target, name) => {
        if (name === "pay" && route.isCut) return async () => ({ state: "failed", reason: "no route" });
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await using at = await field({ node: poor });
    const there = await at.stall(0, at.card);
    expect(await buy(there, sat(2_000))).toBe("accepted");
    expect(await at.carry(there.carry())).toMatchObject([{ state: "open" }]);
    route.isCut = false;
    await at.issuer.reconciler.run();
    expect(await at.carry(there.carry())).toMatchObject([{ state: "paid", received: sat(2_000) }]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(2_000) });
  });

  it("stolen, sells nothing more that is paid once its deputy key is revoked", async () => {
    await using at = await field();
    const there = await at.stall(0, at.card);
    expect(await buy(there, sat(1_000))).toBe("accepted");
    const shop = await shopOf(network.merchant, deputyKeys(MASTER, KEY_IDS.slice(1)));
    expect(() => shop.take(there.carry())).toThrow(BundleError);
    shop.close();
  });

  it("whose clock is set back to use an old pack, refuses it before the day that it was made", async () => {
    await using at = await field();
    const there = await at.stall(0, at.card, {}, () => Date.now() - DAY * 1000);
    expect(await buy(there, sat(1_000))).toContain(REFUSAL["clock-behind-pack"]);
    expect(there.store.accepted.open()).toEqual({ sales: 0, total: msat(0n) });
  });
});
