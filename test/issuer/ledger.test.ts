import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { updateMessage } from "../../apdu/index.js";
import { sat } from "../../common/index.js";
import {
  activateCard,
  blockCard,
  cashOutCard,
  fundCard,
  listCards,
  registerCard,
  replaceCard,
  retireCard,
  setLimits,
  setPolicy,
  showCard,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { fillLedger } from "./frozen-ledger.js";

const bench = new Bench();
afterAll(() => bench.close());

describe.each(["sqlite", "postgres"] as const)("ledger on %s", (kind) => {
  const start = () => startService(bench, kind);

  it("a card is pending until it is activated, and its id is never used again", async () => {
    await using service = await start();
    const { store, clock } = service;
    const card = new SigningCard(1, new Uint8Array(16));
    await registerCard(store, card.registration({ maxPer24h: "5sat" }), clock.now);
    expect(await showCard(store.db, card.cardId)).toMatchObject({
      state: "pending",
      funded: 20_000_000n,
      policyOf: { maxPer24h: 5000n },
    });
    await expect(registerCard(store, card.registration(), clock.now)).rejects.toMatchObject({
      code: "card-exists",
    });
    await activateCard(store, card.cardId);
    await activateCard(store, card.cardId);
    expect((await listCards(store.db, { state: "active" })).length).toBe(1);
    await setPolicy(store, card.cardId, parsePolicy({}));
    expect((await showCard(store.db, card.cardId)).policyOf.maxPer24h).toBeUndefined();
    const nobody = new Uint8Array(8);
    for (const order of [
      () => activateCard(store, nobody),
      () => blockCard(store, nobody, 0),
      () => fundCard(store, nobody, sat(1), "", 0),
      () => showCard(store.db, nobody),
    ])
      await expect(order()).rejects.toMatchObject({ name: "LedgerError", code: "unknown-card" });
  });

  it("a top-up reaches the card with its next tap", async () => {
    await using service = await start();
    const card = await service.card(1);
    await fundCard(service.store, card.cardId, sat(500), "at the desk", service.clock.now);
    const tap = await service.tap(card, 1, sat(20_000));
    expect(tap.outcome).toBe("accepted");
    expect(card.credit).toBe(sat(20_500));
    expect((await service.tap(card, 2, sat(500))).outcome).toBe("accepted");
    await expect(fundCard(service.store, card.cardId, sat(0), "", 0)).rejects.toMatchObject({
      code: "not-enough",
    });
  });

  it("limits and one-shot orders are repeated until the card shows them", async () => {
    await using service = await start();
    const card = await service.card(1);
    const { store, clock } = service;
    await setLimits(store, card.cardId, { maxPerTransaction: sat(9), resetPinTries: true }, clock.now);
    await setLimits(store, card.cardId, { resetNoPinSpent: true }, clock.now);
    await fundCard(store, card.cardId, sat(1), "", clock.now);
    const { cardUpdate } = await service.tap(card, 1, sat(5));
    expect(card.update(cardUpdate as Uint8Array)).toMatchObject({
      sequence: 3,
      flags: 6,
      maxPerTransaction: 9000n,
      credit: 20_001_000n,
    });
    await service.identify(card);
    await fundCard(store, card.cardId, sat(1), "", clock.now);
    expect(card.update((await service.tap(card, 2, sat(5))).cardUpdate as Uint8Array).flags).toBe(0);
    // A debit above what was signed for it by now is no card's, unless it was made before.
    expect(await service.tap(card, 3, sat(10))).toMatchObject({ outcome: "accepted" });
    await expect(setLimits(store, card.cardId, { maxTransactions: -1 }, 0)).rejects.toThrow(
      /maxTransactions/,
    );
  });

  it("carries a one-shot order on in three more updates, then it has to be given again", async () => {
    await using service = await start();
    const card = await service.card(1, sat(20_000), { maxPer24h: "1msat" });
    const { store, clock } = service;
    await setLimits(store, card.cardId, { resetPinTries: true }, clock.now);
    await setLimits(store, card.cardId, { resetNoPinSpent: true }, clock.now);
    const refused = async (serial: number) => {
      const invoice = service.invoice(serial, sat(1));
      const { cardUpdate } = await service.present(card.authorize(invoice, sat(1)), invoice);
      return updateMessage.open(cardUpdate as Uint8Array, () => card.sealKey).fields.flags;
    };
    expect([await refused(1), await refused(2), await refused(3), await refused(4)]).toEqual([6, 6, 4, 0]);
    await setLimits(store, card.cardId, { resetPinTries: true }, clock.now);
    expect([await refused(5), await refused(6)]).toEqual([2, 2]);
  });

  it("a lost card is replaced: its balance moves, its tokens are refused", async () => {
    await using service = await start();
    const [lost, fresh] = [await service.card(1), await service.card(2, sat(100))];
    await service.tap(lost, 1, sat(3000));
    expect(await replaceCard(service.store, lost.cardId, fresh.cardId, service.clock.now)).toBe(sat(17_000));
    expect(await service.tap(lost, 2, sat(1))).toMatchObject({ reason: REASON.CARD_BLOCKED });
    expect((await service.identify(fresh))?.length).toBe(149);
    expect(await service.tap(fresh, 3, sat(17_100))).toMatchObject({ outcome: "accepted" });
    await expect(replaceCard(service.store, lost.cardId, fresh.cardId, 0)).rejects.toMatchObject({
      code: "wrong-state",
    });
  });

  it("cash-out pays what is left, and what a stuck payment frees later", async () => {
    await using service = await start();
    const { store, clock, node } = service;
    const card = await service.card(1);
    node.set(1, "stuck-then-fails");
    await service.tap(card, 1, sat(1000));
    expect(await cashOutCard(store, card.cardId, "", clock.now)).toBe(sat(19_000));
    await expect(cashOutCard(store, card.cardId, "", clock.now)).rejects.toMatchObject({
      code: "not-enough",
    });
    node.finish();
    await service.reconciler.run();
    await expect(retireCard(store, card.cardId, clock.now)).rejects.toMatchObject({ code: "not-enough" });
    expect(await cashOutCard(store, card.cardId, "", clock.now)).toBe(sat(1000));
    await retireCard(store, card.cardId, clock.now);
    await expect(unblockCard(store, card.cardId, clock.now)).rejects.toMatchObject({ code: "wrong-state" });
    await expect(fundCard(store, card.cardId, sat(1), "", clock.now)).rejects.toMatchObject({
      code: "wrong-state",
    });
  });

  it.each<[string, string]>([
    [
      "the lines of each booking sum to zero",
      "update bookings set amount = amount + 1 where id = (select max(id) from bookings)",
    ],
    ["settled \\+ reserved <= funded", "update authorizations set amount = 90000000 where state = 'settled'"],
    ["each account agrees with the book", "update accounts set funded = funded + 1 where state = 'active'"],
    [
      "each account agrees with its authorizations",
      "update accounts set spent = spent - 1 where state = 'active'",
    ],
    ["every fee is booked", "update authorizations set fee = fee + 1 where state = 'settled'"],
    ["credit signed = funded", "update limits set credit = credit + 1 where sequence > 0"],
    ["voided = void authorizations", "update gaps set voided_at = 1 where voided_at is null"],
    ["sequences have no gaps", "delete from limits where sequence = 1"],
    ["credit never falls", "update limits set credit = 99000000 where sequence = 0"],
    [
      "void is final",
      "update authorizations set state = 'void', live = 0, reason = 1, preimage = null where state = 'settled'",
    ],
    ["every reserved authorization has a lease", "delete from leases"],
    [
      "every reversal is of a top-up of its card, all together",
      "update operations set amount = amount - 1 where operation = (select min(reverses) from operations)",
    ],
    ["every order booked what it says", "update orders set amount = amount + 1"],
    [
      "the totals of each card follow",
      "update authorizations set total_after = total_after + 1 where counter = 1",
    ],
    [
      "every counter up to the highest",
      "update accounts set top_counter = top_counter + 1 where state = 'active'",
    ],
    [
      "sums in the order of decisions",
      "update authorizations set spent_after = spent_after + 1 where counter = 4",
    ],
    ["every card has an account", "delete from cards"],
    [
      "every settled payment has its preimage",
      "update authorizations set payment_hash = invoice_hash where state = 'settled'",
    ],
    [
      "every settled authorization was reserved and settled once",
      "delete from bookings where kind = 'settle'",
    ],
    ["every Bolt Card has its chip", "delete from sun_cards"],
    ["every Bolt Card has its chip", "update cards set kind = 'token' where kind = 'sun'"],
    ["no Bolt Card pays for a counter that was not read", "update sun_cards set counter = 0"],
    [
      "no Bolt Card has limits, updates, gaps or statuses",
      "update statuses set card = (select min(card) from sun_cards)",
    ],
  ])("the proof sees it when it does not hold: %s", async (invariant, change) => {
    const service = await start();
    await fillLedger(service, await bench.keys());
    service.node.set(8, "stuck");
    await service.tap(await service.card(9), 8, sat(1));
    expect(await service.violations()).toEqual([]);
    await sql.raw(change).execute(service.store.db);
    const found = await service.violations();
    expect(found.map((violation) => violation.invariant)).toContainEqual(expect.stringMatching(invariant));
    expect(found[0]?.found.length).toBeGreaterThan(0);
    await service.close();
  });

  it.each<[string, string]>([
    ["a counter twice", "insert into authorizations select * from authorizations"],
    [
      "a payment hash twice among the living",
      "update authorizations set payment_hash = (select payment_hash from authorizations where live = 1 order by card limit 1) where live = 1",
    ],
    ["more spent than funded", "update accounts set funded = 0 where state = 'active'"],
    ["a settled row without a preimage", "update authorizations set preimage = null where state = 'settled'"],
    ["a void row that counts", "update authorizations set live = 1 where state = 'void'"],
    ["a gap with less than 1 msat each", "update gaps set amount = 0"],
  ])("the database itself refuses %s", async (_name, change) => {
    await using service = await start();
    await fillLedger(service, await bench.keys());
    await service.tap(await service.card(9), 8, sat(1));
    await expect(
      service.store.write(async (tx) => void (await sql.raw(change).execute(tx))),
    ).rejects.toMatchObject({
      name: "StoreError",
      code: "constraint",
    });
  });
});
