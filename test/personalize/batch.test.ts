import { describe, expect, it } from "vitest";
import { type Reader, TransportError } from "../../apdu/index.js";
import { bytesToHex } from "../../common/index.js";
import {
  type BatchEvent,
  type BatchSummary,
  batchStatus,
  cardLabels,
  inspectCard,
  Journal,
  numberedCards,
  releaseCard,
  runBatch,
} from "../../personalize/index.js";
import { connectCard, type SimulatedCard, SimulatedReader } from "../../simulator/index.js";
import {
  factoryCard,
  freshPath,
  keys,
  newBatch,
  newJournal,
  profileOf,
  ROTATING,
  type TestBatch,
  WITHOUT_PIN,
} from "./fixture.js";

/** Runs a batch on readers on which the cards are laid one after another. */
async function runWith(
  cards: readonly SimulatedCard[],
  batch: TestBatch,
  options: {
    readonly readers?: number;
    readonly onEvent?: (event: BatchEvent, readers: SimulatedReader[]) => void;
  } = {},
): Promise<{ summary: BatchSummary; events: BatchEvent[] }> {
  const pile = [...cards];
  const readers = Array.from(
    { length: options.readers ?? 1 },
    (_, index) => new SimulatedReader(`reader ${index}`),
  );
  const lying = new Map<string, SimulatedCard>();
  const next = (reader: SimulatedReader) => {
    reader.remove();
    const card = pile.shift();
    if (!card) return;
    lying.set(reader.name, card);
    reader.insert(card);
  };
  for (const reader of readers) next(reader);
  const events: BatchEvent[] = [];
  const summary = await runBatch(readers, {
    ...batch,
    onEvent(event) {
      events.push(event);
      options.onEvent?.(event, readers);
      const reader = readers.find(({ name }) => name === event.reader);
      const card = lying.get(event.reader);
      // A torn card is in somebody's hand: it goes onto whatever reader is free, after the others.
      if (event.kind === "torn" && card) pile.push(card);
      if (reader && ["card", "refused", "torn"].includes(event.kind)) setImmediate(() => next(reader));
    },
  });
  return { summary, events };
}

const kindsOf = (events: readonly BatchEvent[], kind: BatchEvent["kind"]) =>
  events.filter((event) => event.kind === kind);

