import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import type { SaleDisplay } from "../../host/index.js";
import { blockCard } from "../../issuer/ledger/index.js";
import { REASON } from "../../lightning/api/index.js";
import {
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { deputyDecision, type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { DenyList } from "../../offline/deny-list.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { BundleError } from "../../offline/sealed-list.js";
import { PIN, testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { uriOf } from "../../testing/merchant.js";
import { type CertificateTerms, certificateBody, packOf } from "../../testing/offline/certified-card.js";
import { cuttable, islandOf, type StallOptions, shopOf, stall } from "../../testing/offline/stall.js";

const MASTER = new Uint8Array(32).fill(0x4d);
const KEY_ID = Uint8Array.of(0, 0, 0, 7);
const KEYS = deputyKeys(MASTER, [KEY_ID]);
const seconds = () => Math.floor(Date.now() / 1000);

let network: LittleNetwork;
let profile: DeputyProfile;
let cards = 0;
beforeAll(async () => {
  const recipient = new DeputyRecipient({ recompute: recomputeModern(KEYS) });
  network = await startLittleNetwork({ merchant: { deputy: deputyDecision(recipient) } });
  profile = network.merchant.deputyProfile({
    name: "field",
    keyId: KEY_ID,
    terminalKey: deriveTerminalKey(MASTER, KEY_ID),
  });
});
afterAll(() => network.close());

/** An issuer at the payer's node with a certified card, and a stall that has its pack. */
async function field(
  options: Partial<StallOptions> & {
    readonly pack?: Partial<AcceptancePack>;
    /** `none`: the card has no certificate. */
    readonly certificate?: Partial<CertificateTerms> | "none";
    readonly at?: "field" | "island";
  } = {},
) {
  const uri = await uriOf(network.payer);
  const { certificate = {} } = options;
  const card = testCard({
    nodeUri: uri,
    cardId: Uint8Array.of(0xca, 0xfe, 1, 0, 0, 0, 0, ++cards),
    ...(certificate === "none"
      ? {}
      : { certificate: (of) => certificateBody(of, { validUntil: seconds() + 86_400, ...certificate }) }),
  });
  const issuer = await testIssuer(network.payer, [{ card }], { maxExpirySeconds: 604_800 });
  const line = { isCut: true };
  const pack = packOf(card, seconds() - 60, { nodes: [parseNodeUri(uri)], ...options.pack });
  const there = await stall({
    node: (options.at === "island" ? islandOf : cuttable)(network.merchant, line),
    reader: card.reader,
    packs: [pack],
    profile,
    ...options,
  });
  const notices: string[] = [];
  const display: SaleDisplay = {
    onNotice: (sentence) => void notices.push(sentence),
    askPin: async () => PIN,
  };
  return {
    ...there,
    card,
    issuer,
    line,
    notices,
    display,
    async close() {
      there.close();
      await issuer.close();
    },
  };
}

const beer = { amount: sat(2_500), description: "beer" };

/** Refused at the tap, then given up. */
async function refusal(at: Awaited<ReturnType<typeof field>>, amount = beer.amount): Promise<string> {
  const giveUp = new AbortController();
  const onNotice = (sentence: string) => {
    at.notices.push(sentence);
    giveUp.abort();
  };
  const sale = await at.terminal.charge({ ...beer, amount }, { ...at.display, onNotice }, giveUp.signal);
  expect(sale).toMatchObject({ state: "cancelled", acceptedAt: undefined });
  return at.notices.at(-1) ?? "";
}

describe("a sale without node and network", () => {
  it("is accepted, durably, for a deputy's invoice that lives for the forwarding window", async () => {
    const at = await field();
    const sale = await at.terminal.charge(beer, at.display);
    expect(sale).toMatchObject({ state: "accepted", invoiceOf: "deputy", received: undefined });
    expect(sale.invoiceUntil - seconds()).toBeGreaterThan(3 * 86_400 - 60);
    expect(at.store.accepted.open()).toEqual({ sales: 1, total: sat(2_500) });
    expect(at.outages.ownNode).toBe(true);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: msat(0n) });
    await at.close();
  });

  it("is paid when its bundle is carried to the shop, once, however often that happens", async () => {
    const at = await field();
    const shop = await shopOf(network.merchant, KEYS);
    const first = await at.terminal.charge(beer, at.display);
    const early = at.bundle(profile);
    const second = await at.terminal.charge({ ...beer, amount: sat(6_000) }, at.display);
    expect(second).toMatchObject({ state: "accepted" });
    const late = at.bundle(profile);
    expect(shop.take(late)).toMatchObject({ sales: 2, known: 0 });
    expect(await shop.forwarder.round()).toEqual(["paid", "paid"]);
    expect(shop.take(early)).toMatchObject({ sales: 1, known: 1 });
    expect(shop.take(late)).toMatchObject({ sales: 2, known: 2 });
    expect(await shop.forwarder.round()).toEqual([]);
    expect(shop.forwarded.results(shop.take(late).head)).toMatchObject([
      { state: "paid", received: sat(2_500), paymentHash: first.paymentHash },
      { state: "paid", received: sat(6_000) },
    ]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(8_500) });
    expect(await at.issuer.violations()).toEqual([]);
    shop.close();
    await at.close();
  });

  it("is paid once when two shops' people carry it at the same time to the same node", async () => {
    const at = await field();
    await at.terminal.charge(beer, at.display);
    const shops = [await shopOf(network.merchant, KEYS), await shopOf(network.merchant, KEYS)];
    for (const shop of shops) shop.take(at.bundle(profile));
    for (let round = 0; round < 20 && shops.some((shop) => shop.forwarded.nextDue() !== undefined); round++) {
      for (const shop of shops) shop.take(at.bundle(profile));
      await Promise.all(shops.map((shop) => shop.forwarder.round()));
    }
    for (const shop of shops)
      expect(shop.forwarded.results(shop.take(at.bundle(profile)).head)).toMatchObject([{ state: "paid" }]);
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(2_500) });
    for (const shop of shops) shop.close();
    await at.close();
  });

  it("is refused with the issuer's reason when the issuer will not pay it", async () => {
    const at = await field();
    const shop = await shopOf(network.merchant, KEYS);
    await at.terminal.charge(beer, at.display);
    await blockCard(at.issuer.store, at.card.record.cardId, Date.now());
    shop.take(at.bundle(profile));
    // On hold is not for good: the sale stays open.
    expect(await shop.forwarder.round()).toEqual(["open"]);
    expect(shop.forwarded.results(shop.take(at.bundle(profile)).head)).toMatchObject([{ state: "open" }]);
    shop.close();
    await at.close();
  });

  it("is not of a terminal that was revoked", async () => {
    const at = await field();
    await at.terminal.charge(beer, at.display);
    const shop = await shopOf(network.merchant, deputyKeys(MASTER, []));
    expect(() => shop.take(at.bundle(profile))).toThrow(BundleError);
    shop.close();
    await at.close();
  });
});

