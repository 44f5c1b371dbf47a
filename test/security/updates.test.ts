import { afterAll, describe, expect, it } from "vitest";
import { keyCheck, MESSAGE_TYPE, seal, signMessage, updateMessage } from "../../apdu/index.js";
import { hexToBytes, sat, secp256k1 } from "../../common/index.js";
import { withCard } from "../../host/index.js";
import { blockCard, fundCard, setLimits, unblockCard } from "../../issuer/ledger/index.js";
import { undiversified } from "../../keys/index.js";
import { channelTarget } from "../../personalize/index.js";
import { blankCard, SimulatedReader } from "../../simulator/index.js";
import { FESTIVAL_LIMITS } from "../../testing/cards/test-card.js";
import type { TestCard } from "../../testing/issuer/desk.js";
import { Bench } from "../../testing/issuer/service.js";
import { FACTORY, FACTORY_VERSION, KEY_SET_ID, keys } from "../personalize/deterministic.js";
import { insideCard, openTown, type Town } from "./town.js";

const bench = new Bench();
afterAll(() => bench.close());

const WRONG = "000000";

/** Guesses until the card takes no more. @returns how many it compared */
async function guessAll({ reader }: TestCard): Promise<number> {
  for (let compared = 0; ; compared++) {
    const answer = await withCard(reader, (session) =>
      session.verifyPin(WRONG).catch((error: { sw: number }) => error.sw),
    );
    if (answer === 0x6983) return compared;
    expect(answer).toBe(0x63c2 - compared);
  }
}

/** The update that a terminal gets from the issuer with its next payment, and keeps to itself. */
async function withheld(town: Town, card: TestCard): Promise<Uint8Array> {
  return (await town.pay(card, town.sale(sat(1)))).cardUpdate as Uint8Array;
}