describe("a batch", () => {
  it("on two readers at once makes each card once", async () => {
    const batch = newBatch(ROTATING, 12);
    const cards = Array.from({ length: 12 }, () => factoryCard());
    const { summary, events } = await runWith(cards, batch, { readers: 2 });
    expect(summary).toMatchObject({
      complete: true,
      cards: 12,
      refused: 0,
      torn: 0,
      counts: { done: 12, open: 0 },
    });
    for (const reader of ["reader 0", "reader 1"])
      expect(kindsOf(events, "card").filter((event) => event.reader === reader).length).toBeGreaterThan(2);
    const active = batch.registry.inState("active");
    expect(new Set(active.map(({ label }) => label)).size).toBe(12);
    expect(new Set(active.map(({ publicKey }) => bytesToHex(publicKey))).size).toBe(12);
    for (const card of cards)
      expect(await inspectCard(connectCard(card), keys, batch.registry)).toMatchObject({ genuine: true });
    expect(cardLabels(batch.journal).map(({ number }) => number)).toEqual(
      numberedCards(12).map(({ number }) => number),
    );
  });

  it("goes on with the next card after one that is refused", async () => {
    const batch = newBatch(WITHOUT_PIN, 2);
    const foreign = factoryCard({ keys: undefined } as never);
    const done = factoryCard();
    await runWith([done], newBatch());
    const { summary, events } = await runWith([foreign, done, factoryCard(), factoryCard()], batch);
    expect(summary).toMatchObject({ complete: true, cards: 2, refused: 2 });
    expect(kindsOf(events, "refused").map((event) => event.kind === "refused" && event.error.code)).toEqual([
      "wrong-keys",
      "already-personalized",
    ]);
  });

  it("takes a card that was torn away when it lies on a reader again", async () => {
    const batch = newBatch(WITHOUT_PIN, 3);
    const cards = [factoryCard(), factoryCard(), factoryCard()];
    let torn = 0;
    const { summary } = await runWith(cards, batch, {
      readers: 2,
      onEvent(event, readers) {
        const reader = readers.find(({ name }) => name === event.reader);
        if (event.kind === "step" && event.step === "store" && torn < 4) {
          torn++;
          reader?.tearAway(torn % 2 ? "after-command" : "before-command");
        }
      },
    });
    expect(torn).toBe(4);
    expect(summary).toMatchObject({ complete: true });
    expect(batch.registry.inState("active")).toHaveLength(3);
    expect(batch.registry.inState("pending")).toHaveLength(0);
  });

  it("stops when the registry is away, at any of its calls, and goes on when it is back", async () => {
    for (let fuse = 0; fuse < 12; fuse++) {
      const path = freshPath();
      const started = newBatch(WITHOUT_PIN, 3, path);
      const cards = [factoryCard(), factoryCard(), factoryCard()];
      started.registry.fuse = fuse;
      const outcome = await runWith(cards, started).catch((error: unknown) => error);
      started.journal.close();
      if (outcome instanceof Error)
        expect(outcome).toMatchObject({
          code: "registry-unavailable",
          message: expect.stringContaining("connection refused"),
        });
      started.registry.fuse = Number.POSITIVE_INFINITY;
      const journal = Journal.open(path, { durable: false });
      const { summary } = await runWith(cards, { ...started, journal });
      expect(summary.complete).toBe(true);
      expect(started.registry.inState("active")).toHaveLength(3);
      expect(started.registry.inState("pending")).toHaveLength(0);
      journal.close();
    }
  });

  it("ends with Ctrl-C after the cards in hand", async () => {
    const stop = new AbortController();
    const batch = { ...newBatch(WITHOUT_PIN, 5), signal: stop.signal };
    const { summary } = await runWith(
      Array.from({ length: 5 }, () => factoryCard()),
      batch,
      { onEvent: (event) => event.kind === "step" && event.step === "store" && stop.abort() },
    );
    expect(summary).toMatchObject({ complete: false, cards: 1 });
    expect(batch.registry.inState("pending")).toHaveLength(0);
    expect(await runWith([], { ...batch })).toMatchObject({ summary: { cards: 0 } });
  });

  it("goes on without a reader that is unplugged", async () => {
    const batch = newBatch(WITHOUT_PIN, 2);
    const gone: Reader = {
      name: "unplugged",
      waitForCard: () => Promise.reject(new TransportError("no-reader", "the reader was unplugged")),
      waitForRemoval: () => Promise.resolve(),
    };
    const reader = new SimulatedReader("left");
    const cards = [factoryCard(), factoryCard()];
    reader.insert(cards.pop() as SimulatedCard);
    const events: BatchEvent[] = [];
    const summary = await runBatch([gone, reader], {
      ...batch,
      onEvent(event) {
        events.push(event);
        if (event.kind === "card")
          setImmediate(() => {
            reader.remove();
            const card = cards.pop();
            if (card) reader.insert(card);
          });
      },
    });
    expect(summary.complete).toBe(true);
    expect(kindsOf(events, "reader-gone")).toHaveLength(1);
  });

  it("waits until a card that cannot be had is taken away", async () => {
    let attempts = 0;
    let removals = 0;
    const stop = new AbortController();
    const busy: Reader = {
      name: "busy",
      waitForCard() {
        attempts++;
        return Promise.reject(new TransportError("sharing-violation", "another program uses the card"));
      },
      async waitForRemoval() {
        if (++removals === 2) stop.abort();
      },
    };
    await runBatch([busy], { ...newBatch(), signal: stop.signal });
    expect([attempts, removals]).toEqual([4, 2]);
  });

  it("frees the place of a chip that is lost or broken", async () => {
    const batch = newBatch(WITHOUT_PIN, 1);
    const lost = factoryCard();
    const stop = new AbortController();
    await runWith([lost], { ...batch, signal: stop.signal } as TestBatch, {
      onEvent(event, [reader]) {
        if (event.kind === "step" && event.step === "verify") reader?.tearAway("before-command");
        if (event.kind === "torn") stop.abort();
      },
    });
    const status = batchStatus(batch.journal);
    expect(status.halfDone).toMatchObject([{ number: "0001", stage: "assigned" }]);
    await expect(releaseCard(batch.journal, batch.registry, "0002")).rejects.toMatchObject({
      code: "unknown-card",
    });
    await releaseCard(batch.journal, batch.registry, "1");
    await expect(releaseCard(batch.journal, batch.registry, "00-01")).rejects.toMatchObject({
      code: "not-needed",
    });
    const { summary } = await runWith([lost, factoryCard()], batch);
    expect(summary).toMatchObject({ complete: true, refused: 1 });
    expect(batch.registry.inState("active")).toHaveLength(1);
    expect(batch.registry.inState("retired")).toHaveLength(1);
  });

  it("is checked before the first card: profile, keys, policy, letters", async () => {
    const other = { ...newBatch(), profile: profileOf({ ...WITHOUT_PIN, name: "another" }) };
    await expect(runBatch([], other)).rejects.toMatchObject({ code: "other-batch" });
    await expect(runBatch([], newBatch({}))).rejects.toThrow("PIN letters");
    const unknownKeys = profileOf({ ...WITHOUT_PIN, "card-keys": { version: 9 } });
    await expect(
      runBatch([], { ...newBatch(), profile: unknownKeys, journal: newJournal(unknownKeys) }),
    ).rejects.toMatchObject({ code: "unknown-master-key" });
    const badPolicy = profileOf({ ...WITHOUT_PIN, policy: { bad: true } });
    await expect(
      runBatch([], { ...newBatch(), profile: badPolicy, journal: newJournal(badPolicy) }),
    ).rejects.toThrow("policy/bad");
    const noSet = profileOf({ ...WITHOUT_PIN, "key-set": "nothing" });
    await expect(runBatch([], { ...newBatch(), profile: noSet })).rejects.toMatchObject({
      code: "unknown-key-set",
    });
  });
});