describe("a card that may not pay offline is charged nothing", () => {
  it.each<[string, Parameters<typeof field>[0], keyof typeof SENTENCES.offline.refusal]>([
    ["without a certificate", { certificate: "none" }, "no-certificate"],
    ["above the terminal's limit for one sale", { limits: { perSale: sat(2_000) } }, "above-sale-limit"],
    ["at a terminal that holds as many sales as it may", { limits: { maxSales: 0 } }, "too-many-sales"],
    ["with a pack that is too old", { limits: { maxPackAgeSeconds: 59 } }, "pack-too-old"],
    ["of another issuer", { pack: { keySets: [] } }, "unknown-key-set"],
  ])("%s", async (_, options, code) => {
    const at = await field(options);
    expect(await refusal(at)).toContain(SENTENCES.offline.refusal[code]);
    await at.close();
  });

  it("that the pack denies", async () => {
    const denied = DenyList.of([Uint8Array.of(0xca, 0xfe, 1, 0, 0, 0, 0, cards + 1)]);
    const at = await field({ pack: { denied } });
    expect(await refusal(at)).toContain(SENTENCES.offline.refusal["card-denied"]);
    await at.close();
  });

  it("that has signed here what contradicts, whatever it would sign next", async () => {
    const at = await field();
    const signed = (counter: number) => ({
      ...{ cardId: at.card.record.cardId, keySetId: at.card.record.keySetId, counter, pinVerified: false },
      ...{ amount: sat(100), total: sat(1_000_000) },
    });
    const acceptance = {
      token: new Uint8Array(149),
      nodeUri: `02${"ab".repeat(32)}@192.0.2.1:9735`,
      issuer: new Uint8Array(33),
      acceptedAt: 0,
    };
    const accept = (first: number) => {
      const paymentHash = new Uint8Array(32).fill(first);
      const times = { createdAt: seconds(), expiresAt: seconds() + 600 };
      const invoice = `lnbcrt${first}`;
      const of = { amount: sat(100), description: "beer", fiat: undefined, invoice, paymentHash, ...times };
      return at.store.accepted.accept(at.store.create(of).number, signed(100), acceptance);
    };
    accept(1);
    expect(() => accept(2)).toThrow(expect.objectContaining({ code: "card-contradicts" }));
    expect(await refusal(at)).toContain(SENTENCES.offline.refusal["card-contradicts"]);
    await at.close();
  });

  it("whose certificate has ended", async () => {
    const at = await field({ certificate: { validUntil: seconds() - 1 } });
    expect(await refusal(at)).toContain(SENTENCES.offline.refusal["certificate-expired"]);
    await at.close();
  });
});