describe("an update in the wrong hands", () => {
  it("that resets the PIN tries gives three guesses, played once or a hundred times, whole or torn", async () => {
    for (const point of [undefined, ...Array.from({ length: 24 }, (_, i) => i + 1)]) {
      await using town = await openTown(bench);
      const card = await town.issue();
      expect(await guessAll(card)).toBe(3);
      await setLimits(
        town.service.store,
        card.record.cardId,
        { resetPinTries: true },
        town.service.clock.now,
      );
      const update = await withheld(town, card);
      let guesses = 0;
      for (let i = 0; i < 6; i++) {
        await withCard(card.reader, async (session) => {
          card.card.tearAt(i === 0 && point !== undefined ? { write: point } : undefined);
          await session.update(update);
        }).catch((error: { code: string }) => expect(error.code).toBe("torn"));
        card.card.tearAt(undefined);
        guesses += await guessAll(card);
      }
      expect(guesses).toBeLessThanOrEqual(3);
      expect(insideCard(card).sequence).toBe(1);
    }
  });

  it("that raised a credit raises it once", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    await fundCard(town.service.store, card.record.cardId, sat(1000), "cash", town.service.clock.now);
    const update = await withheld(town, card);
    for (let i = 0; i < 5; i++) await town.update(card, update);
    expect(insideCard(card)).toMatchObject({ credit: sat(21_000), sequence: 1 });
  });

  it("for another card of the batch does nothing there", async () => {
    await using town = await openTown(bench);
    const [poor, rich] = [await town.issue(), await town.issue()];
    await fundCard(town.service.store, rich.record.cardId, sat(1000), "cash", town.service.clock.now);
    const update = await withheld(town, rich);
    await town.update(poor, update);
    expect(insideCard(poor)).toMatchObject({ credit: sat(20_000), sequence: 0 });
  });

  it("that unblocks cannot be played against a newer one that blocks", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const { store, clock } = town.service;
    await fundCard(store, card.record.cardId, sat(1), "cash", clock.now);
    const open = await withheld(town, card);
    await blockCard(store, card.record.cardId, clock.now);
    expect(await town.identify(card)).toHaveLength(149);
    await town.update(card, open);
    await expect(town.tap(card, town.sale(sat(1)))).rejects.toMatchObject({ sw: 0x9c04 });
    await unblockCard(store, card.record.cardId, clock.now);
    expect(await town.identify(card)).toHaveLength(149);
    expect(await town.pay(card, town.sale(sat(1)))).toMatchObject({ outcome: "accepted" });
  });

  it("played after RESET does nothing, even where a card id was given twice by mistake", async () => {
    const card = blankCard({
      serial: new Uint8Array(6).fill(1),
      keys: () => undiversified(FACTORY_VERSION, FACTORY),
    });
    const reader = new SimulatedReader();
    reader.insert(card);
    const target = channelTarget(reader, keys, FACTORY_VERSION);
    const issuer = new Uint8Array(32).fill(0x21);
    const settings = {
      cardId: hexToBytes("cafe000000000001"),
      keySetId: KEY_SET_ID,
      sealKey: new Uint8Array(16).fill(0x5e),
      issuerPublicKey: secp256k1.publicKey(issuer, false),
      nodeUri: "n",
      limits: { ...FESTIVAL_LIMITS },
      publish: 0,
    };
    const provision = async (): Promise<Uint8Array> => {
      const { publicKey, release } = await target.provision(settings);
      await release();
      if (!publicKey) throw new Error("the card was not personalized");
      return publicKey;
    };
    const before = await provision();
    const fields = {
      cardId: settings.cardId,
      sequence: 7,
      flags: 0,
      credit: sat(1_000_000),
      maxPerTransaction: sat(1_000_000),
      pinThreshold: sat(1_000_000),
      noPinBudget: sat(1_000_000),
      maxTransactions: 1000,
      keyCheck: keyCheck(before),
    };
    const body = signMessage(updateMessage, fields, KEY_SET_ID, issuer);
    const old = seal(MESSAGE_TYPE.UPDATE, KEY_SET_ID, settings.sealKey, new Uint8Array(16).fill(1), body);
    const play = () => withCard(reader, (session) => session.update(old));
    const after = await provision();
    expect(after).not.toEqual(before);
    await play();
    expect(insideCard({ card })).toMatchObject({ credit: sat(20_000), sequence: 0, counter: 0 });
  });

  it("collected while a reset of the PIN tries waits: twelve guesses, however many updates are provoked", async () => {
    await using town = await openTown(bench);
    const card = await town.issue();
    const { store, clock, node } = town.service;
    expect(await guessAll(card)).toBe(3);
    await setLimits(store, card.record.cardId, { resetPinTries: true }, clock.now);
    const kept = [await withheld(town, card)];
    // Every payment that fails makes another update; none of them is given to the card before the end.
    node.behaviour = "fail";
    for (let i = 0; i < 20; i++) kept.push(await withheld(town, card));
    let guesses = 0;
    for (const update of kept) {
      await town.update(card, update);
      guesses += await guessAll(card);
    }
    expect(guesses).toBe(12);
    expect(insideCard(card).sequence).toBe(21);
  });

  it("collected while a reset of the budget without PIN waits: no more than four budgets", async () => {
    await using town = await openTown(bench);
    const card = await town.issue({ limits: { noPinBudget: sat(1000), credit: sat(1_000_000) } });
    const { store, clock, node } = town.service;
    await setLimits(store, card.record.cardId, { resetNoPinSpent: true }, clock.now);
    node.behaviour = "fail";
    const kept = [];
    for (let i = 0; i < 20; i++) kept.push(await withheld(town, card));
    node.behaviour = "settle";
    for (const update of kept) {
      await town.update(card, update);
      await town
        .pay(card, town.sale(sat(1000)))
        .catch((error: { sw: number }) => expect(error.sw).toBe(0x6982));
    }
    // Four updates carried it; the first of them was overtaken before the thief had a payment to ask with.
    expect(town.paidOut()).toBe(sat(3000));
  });
});
