import { afterAll, describe, expect, it } from "vitest";
import { type Msat, sat } from "../../common/index.js";
import {
  blockCard,
  cashOutCard,
  fundCard,
  placeOrder,
  replaceCard,
  retireCard,
  setPolicy,
  showCard,
  unblockCard,
} from "../../issuer/ledger/index.js";
import { wipeSunCard } from "../../issuer/ledger/sun-cards.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { BoltCards } from "../../testing/issuer/bolt-cards.js";
import { Bench, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** A card with 20,000 sat, and its second face with nothing. */
async function grounds(kind: StoreKind, policy: Record<string, unknown> = {}) {
  const service = await startService(bench, kind);
  const cards = await BoltCards.open(service, await bench.keys());
  const card = await service.card(1);
  const face = await cards.chip(2, { faceOf: card.cardId, credit: 0n as Msat, policy });
  const { store, clock } = service;
  const left = async (cardId: Uint8Array) => {
    const { funded, spent, held, owed, state } = await showCard(store.db, cardId);
    return { left: funded - spent - held - owed, state };
  };
  let orders = 0;
  const move = (from: Uint8Array, to: Uint8Array, amount: Msat, reference = `move-${++orders}`) =>
    placeOrder(store, reference, { kind: "move", cardId: from, to, amount }, clock.now);
  return {
    service,
    cards,
    store,
    clock,
    card: card.cardId,
    signing: card,
    face: face.cardId,
    chip: face,
    left,
    move,
  };
}

describe.each<StoreKind>(["sqlite", "postgres"])(
  "the two accounts of one card, in a ledger on %s",
  (kind) => {
    it("get money from each other by one order, booked once, and each pays from its own", async () => {
      const { service, cards, card, signing, face, chip, left, move } = await grounds(kind);
      const { left: before } = await left(card);
      const done = await move(card, face, sat(3000), "first");
      expect(done).toMatchObject({ amount: sat(3000), repeated: false });
      expect(await move(card, face, sat(3000), "first")).toMatchObject({ amount: sat(3000), repeated: true });
      expect([(await left(card)).left, (await left(face)).left]).toEqual([before - sat(3000), sat(3000)]);
      expect(await cards.tap(chip, 1, sat(1000))).toBeUndefined();
      await service.tap(signing, 2, sat(500));
      await move(face, card, sat(2000));
      expect([(await left(card)).left, (await left(face)).left]).toEqual([before - sat(1500), 0n]);
      expect(await service.violations()).toEqual([]);
      await service.close();
    });

    it("refuse what is no move between them, and change nothing", async () => {
      const { service, cards, card, face, left, move, store, clock } = await grounds(kind);
      const other = await service.card(5);
      const chip = await cards.chip(6);
      const before = await left(card);
      await expect(move(card, other.cardId, sat(1))).rejects.toThrow("not the two faces of one card");
      await expect(move(card, chip.cardId, sat(1))).rejects.toThrow("not the two faces of one card");
      await expect(move(card, face, 0n as Msat)).rejects.toThrow("more than 0 msat");
      await expect(move(face, card, sat(1))).rejects.toThrow("has 0 sat left");
      await expect(move(card, face, (before.left + 1n) as Msat)).rejects.toMatchObject({
        code: "not-enough",
      });
      await expect(move(card, new Uint8Array(8).fill(9), sat(1))).rejects.toMatchObject({
        code: "unknown-card",
      });
      await move(card, face, sat(10), "taken");
      await expect(move(card, face, sat(11), "taken")).rejects.toMatchObject({ code: "reference-used" });
      await blockCard(store, face, clock.now);
      await expect(move(card, face, sat(1))).rejects.toThrow("need both faces of the card active");
      expect((await left(card)).left).toBe(before.left - sat(10));
      expect(await service.violations()).toEqual([]);
      await service.close();
    });

    it("are held to the limit of the second face, by moving and by paying in", async () => {
      const { service, store, clock, card, face, left, move } = await grounds(kind, {
        maxBalance: "5000sat",
      });
      await move(card, face, sat(4000));
      await expect(move(card, face, sat(1001))).rejects.toMatchObject({
        code: "too-much",
        message: expect.stringContaining("need at most 1,000 sat, have 1,001 sat"),
      });
      await move(card, face, sat(1000));
      await expect(fundCard(store, face, sat(1), "", clock.now)).rejects.toMatchObject({ code: "too-much" });
      // A limit below what is there takes nothing away.
      await setPolicy(store, face, parsePolicy({ maxBalance: "1000sat" }));
      await expect(move(card, face, sat(1))).rejects.toThrow("need at most 0 sat");
      expect((await left(face)).left).toBe(sat(5000));
      await move(face, card, sat(5000));
      expect(await service.violations()).toEqual([]);
      await service.close();
    });

    it("are blocked together where the card is lost, and unblocked one by one", async () => {
      const { service, cards, store, clock, card, face, chip, left, move } = await grounds(kind);
      await move(card, face, sat(2000));
      await blockCard(store, card, clock.now);
      expect([(await left(card)).state, (await left(face)).state]).toEqual(["blocked", "blocked"]);
      await expect(cards.read(chip)).rejects.toThrow("blocked");
      await unblockCard(store, card, clock.now);
      expect([(await left(card)).state, (await left(face)).state]).toEqual(["active", "blocked"]);
      await unblockCard(store, face, clock.now);
      // A face alone is blocked alone.
      await blockCard(store, face, clock.now);
      expect([(await left(card)).state, (await left(face)).state]).toEqual(["active", "blocked"]);
      // Blocked before, the card takes a face with it that is not.
      await blockCard(store, card, clock.now);
      await unblockCard(store, face, clock.now);
      await blockCard(store, card, clock.now);
      expect((await left(face)).state).toBe("blocked");
      expect(await service.violations()).toEqual([]);
      await service.close();
    });

    it("go together to the card that replaces theirs", async () => {
      const { service, store, clock, card, face, left, move } = await grounds(kind);
      const { left: whole } = await left(card);
      await move(card, face, sat(2000));
      await blockCard(store, card, clock.now);
      const fresh = await service.card(9);
      const { left: had } = await left(fresh.cardId);
      await expect(
        placeOrder(store, "own", { kind: "replace", cardId: card, replacement: face }, clock.now),
      ).rejects.toMatchObject({ code: "wrong-state" });
      expect(await replaceCard(store, card, fresh.cardId, clock.now)).toBe(whole);
      expect(await left(fresh.cardId)).toEqual({ left: had + whole, state: "active" });
      expect([await left(card), await left(face)]).toEqual([
        { left: 0n, state: "retired" },
        { left: 0n, state: "retired" },
      ]);
      expect(await service.violations()).toEqual([]);
      await service.close();
    });

    it("end together: a card is not retired while its face has money, and a cash-out blocks both", async () => {
      const { service, store, clock, card, face, left, move } = await grounds(kind);
      await move(card, face, sat(2000));
      await cashOutCard(store, card, "", clock.now);
      expect([(await left(card)).state, (await left(face)).state]).toEqual(["blocked", "blocked"]);
      await expect(retireCard(store, card, clock.now)).rejects.toMatchObject({ code: "not-enough" });
      expect((await left(card)).state).toBe("blocked");
      await cashOutCard(store, face, "", clock.now);
      await retireCard(store, card, clock.now);
      expect([(await left(card)).state, (await left(face)).state]).toEqual(["retired", "retired"]);
      expect(await service.violations()).toEqual([]);
      await service.close();
    });
  },
);

it("a second face is no chip that can be wiped, and stays in use", async () => {
  const { service, cards, store, face, chip, left } = await grounds("sqlite");
  await expect(wipeSunCard(store, face)).rejects.toMatchObject({ code: "wrong-state" });
  expect((await left(face)).state).toBe("active");
  await fundCard(store, face, sat(10), "", service.clock.now);
  expect(await cards.tap(chip, 1, sat(10))).toBeUndefined();
  await service.close();
});
