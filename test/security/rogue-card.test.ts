import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, type Msat, msat, sat, secp256k1, u64 } from "../../common/index.js";
import { dial } from "../../lightning/api/dial.js";
import { REASON } from "../../lightning/api/reasons.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { type CardLimits, createCardFile, makeCard, openCardFile } from "../../simulator/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { newFolder } from "../../testing/hooks.js";
import type { TestCard } from "../../testing/issuer/desk.js";
import { initiate } from "../../testing/issuer/replies.js";
import { Bench, request } from "../../testing/issuer/service.js";
import { testMerchant } from "../../testing/merchant.js";
import { FakeNetwork } from "../../testing/nodes/fake-node.js";
import { cloneOf, forgedToken, insideCard, onOwnReader, openTown, WITHOUT_PIN_LIMITS } from "./town.js";

const bench = new Bench();
const folder = newFolder();
afterAll(async () => {
  await bench.close();
});

const ACCEPTED = { outcome: "accepted" };
const rejected = (reason: number) => ({ outcome: "rejected", reason });

/** The card with other bytes in one of its cells: what somebody makes who can write a chip's memory. */
function tamper(card: TestCard, name: string, bytes: Uint8Array): TestCard {
  const { cells, journal } = card.card.image();
  return onOwnReader(
    card,
    makeCard({ image: { cells: { ...cells, [`card-application/${name}`]: bytes }, journal } }),
  );
}

