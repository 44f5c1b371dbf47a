import { afterAll, describe, expect, it } from "vitest";
import { type CardStatusError, SW } from "../../apdu/index.js";
import { msat, sat } from "../../common/index.js";
import { withCard } from "../../host/index.js";
import { blockCard, setLimits } from "../../issuer/ledger/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { TornError } from "../../simulator/index.js";
import { PIN } from "../../testing/cards/test-card.js";
import { Bench } from "../../testing/issuer/service.js";
import { PAYEE } from "../../testing/nodes/scripted-node.js";
import { insideCard, openTown, WITHOUT_PIN_LIMITS } from "./town.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;
const ACCEPTED = { outcome: "accepted" };
const rejected = (reason: number) => ({ outcome: "rejected", reason });
const refusal = (sw: number) => expect.objectContaining({ sw }) as CardStatusError;

describe("a rogue terminal", () => {
  it("that shows 10 sat and has the card sign for 1 gets neither: nothing is lost", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const shown = town.sale(sat(10));
    const token = await town.tap(card, { hash: shown.hash, amount: sat(1) });
    expect(await town.present(token, shown)).toMatchObject(rejected(REASON.TOKEN_OTHER_AMOUNT));
    expect(town.paidOut()).toBe(0n);
  });

  it("that has the card sign more than it shows is paid what was signed, within the card's limits", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    // The card has no display: the terminal said 1 sat. What bounds it is the limit without PIN.
    const real = town.sale(sat(5000));
    expect(await town.pay(card, real)).toEqual(ACCEPTED);
    expect(town.paidOut()).toBe(sat(5000));
    await expect(town.tap(card, town.sale(msat(5_000_001n)))).rejects.toEqual(
      refusal(SW.SECURITY_NOT_SATISFIED),
    );
    await expect(town.tap(card, town.sale(msat(10_000_001n)), { askPin: async () => PIN })).rejects.toEqual(
      refusal(SW.ABOVE_MAX_PER_TRANSACTION),
    );
  });

  it("that presents a token with another invoice is refused, and the token stays good for its own", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const [own, other] = [town.sale(sat(100)), town.sale(sat(100))];
    const token = await town.tap(card, own);
    expect(await town.present(token, other)).toEqual(rejected(REASON.TOKEN_OTHER_INVOICE));
    expect(await town.present(token, own)).toEqual(ACCEPTED);
    expect(town.paidOut()).toBe(sat(100));
  });

  it("that sends one token through many nodes at once is paid once", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const sale = town.sale(sat(700));
    const token = await town.tap(card, sale);
    const answers = await Promise.all(Array.from({ length: 16 }, () => town.present(token, sale)));
    expect(answers).toEqual(Array(16).fill(ACCEPTED));
    expect(await town.present(token, sale)).toEqual(ACCEPTED);
    expect(town.paidOut()).toBe(sat(700));
    expect((await town.account(card)).spent).toBe(sat(700));
  });

  it("that presents a token after its gap was released gets nothing, and the cardholder keeps the money", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const kept = town.sale(sat(4000));
    const late = await town.tap(card, kept);
    expect(await town.pay(card, town.sale(sat(1)))).toEqual(ACCEPTED);
    town.service.clock.now += DAY;
    expect(await town.service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await town.present(late, kept)).toMatchObject(rejected(REASON.TOKEN_VOID));
    expect(await town.identify(card)).toHaveLength(149);
    expect(insideCard(card)).toMatchObject({ credit: sat(24_000), available: sat(19_999) });
    // Not even by having the card answer for the same invoice again.
    expect(await town.pay(card, kept)).toMatchObject(rejected(REASON.TOKEN_VOID));
    expect(town.paidOut()).toBe(sat(1));
  });

  it("whose payment failed was refunded; the same tap again is neither paid nor charged", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const sale = town.sale(sat(3000));
    town.service.node.set(sale.serial, "fail");
    const failed = await town.pay(card, sale);
    expect(failed).toMatchObject(rejected(REASON.PAYMENT_FAILED));
    await town.update(card, failed.cardUpdate as Uint8Array);
    town.service.node.set(sale.serial, "settle");
    const again = await town.pay(card, sale);
    expect(again).toMatchObject({ outcome: "rejected" });
    expect(insideCard(card)).toMatchObject({ counter: 1, available: sat(20_000) });
    expect(town.paidOut()).toBe(0n);
    expect((await town.account(card)).spent).toBe(0n);
  });

  it("that takes two invoices on one tap is bound by the limits; with the PIN it gets one, the other without", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    await withCard(card.reader, async (session) => {
      const [first, second, small] = [town.sale(sat(6000)), town.sale(sat(6000)), town.sale(sat(5000))];
      await session.verifyPin(PIN);
      const token = await session.authorize(first.amount, first.hash);
      // One PIN entry serves one authorization, whatever the power does not do in between.
      await expect(session.authorize(second.amount, second.hash)).rejects.toEqual(
        refusal(SW.SECURITY_NOT_SATISFIED),
      );
      const extra = await session.authorize(small.amount, small.hash);
      expect(await town.present(token, first)).toEqual(ACCEPTED);
      expect(await town.present(extra, small)).toEqual(ACCEPTED);
    });
    expect(town.paidOut()).toBe(sat(11_000));
  });

  it("near a pocket takes at most the budget without PIN, in steps of the limit without PIN", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const steal = async (amount: bigint) => await town.pay(card, town.sale(msat(amount)));
    await expect(steal(5_000_001n)).rejects.toEqual(refusal(SW.SECURITY_NOT_SATISFIED));
    expect(await steal(5_000_000n)).toEqual(ACCEPTED);
    await expect(steal(3_000_001n)).rejects.toEqual(refusal(SW.SECURITY_NOT_SATISFIED));
    expect(await steal(3_000_000n)).toEqual(ACCEPTED);
    for (let tries = 0; tries < 20; tries++)
      await expect(steal(1n)).rejects.toEqual(refusal(SW.SECURITY_NOT_SATISFIED));
    expect(town.paidOut()).toBe(sat(8000));
  });

  it("near a pocket is stopped earlier by the issuer's own limit for a day and by its list of payees", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ policy: { maxPer24h: "1000sat", allowedPayees: [PAYEE] } });
    const thief = town.sale(sat(1000), { payeeSecret: new Uint8Array(32).fill(0x77) });
    expect(await town.pay(card, thief)).toMatchObject(rejected(REASON.PAYEE_NOT_ALLOWED));
    expect(await town.pay(card, town.sale(sat(1000)))).toMatchObject(ACCEPTED);
    expect(await town.pay(card, town.sale(msat(1n)))).toMatchObject(rejected(REASON.ABOVE_PERIOD_LIMIT));
    expect(town.paidOut()).toBe(sat(1000));
  });

  it("that has seen the PIN takes all that is on the card, in steps of the maximum, or what the issuer allows for a day", async () => {
    await using town = await openTown(bench);
    const steal = async (policy: unknown): Promise<bigint> => {
      const card = await town.issue({ policy });
      const before = town.paidOut();
      for (let i = 0; i < 2; i++) await town.pay(card, town.sale(sat(10_000)), { askPin: async () => PIN });
      await expect(town.tap(card, town.sale(sat(1)), { askPin: async () => PIN })).rejects.toEqual(
        refusal(SW.ABOVE_AVAILABLE),
      );
      return town.paidOut() - before;
    };
    expect(await steal({})).toBe(sat(20_000));
    expect(await steal({ maxPer24h: "12000sat" })).toBe(sat(10_000));
  });

  it("that keeps back an update that lowers limits works on with the old ones; a block it cannot keep back", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const { store, clock } = town.service;
    await setLimits(store, card.record.cardId, { pinThreshold: sat(10), noPinBudget: sat(20) }, clock.now);
    const answer = await town.pay(card, town.sale(sat(5000)));
    expect(answer).toMatchObject(ACCEPTED);
    await town.update(card, answer.cardUpdate as Uint8Array);
    await expect(town.tap(card, town.sale(sat(11)))).rejects.toEqual(refusal(SW.SECURITY_NOT_SATISFIED));
    await blockCard(store, card.record.cardId, clock.now);
    const sale = town.sale(sat(5000));
    const token = await town.tap(card, sale, { askPin: async () => PIN });
    expect(await town.present(token, sale)).toMatchObject(rejected(REASON.CARD_ON_HOLD));
    expect(town.paidOut()).toBe(sat(5000));
  });

  it("that never presents its tokens takes the use of the amount, for the presentation age, and no money", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: WITHOUT_PIN_LIMITS });
    for (const amount of [12_000, 8000]) await town.tap(card, town.sale(sat(amount)));
    const sale = town.sale(sat(1));
    await expect(town.tap(card, sale)).rejects.toEqual(refusal(SW.ABOVE_AVAILABLE));
    // The next honest terminal shows the card to its issuer; the clock starts then.
    expect(await town.identify(card)).toBeUndefined();
    town.service.clock.now += DAY - 1;
    expect(await town.service.reconciler.run()).toMatchObject({ gaps: 0 });
    town.service.clock.now += 1;
    expect(await town.service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await town.identify(card)).toHaveLength(149);
    expect(insideCard(card).available).toBe(sat(20_000));
    expect(await town.pay(card, sale)).toEqual(ACCEPTED);
    expect(town.paidOut()).toBe(sat(1));
  });

  it("may keep a token for as long as it likes while its gap stays unseen: it is paid once, what was signed", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const sale = town.sale(sat(2500));
    const token = await town.tap(card, sale);
    town.service.clock.now += 6 * DAY;
    await town.service.reconciler.run();
    expect(await town.present(token, sale)).toEqual(ACCEPTED);
    expect(town.paidOut()).toBe(sat(2500));
  });

  it("that loses the card's answer and taps again is answered with the same authorization", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const sale = town.sale(sat(2500));
    await withCard(card.reader, async (session) => {
      card.card.tearAt("after-command");
      await expect(session.authorize(sale.amount, sale.hash)).rejects.toBeInstanceOf(TornError);
    });
    expect(insideCard(card).counter).toBe(1);
    expect(await town.pay(card, sale)).toEqual(ACCEPTED);
    expect(insideCard(card)).toMatchObject({ counter: 1, authorized: sat(2500) });
    expect(town.paidOut()).toBe(sat(2500));
  });
});
