import { afterAll, describe, expect, it } from "vitest";
import { type Msat, msat, sat } from "../../common/index.js";
import {
  blockCard,
  cashOutCard,
  fundCard,
  LedgerError,
  replaceCard,
  retireCard,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { makeCard } from "../../simulator/index.js";
import type { TestCard } from "../../testing/issuer/desk.js";
import { Bench } from "../../testing/issuer/service.js";
import {
  cloneOf,
  forgedToken,
  insideCard,
  onOwnReader,
  openTown,
  type Sale,
  type Town,
  WITHOUT_PIN_LIMITS,
} from "./town.js";

const bench = new Bench();
afterAll(() => bench.close());

const ACCEPTED = { outcome: "accepted" };
const rejected = (reason: number) => ({ outcome: "rejected", reason });
const NOT_FUNDED = rejected(REASON.NOT_FUNDED);

/** A card for 20,000 sat that asks for no PIN. */
const issue = (town: Town) => town.issue({ limits: WITHOUT_PIN_LIMITS });

/** The money of a card is handed out at the desk; no terminal tells the card. */
const cashOut = ({ service }: Town, card: TestCard): Promise<Msat> =>
  cashOutCard(service.store, card.record.cardId, "end of the event", service.clock.now);

/** The card is handed to the next guest, with less money than it was ever signed for. */
async function nextGuest({ service: { store, clock } }: Town, card: TestCard, money: Msat) {
  await fundCard(store, card.record.cardId, money, "next guest", clock.now);
  await unblockCard(store, card.record.cardId, clock.now);
}

describe("a card with more signed credit than money", () => {
  it("cashed out before it took its update signs on: refused, also when it is in use again", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    expect(await town.pay(card, town.sale(sat(3000)))).toEqual(ACCEPTED);
    expect(await cashOut(town, card)).toBe(sat(17_000));
    // The terminal keeps the block from the card, and the tokens.
    const kept = [];
    for (const amount of [sat(12_000), msat(4_000_001n)]) {
      const sale = town.sale(amount);
      const token = await town.tap(card, sale);
      expect(await town.present(token, sale)).toMatchObject(rejected(REASON.CARD_ON_HOLD));
      kept.push({ token, sale });
    }
    await nextGuest(town, card, sat(4000));
    for (const { token, sale } of kept) expect(await town.present(token, sale)).toMatchObject(NOT_FUNDED);
    expect(town.service.node.calls).toBe(1);
    // For ever: not even when the money is there.
    await fundCard(town.service.store, card.record.cardId, sat(20_000), "more", town.service.clock.now);
    for (const { token, sale } of kept) expect(await town.present(token, sale)).toMatchObject(NOT_FUNDED);
    expect(town.paidOut()).toBe(sat(3000));
    expect(await town.account(card)).toMatchObject({ funded: sat(27_000), spent: sat(3000) });
  });

  it("in the next guest's hands pays what was paid in for him to the last msat, and not one more", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    expect(await town.pay(card, town.sale(sat(3000)))).toEqual(ACCEPTED);
    await cashOut(town, card);
    await nextGuest(town, card, sat(4000));
    // It takes its update, and has 17,000 sat of credit left all the same.
    expect(await town.identify(card)).toHaveLength(149);
    expect(insideCard(card)).toMatchObject({ available: sat(17_000) });
    expect(await town.pay(card, town.sale(msat(4_000_001n)))).toMatchObject(NOT_FUNDED);
    expect(await town.pay(card, town.sale(msat(3_999_999n)))).toMatchObject(ACCEPTED);
    expect(await town.pay(card, town.sale(msat(2n)))).toMatchObject(NOT_FUNDED);
    expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(ACCEPTED);
    for (let i = 0; i < 3; i++) expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(NOT_FUNDED);
    expect([town.paidOut(), town.service.node.calls]).toEqual([sat(7000), 3]);
    // Its credit stays what was once signed: what is refused uses up what is too much.
    await town.identify(card);
    expect(insideCard(card)).toMatchObject({ credit: sat(20_000), available: 8_999_994n });
    expect(await town.account(card)).toMatchObject({ state: "active", funded: sat(7000), spent: sat(7000) });
  });

  it("presents everything that it holds at once: what fits is paid, money on its way counts as spent", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    await cashOut(town, card);
    await nextGuest(town, card, sat(5000));
    const { node, reconciler } = town.service;
    const sales = [3000, 3000, 2000, 2000, 1000].map((amount) => town.sale(sat(amount)));
    const [first] = sales;
    node.set(first?.serial ?? 0, "stuck-then-fails");
    const tokens = [];
    for (const sale of sales) tokens.push({ sale, token: await town.tap(card, sale) });
    const answers = await Promise.all(tokens.map(({ token, sale }) => town.present(token, sale)));
    expect(answers.map(({ reason }) => reason)).toEqual([
      undefined,
      REASON.NOT_FUNDED,
      undefined,
      REASON.NOT_FUNDED,
      REASON.NOT_FUNDED,
    ]);
    expect(await town.account(card)).toMatchObject({ spent: sat(5000) });
    // The first is released, and is paid on a retry; nothing that was refused is paid later.
    node.finish();
    expect(await reconciler.run()).toMatchObject({ voided: 1 });
    for (const { token, sale } of tokens.slice(3))
      expect(await town.present(token, sale)).toMatchObject(NOT_FUNDED);
    expect(await town.pay(card, town.sale(msat(3_000_001n)))).toMatchObject(NOT_FUNDED);
    expect(await town.pay(card, town.sale(sat(3000)))).toMatchObject(ACCEPTED);
    expect(town.paidOut()).toBe(sat(5000));
    expect(await town.account(card)).toMatchObject({ funded: sat(5000), spent: sat(5000) });
  });

  it("cashed out while a payment was in flight has what that one frees, and no more", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    const { node, reconciler, store, clock } = town.service;
    const sale = town.sale(sat(4000));
    node.set(sale.serial, "stuck-then-fails");
    expect(await town.pay(card, sale)).toEqual(ACCEPTED);
    expect(await cashOut(town, card)).toBe(sat(16_000));
    await unblockCard(store, card.record.cardId, clock.now);
    expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(NOT_FUNDED);
    node.finish();
    expect(await reconciler.run()).toMatchObject({ voided: 1 });
    expect(await town.pay(card, town.sale(msat(4_000_001n)))).toMatchObject(NOT_FUNDED);
    expect(await town.pay(card, town.sale(sat(4000)))).toMatchObject(ACCEPTED);
    expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(NOT_FUNDED);
    expect(town.paidOut()).toBe(sat(4000));
  });

  it("cashed out at two desks while it pays: handed out and paid are together what was paid in", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    const tokens: { sale: Sale; token: Uint8Array }[] = [];
    for (let i = 0; i < 4; i++) {
      const sale = town.sale(sat(2000));
      tokens.push({ sale, token: await town.tap(card, sale) });
    }
    const desk = () =>
      cashOut(town, card).catch((error: unknown) => {
        if (error instanceof LedgerError && error.code === "not-enough") return 0n;
        throw error;
      });
    const present = ({ token, sale }: (typeof tokens)[number]) => town.present(token, sale);
    const [first, second] = tokens.map((each, i) => (i < 2 ? present(each) : undefined));
    const [one, two] = await Promise.all([desk(), desk()]);
    const answers = [await first, await second, ...(await Promise.all(tokens.slice(2).map(present)))];
    expect(answers.slice(2)).toMatchObject([rejected(REASON.CARD_ON_HOLD), rejected(REASON.CARD_ON_HOLD)]);
    const paid = answers.filter((answer) => answer?.outcome === "accepted");
    expect(town.paidOut()).toBe(sat(2000) * BigInt(paid.length));
    expect(one + two + town.paidOut()).toBe(sat(20_000));
    expect([one, two].filter((amount) => amount > 0n)).toHaveLength(1);
  });

  it("replaced as lost holds its old limits: its tokens are refused for ever, the new card has the money", async () => {
    await using town = await openTown(bench);
    const [lost, fresh] = [await issue(town), await issue(town)];
    const { node, reconciler, store, clock } = town.service;
    const stuck = town.sale(sat(5000));
    node.set(stuck.serial, "stuck-then-fails");
    expect(await town.pay(lost, stuck)).toEqual(ACCEPTED);
    const before = town.sale(sat(9000));
    const kept = await town.tap(lost, before);
    expect(await replaceCard(store, lost.record.cardId, fresh.record.cardId, clock.now)).toBe(sat(15_000));
    // Signed before or after: the finder gets nothing, also not what a failed payment frees.
    expect(await town.present(kept, before)).toMatchObject(rejected(REASON.CARD_BLOCKED));
    node.finish();
    expect(await reconciler.run()).toMatchObject({ voided: 1 });
    expect(await town.pay(lost, town.sale(sat(5000)))).toMatchObject(rejected(REASON.CARD_BLOCKED));
    await expect(unblockCard(store, lost.record.cardId, clock.now)).rejects.toMatchObject({
      code: "wrong-state",
    });
    expect(node.calls).toBe(1);
    await town.identify(fresh);
    expect(await town.pay(fresh, town.sale(sat(35_000)))).toMatchObject(ACCEPTED);
    expect(await cashOut(town, lost)).toBe(sat(5000));
    expect(town.paidOut()).toBe(sat(35_000));
  });

  it("and its copy spend the same credit: together at most the money that is there", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    await cashOut(town, card);
    await nextGuest(town, card, sat(4000));
    const clone = cloneOf(card);
    expect(await town.pay(card, town.sale(sat(2500)))).toMatchObject(ACCEPTED);
    // Far ahead of the other's counters the copy contradicts nothing, and is within the credit once signed.
    const tooMuch = town.sale(msat(1_500_001n));
    const far = { counter: 900, authorizedTotal: sat(18_000) };
    expect(await town.present(forgedToken(clone, tooMuch, far), tooMuch)).toMatchObject(NOT_FUNDED);
    const rest = town.sale(sat(1500));
    const next = { counter: 901, authorizedTotal: msat(sat(18_000) + rest.amount) };
    expect(await town.present(forgedToken(clone, rest, next), rest)).toMatchObject(ACCEPTED);
    expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(NOT_FUNDED);
    // What was skipped is given up; there was no money behind it.
    town.service.clock.now += 24 * 3_600_000;
    expect(await town.service.reconciler.run()).toMatchObject({ gaps: 1 });
    const again = town.sale(sat(500));
    const after = { counter: 902, authorizedTotal: sat(20_000) };
    expect(await town.present(forgedToken(clone, again, after), again)).toMatchObject(NOT_FUNDED);
    expect(town.paidOut()).toBe(sat(4000));
    expect(await town.account(card)).toMatchObject({ funded: sat(4000), spent: sat(4000) });
  });

  it("set back to its image from before the cash-out is refused, and blocked when it is set back again", async () => {
    await using town = await openTown(bench);
    const card = await issue(town);
    const image = card.card.image();
    const setBack = () => onOwnReader(card, makeCard({ image }));
    await cashOut(town, card);
    await nextGuest(town, card, sat(5000));
    await town.identify(card);
    // Within every limit ever signed for it: the ledger alone knows that the money is gone.
    expect(await town.pay(setBack(), town.sale(sat(20_000)))).toMatchObject(NOT_FUNDED);
    expect(await town.pay(setBack(), town.sale(sat(5000)))).toMatchObject(rejected(REASON.CARD_CONTRADICTS));
    expect([town.paidOut(), town.service.node.calls]).toEqual([0n, 0]);
    expect(await town.account(card)).toMatchObject({ state: "blocked", funded: sat(5000), spent: 0n });
  });

  it("blocked or taken out of use is refused whatever it holds", async () => {
    await using town = await openTown(bench);
    const { store, clock, node } = town.service;
    const card = await issue(town);
    await blockCard(store, card.record.cardId, clock.now);
    expect(await town.pay(card, town.sale(sat(1)))).toMatchObject(rejected(REASON.CARD_ON_HOLD));
    await cashOut(town, card);
    await retireCard(store, card.record.cardId, clock.now);
    expect(await town.pay(card, town.sale(sat(1)))).toMatchObject(rejected(REASON.CARD_BLOCKED));
    expect([town.paidOut(), node.calls]).toEqual([0n, 0]);
  });
});
