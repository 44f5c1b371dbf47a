import { describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes } from "../../common/index.js";
import { inspectCard, Journal, PinLetters, personalizeOne, readPinLetters } from "../../personalize/index.js";
import { connectCard, type SimulatedCard, type TearPoint } from "../../simulator/index.js";
import {
  CHEAP,
  factoryCard,
  freshPath,
  keys,
  NODE_URI,
  newBatch,
  newJournal,
  PASSPHRASE,
  readerWith,
  type TestBatch,
  tearing,
  torn,
} from "./fixture.js";

/** With everything: PIN, new keys, two blocks. */
const PROFILE = {
  "node-uri": `${NODE_URI.slice(0, 67)}${"a".repeat(63)}.${"b".repeat(56)}:9735`,
  "card-keys": { version: 255, "rotate-to": 0x20 },
};

/** One good card, registered once as active, its other ids retired; its key is the registered one. */
async function expectGood(card: SimulatedCard, batch: TestBatch): Promise<string> {
  const { registry, journal } = batch;
  expect(registry.inState("active")).toHaveLength(1);
  expect(registry.inState("pending")).toHaveLength(0);
  expect(journal.counts()).toMatchObject({ done: 1 });
  const seen = await inspectCard(connectCard(card), keys, registry);
  expect(seen).toMatchObject({ genuine: true, registered: "active", counter: 0, pinSet: true });
  expect(seen.cardId).toBe(formatCardId(registry.inState("active")[0]?.cardId ?? new Uint8Array()));
  return seen.cardId;
}

describe("a card torn away in its personalization", () => {
  it("at any write and on either side of any response is finished by laying it on any reader again", async () => {
    const path = freshPath("letters");
    const pinLetters = await PinLetters.create(path, PASSPHRASE, { scrypt: CHEAP, durable: false });
    const good: string[] = [];
    const points = { tried: 0, made: 0, finished: 0 };
    for (let nth = 1, commands = 18; nth <= commands; nth++) {
      const sides: TearPoint[] = ["before-command", "after-command"];
      for (let write = 0; ; write++) {
        const point = sides[write] ?? { write: write - 1 };
        const card = factoryCard();
        const batch = { ...newBatch(PROFILE), pinLetters };
        if (!(await torn(personalizeOne(tearing(card, nth, point), batch)))) {
          expect(write).toBeGreaterThan(1);
          break;
        }
        points.tried++;
        const done = await personalizeOne(readerWith(card, "Another reader"), batch);
        points[done.how]++;
        good.push(await expectGood(card, batch));
      }
    }
    pinLetters.close();
    const letters = await readPinLetters(path, PASSPHRASE, (id) => good.includes(formatCardId(id)));
    expect(letters.map(({ card }) => formatCardId(hexToBytes(card)))).toEqual(good);
    expect(points.tried).toBeGreaterThan(60);
    expect(points.made).toBeGreaterThan(10);
    expect(points.finished).toBeGreaterThan(10);
    console.log(
      `personalization: ${points.tried} tear points, ${points.made} made again, ${points.finished} finished`,
    );
  });

  it("twice in a row, with the process restarted in between", async () => {
    let tried = 0;
    for (let first = 5; first <= 16; first++)
      for (let second = 5; second <= 10; second++) {
        const card = factoryCard();
        const path = freshPath();
        const start = { ...newBatch({ ...PROFILE, pin: "none", limits: { credit: "1000sat" } }) };
        start.journal.close();
        const journal = newJournal(start.profile, undefined, path);
        const begun = { ...start, journal };
        if (!(await torn(personalizeOne(tearing(card, first, "after-command"), begun)))) continue;
        begun.journal.close();
        const middle = { ...begun, journal: Journal.open(path, { durable: false }) };
        const again = await torn(personalizeOne(tearing(card, second, "after-command"), middle));
        middle.journal.close();
        const last = { ...begun, journal: Journal.open(path, { durable: false }) };
        if (again) await personalizeOne(readerWith(card), last);
        expect(last.registry.inState("active")).toHaveLength(1);
        expect(last.registry.inState("pending")).toHaveLength(0);
        expect(await inspectCard(connectCard(card), keys, last.registry)).toMatchObject({ genuine: true });
        last.journal.close();
        tried++;
      }
    expect(tried).toBeGreaterThan(50);
  });
});
