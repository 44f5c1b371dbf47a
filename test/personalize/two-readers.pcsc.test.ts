import { afterAll, describe, expect, it } from "vitest";
import { openReaders } from "../../host/pcsc/index.js";
import { type BatchEvent, inspectCard, runBatch } from "../../personalize/index.js";
import { connectCard, connectVpcd, type SimulatedCard } from "../../simulator/index.js";
import { SLOTS } from "../pcscd/card-stub.js";
import { factoryCard, keys, newBatch, ROTATING } from "./fixture.js";

/** Cards that lie on the slots now, by the name of the reader. */
const lying = new Map<string, Awaited<ReturnType<typeof connectVpcd>>>();
afterAll(async () => {
  for (const link of lying.values()) await link.close();
});

describe("a batch on two PC/SC readers at once", () => {
  it("makes each card once, over pcscd and two virtual readers", async () => {
    const cards = Array.from({ length: 6 }, () => factoryCard());
    const pile: SimulatedCard[] = [...cards];
    const batch = newBatch(ROTATING, cards.length);
    const readers = await openReaders();
    const next = async ({ name, port }: (typeof SLOTS)[number]) => {
      await lying.get(name)?.close();
      lying.delete(name);
      await readers.find(name).waitForRemoval();
      const card = pile.shift();
      if (card) lying.set(name, await connectVpcd(card, { port }));
    };
    for (const slot of SLOTS) await next(slot);
    const events: BatchEvent[] = [];
    const moves: Promise<void>[] = [];
    try {
      const summary = await runBatch(
        SLOTS.map(({ name }) => readers.find(name)),
        {
          ...batch,
          onEvent(event) {
            events.push(event);
            const slot = SLOTS.find(({ name }) => name === event.reader);
            if (event.kind === "card" && slot) moves.push(next(slot));
          },
        },
      );
      expect(summary).toMatchObject({ complete: true, cards: cards.length, refused: 0 });
      await Promise.all(moves);
    } finally {
      await readers.close();
    }
    for (const { name } of SLOTS)
      expect(events.filter((event) => event.kind === "card" && event.reader === name).length).toBeGreaterThan(
        0,
      );
    expect(batch.registry.inState("active")).toHaveLength(cards.length);
    for (const card of cards)
      expect(await inspectCard(connectCard(card), keys, batch.registry)).toMatchObject({
        genuine: true,
        registered: "active",
      });
  });
});