describe("a rogue card", () => {
  it("set back to an earlier copy of its memory pays again with nothing: it is blocked, the proof kept", async () => {
    await using town = await openTown(bench);
    const issued = await town.issue();
    const path = join(folder, "rolled-back.json");
    createCardFile(path, issued.card);
    const before = readFileSync(path);
    const first = openCardFile(path);
    expect(await town.pay(onOwnReader(issued, first.card), town.sale(sat(4000)))).toEqual(ACCEPTED);
    first.close();
    writeFileSync(path, before);
    const restored = openCardFile(path);
    const again = onOwnReader(issued, restored.card);
    expect(insideCard(again).available).toBe(sat(20_000));
    const outcome = await town.pay(again, town.sale(sat(4000)));
    expect(outcome).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    // The answer blocks the card as soon as a terminal hands it over.
    await town.update(again, outcome.cardUpdate as Uint8Array);
    await expect(town.pay(again, town.sale(sat(1)))).rejects.toMatchObject({ sw: 0x9c04 });
    restored.close();
    expect(town.paidOut()).toBe(sat(4000));
    expect(await town.account(issued)).toMatchObject({ state: "blocked", spent: sat(4000) });
    expect(await town.service.store.db.selectFrom("evidence").selectAll().execute()).toHaveLength(1);
  });

  it("set back again and again between payments that are never presented has nothing paid twice", async () => {
    await using town = await openTown(bench);
    const issued = await town.issue({ limits: WITHOUT_PIN_LIMITS });
    const image = issued.card.image();
    const taps = [];
    for (let i = 0; i < 6; i++) {
      const card = onOwnReader(issued, makeCard({ image }));
      const sale = town.sale(sat(20_000));
      taps.push({ sale, token: await town.tap(card, sale) });
    }
    const answers = [];
    for (const { token, sale } of taps) answers.push((await town.present(token, sale)).outcome);
    expect(answers).toEqual(["accepted", ...Array(5).fill("rejected")]);
    expect(town.paidOut()).toBe(sat(20_000));
  });

  it("cloned: the first counter that two cards share blocks both, and what is left is the holder's", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    expect(await town.pay(card, town.sale(sat(1000)))).toEqual(ACCEPTED);
    const clone = cloneOf(card);
    expect(await town.pay(clone, town.sale(sat(2000)))).toEqual(ACCEPTED);
    expect(await town.pay(card, town.sale(sat(500)))).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    for (const either of [card, clone])
      expect(await town.pay(either, town.sale(sat(1)))).toMatchObject({ outcome: "rejected" });
    expect(town.paidOut()).toBe(sat(3000));
    expect(await town.account(card)).toMatchObject({
      state: "blocked",
      funded: sat(20_000),
      spent: sat(3000),
    });
  });

  it("cloned with counters far ahead: at most what was paid in, whatever it signs", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: { ...WITHOUT_PIN_LIMITS, maxTransactions: 0xffffffff } });
    const far = town.sale(sat(15_000));
    const token = forgedToken(card, far, { counter: 4_000_000, authorizedTotal: sat(20_000) });
    expect(await town.present(token, far)).toEqual(ACCEPTED);
    // One more of the clone, above the credit that was ever signed, and one of the real card.
    const more = town.sale(sat(5001));
    const above = forgedToken(card, more, { counter: 4_000_001, authorizedTotal: sat(25_001) });
    expect(await town.present(above, more)).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    expect(await town.pay(card, town.sale(sat(5000)))).toMatchObject({ outcome: "rejected" });
    expect(town.paidOut()).toBe(sat(15_000));
    expect((await town.account(card)).spent).toBeLessThanOrEqual(sat(20_000));
  });

  it("cloned with counters far ahead, then released as a gap: the clone gains nothing by waiting", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: WITHOUT_PIN_LIMITS });
    const sale = town.sale(sat(1));
    const token = forgedToken(card, sale, { counter: 900, authorizedTotal: sat(20_000) });
    expect(await town.present(token, sale)).toEqual(ACCEPTED);
    town.service.clock.now += 24 * 3_600_000;
    expect(await town.service.reconciler.run()).toMatchObject({ gaps: 1 });
    // 19,999 sat came back as credit: the books still let out no more than was paid in.
    for (let i = 1; i <= 3; i++) {
      const next = town.sale(sat(19_999));
      const total = sat(20_000 + 19_999 * i);
      await town.present(
        forgedToken(card, next, { counter: 900 + i, authorizedTotal: total, sequence: 1 }),
        next,
      );
    }
    expect(town.paidOut()).toBe(sat(20_000));
    expect(await town.account(card)).toMatchObject({ funded: sat(20_000), spent: sat(20_000) });
  });

  it("whose limits were changed in its memory is believed in none of them", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const free = tamper(card, "pin-threshold", u64((1n << 64n) - 1n));
    const freer = tamper(free, "no-pin-budget", u64((1n << 64n) - 1n));
    const sale = town.sale(sat(9000));
    expect(await town.pay(freer, sale)).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    expect(town.paidOut()).toBe(0n);
    expect((await town.account(card)).state).toBe("blocked");
  });

  it.each<[limit: string, limits: Partial<CardLimits>, over: Msat, counter: number]>([
    ["maximum", { maxPerTransaction: sat(1000) }, msat(1_000_001n), 1],
    ["limit without PIN", { pinThreshold: sat(1000) }, msat(1_000_001n), 1],
    ["budget without PIN", { noPinBudget: sat(1000) }, msat(1_000_001n), 1],
    ["credit", { credit: sat(1000) }, msat(1_000_001n), 1],
    ["number of transactions", { maxTransactions: 1 }, sat(1), 2],
  ])(
    "that signs just above its %s is blocked; up to it, it is paid",
    async (_limit, limits, over, counter) => {
      await using town = await openTown(bench);
      const all = { ...WITHOUT_PIN_LIMITS, ...limits };
      const [honest, forger] = [await town.issue({ limits: all }), await town.issue({ limits: all })];
      const most = counter === 1 ? msat(over - 1n) : sat(1);
      for (const card of [honest, forger])
        if (card === honest || counter > 1) expect(await town.pay(card, town.sale(most))).toEqual(ACCEPTED);
      const paid = town.paidOut();
      const sale = town.sale(over);
      const authorizedTotal = counter === 1 ? over : msat(most + over);
      const token = forgedToken(forger, sale, { counter, authorizedTotal });
      expect(await town.present(token, sale)).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
      expect((await town.account(forger)).state).toBe("blocked");
      expect(town.paidOut()).toBe(paid);
    },
  );

  it("whose running total was set back in its memory is blocked by its next token, before the money runs out", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    expect(await town.pay(card, town.sale(sat(4000)))).toEqual(ACCEPTED);
    const back = tamper(card, "authorized", u64(0n));
    expect(await town.pay(back, town.sale(sat(1000)))).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    expect(town.paidOut()).toBe(sat(4000));
    expect((await town.account(card)).state).toBe("blocked");
  });

  it("that lies about its balance to the terminal and to the issuer pays nothing with the lie", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: WITHOUT_PIN_LIMITS });
    const rich = tamper(card, "credit", u64(sat(1_000_000)));
    expect(await town.pay(rich, town.sale(sat(20_000)))).toEqual(ACCEPTED);
    expect(await town.pay(rich, town.sale(sat(1)))).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    expect(town.paidOut()).toBe(sat(20_000));

    const other = await town.issue();
    expect(await town.identify(tamper(other, "credit", u64(sat(1_000_000))))).toHaveLength(149);
    expect((await town.account(other)).state).toBe("blocked");
  });

  it("that names a node of the attacker's is a sale without payment: the terminal never says paid", async () => {
    const network = new FakeNetwork();
    const [merchant, thief] = [network.node("merchant"), network.node("thief")];
    const card = testCard({ nodeUri: `${bytesToHex(thief.nodeId)}@127.0.0.1:9735` });
    const { terminal, close } = await testMerchant(merchant, card.reader, {
      ...{ sender: { answerTimeoutMs: 20 }, retryPauseMs: 5, now: merchant.clock },
    });
    const giveUp = new AbortController();
    const notices: string[] = [];
    const sale = await terminal.charge(
      { amount: sat(2500), description: "beer" },
      {
        onNotice: (sentence) => {
          notices.push(sentence);
          giveUp.abort();
        },
      },
      giveUp.signal,
    );
    expect(notices[0]).toMatch(/^Not confirmed yet/);
    expect(sale).toMatchObject({ state: "cancelled", received: undefined });
    expect(await merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "cancelled" });
    close();
  });

  it.each([
    "127.0.0.1:22",
    "10.0.0.1:9735",
    "192.168.1.1:80",
    "169.254.169.254:80",
    "[::1]:9735",
    "[fe80::1]:9735",
    "[::ffff:127.0.0.1]:9735",
    "0.0.0.0:9735",
  ])("that names %s makes no terminal dial into its own network", async (address) => {
    const merchant = new FakeNetwork().node("merchant");
    const uri = parseNodeUri(`${bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(5)))}@${address}`);
    await expect(dial(merchant, uri, { network: "bc" })).rejects.toMatchObject({ code: "not-public" });
    expect(merchant.dialed).toEqual([]);
  });

  it("that belongs to no issuer, with a token of its own making, is answered like a broken one and leaves no trace", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const stranger = testCard({ cardId: hexToBytes("0badc0de00000001") });
    const sale = town.sale(sat(100));
    const token = forgedToken(stranger, sale, { counter: 1, authorizedTotal: sat(100) });
    const { authorizer, store } = town.service;
    const forged = await initiate(authorizer, request(token, sale.invoice));
    expect(forged).toEqual(rejected(REASON.TOKEN_NOT_ACCEPTED));
    const other = { ...card, card: stranger.card };
    const impostor = forgedToken(other, sale, { counter: 1, authorizedTotal: sat(100) });
    expect(await town.present(impostor, sale)).toEqual(forged);
    expect(await store.db.selectFrom("evidence").selectAll().execute()).toEqual([]);
    expect(town.paidOut()).toBe(0n);
  });
});
