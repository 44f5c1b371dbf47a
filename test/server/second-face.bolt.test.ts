import { afterAll, describe, expect, it } from "vitest";
import { ledgerRegistry } from "../../cli/card-registry.js";
import { ledgerFaces } from "../../cli/face-registry.js";
import { bytesToHex, type Msat, sat } from "../../common/index.js";
import { readTag } from "../../host/bolt-card/read-tag.js";
import { tap } from "../../host/tap.js";
import { boltCardsConfigSchema } from "../../issuer/bolt-cards/config.js";
import { READ_PATH } from "../../issuer/bolt-cards/programming.js";
import { SAID } from "../../issuer/bolt-cards/sentences.js";
import { blockCard, placeOrder, showCard } from "../../issuer/ledger/index.js";
import { showSunCard } from "../../issuer/ledger/sun-cards.js";
import { type BatchContext, personalizeOne } from "../../personalize/index.js";
import { serveBoltCards } from "../../server/bolt-cards/serve.js";
import { connectCard, type SimulatedCard } from "../../simulator/index.js";
import { askOffer, handIn } from "../../testing/cards/lnurl-client.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, NODE_ID, startService } from "../../testing/issuer/service.js";
import {
  factoryCard,
  keys,
  newBatch,
  readerWith,
  tearing,
  torn,
  WITHOUT_PIN,
} from "../personalize/fixture.js";

const bench = new Bench();
afterAll(() => bench.close());

const PROFILE = {
  ...WITHOUT_PIN,
  "node-uri": `${bytesToHex(NODE_ID)}@node.example:9735`,
  "bolt-card": { address: `https://cards.example${READ_PATH}`, limit: "10000sat" },
};
const NO_RATE = { perSecond: 1e6, burst: 1e6 };

/** An issuer that serves Bolt Cards, and a batch whose registry is its ledger. */
async function served() {
  const service = await startService(bench, "sqlite");
  const batchKeys = await bench.keys();
  const cards = await BoltCards.open(service, batchKeys);
  const address = "https://cards.example";
  const config = boltCardsConfigSchema.parse({ address, rate: NO_RATE, addressRate: NO_RATE });
  const faults: string[] = [];
  const server = await serveBoltCards(
    { host: "127.0.0.1", port: 0, names: [] },
    {
      desk: cards.desk,
      config,
      program: async () => undefined,
      wipe: async () => "",
      onFault: (what) => void faults.push(what),
    },
  );
  const { store, clock } = service;
  const newFaceBatch = (): BatchContext => ({
    ...newBatch(PROFILE),
    keys,
    registry: ledgerRegistry(store, clock.read),
    faces: ledgerFaces(store, batchKeys, undefined, clock.read),
  });
  return {
    service,
    newFaceBatch,
    faults,
    reach: (url: URL): URL => new URL(`${url.pathname}${url.search}`, server.url),
    async close() {
      await server.close();
      await service.close();
    },
  };
}

/** What a till of Bolt Cards finds on a card that lies on it. */
async function addressOn(card: SimulatedCard): Promise<string> {
  const connection = connectCard(card);
  try {
    return (await readTag(connection)) ?? "";
  } finally {
    await connection.close();
  }
}

describe("a till that knows LUD-03 and LUD-17 alone", () => {
  it("is paid by the second face of a chequecard, from an account of its own", async () => {
    const { service, newFaceBatch, reach, faults, close } = await served();
    const { store, clock } = service;
    const card = factoryCard({ boltCard: true });
    const { cardId, face = new Uint8Array(8) } = await personalizeOne(readerWith(card), newFaceBatch());
    expect(await showSunCard(store.db, face)).toMatchObject({ counter: 1n, live: 1n });
    expect(await showCard(store.db, face)).toMatchObject({ state: "active", label: "Bolt Card of 0001" });
    // Nothing is there before the desk has moved something.
    await expect(askOffer(await addressOn(card), reach)).rejects.toThrow(SAID.empty);
    await placeOrder(store, "m", { kind: "move", cardId, to: face, amount: sat(4000) }, clock.now);
    const offer = await askOffer(await addressOn(card), reach);
    expect(offer.maxWithdrawable).toBe(4_000_000);
    await handIn(offer, service.invoice(1, sat(1500)), reach);
    await expect.poll(async () => (await showCard(store.db, face)).spent).toBe(sat(1500));
    // The card's own account has what was not moved, and a lost card pays nowhere.
    expect((await showCard(store.db, cardId)).funded).toBe(sat(46_000));
    await blockCard(store, cardId, clock.now);
    await expect(askOffer(await addressOn(card), reach)).rejects.toThrow(SAID.blocked);
    expect(await service.violations()).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  it("is not paid for the reading with which the card was verified, and each reading counts once", async () => {
    const { service, newFaceBatch, reach, close } = await served();
    const { store, clock } = service;
    const card = factoryCard({ boltCard: true });
    const { cardId, face = new Uint8Array(8) } = await personalizeOne(readerWith(card), newFaceBatch());
    await placeOrder(store, "m", { kind: "move", cardId, to: face, amount: sat(10) }, clock.now);
    const { reading } = await showSunCard(store.db, face);
    const [p, c] = [reading?.subarray(0, 16), reading?.subarray(16)].map((bytes) => bytes?.toString("hex"));
    const first = `lnurlw://cards.example${READ_PATH}?p=${p}&c=${c}`;
    await expect(askOffer(first, reach)).rejects.toThrow(SAID.repeat);
    const address = await addressOn(card);
    await askOffer(address, reach);
    await expect(askOffer(address, reach)).rejects.toThrow(SAID.repeat);
    expect(await service.violations()).toEqual([]);
    await close();
  });

  it("finds a card that was torn in its personalization as one that was not", async () => {
    const { service, newFaceBatch, reach, close } = await served();
    const { store, clock } = service;
    for (let nth = 13; nth <= 23; nth += 2) {
      const card = factoryCard({ boltCard: true });
      const batch = newFaceBatch();
      expect(await torn(personalizeOne(tearing(card, nth, "after-command"), batch))).toBe(true);
      const { cardId, face = new Uint8Array(8) } = await personalizeOne(readerWith(card), batch);
      const order = { kind: "move", cardId, to: face, amount: sat(100) } as const;
      await placeOrder(store, `m${nth}`, order, clock.now);
      expect((await askOffer(await addressOn(card), reach)).maxWithdrawable).toBe(100_000);
    }
    const faces = await store.db.selectFrom("sun_cards").select("card").execute();
    expect(faces).toHaveLength(6);
    expect(await service.violations()).toEqual([]);
    await close();
  });
});

describe("a terminal of ours", () => {
  it("takes the card application of a card that has both faces: its second face is not read", async () => {
    const { newFaceBatch, close } = await served();
    const card = factoryCard({ boltCard: true });
    await personalizeOne(readerWith(card), newFaceBatch());
    const counter = () => bytesToHex(card.image().cells["bolt-card/counter"] ?? new Uint8Array(0));
    const before = counter();
    const request = { amount: 1_000n as Msat, invoiceHash: new Uint8Array(32).fill(7) };
    const token = await tap(readerWith(card), request, async (_card, bytes) => bytes, {
      signal: new AbortController().signal,
      useTag: async () => {
        throw new Error("the second face was read");
      },
    });
    expect(token).toHaveLength(149);
    expect(counter()).toBe(before);
    await close();
  });
});