describe("a terminal at its own node whose connection fails", () => {
  it("goes on offline with the same token in mid-sale, and is paid when the connection is back", async () => {
    const at = await field({ at: "island" });
    const sale = await at.terminal.charge(beer, at.display);
    expect(sale).toMatchObject({ state: "accepted", invoiceOf: "node" });
    expect(at.notices).toContain(SENTENCES.offline.wentOffline);
    expect(at.outages.payers()).toHaveLength(1);
    // The next sale knows it, and has one of the deputy, whom the pack names, for the whole window.
    const next = await at.terminal.charge(beer, at.display);
    expect(next.invoiceUntil - sale.invoiceUntil).toBeGreaterThan(86_400);
    expect(next.invoiceOf).toBe("deputy");
    at.line.isCut = false;
    at.store.accepted.dueNow(seconds());
    expect(await at.forwarder.round()).toEqual(["paid", "paid"]);
    expect(at.store.get(sale.number)).toMatchObject({ state: "paid", received: sat(2_500) });
    expect(at.store.accepted.open()).toEqual({ sales: 0, total: msat(0n) });
    expect(await at.issuer.account(at.card)).toMatchObject({ spent: sat(5_000) });
    await at.close();
  });

  it("sells as ever while it has one, with an invoice that could be forwarded for a day", async () => {
    const at = await field({ at: "island" });
    at.line.isCut = false;
    const sale = await at.terminal.charge(beer, at.display);
    expect(sale).toMatchObject({ state: "paid", acceptedAt: undefined });
    expect(sale.invoiceUntil - sale.createdAt).toBe(86_400);
    await at.close();
  });

  it("says refused, with the reason, when the issuer retired the card meanwhile", async () => {
    const at = await field({ at: "island", pack: { forwardingWindow: 604_800 } });
    at.outages.setPayer(parseNodeUri(await uriOf(network.payer)), true);
    const sale = await at.terminal.charge(beer, at.display);
    // The issuer takes no invoice that lives for longer than it says.
    await at.issuer.close();
    const strict = await testIssuer(network.payer, [{ card: at.card }], { maxExpirySeconds: 86_400 });
    at.line.isCut = false;
    expect(await at.forwarder.round()).toEqual(["refused"]);
    expect(at.store.get(sale.number)).toMatchObject({
      state: "refused",
      reasonCode: REASON.INVOICE_EXPIRES_LATE,
    });
    await strict.close();
    at.close().catch(() => undefined);
  });
});
