import { describe, expect, it } from "vitest";
import { generateKeyPair, LIFECYCLE, reset, send } from "../../apdu/index.js";
import { openSecureChannel, type SecureChannel } from "../../apdu/secure-channel/index.js";
import { hexToBytes, secp256k1 } from "../../common/index.js";
import { inspectCard, personalizeOne } from "../../personalize/index.js";
import { connectCard, type SimulatedCard, TornError } from "../../simulator/index.js";
import { factoryCard, keys, newBatch, readerWith } from "../personalize/fixture.js";
import { bytes, hex, SELECT } from "./fixture.js";

const cell = (card: SimulatedCard, name: string): string =>
  hex(card.image().cells[`card-application/${name}`] ?? new Uint8Array());
const isZero = (text: string): boolean => /^0*$/.test(text);
const lifecycleShown = (card: SimulatedCard): number => card.exchange(SELECT)[16] ?? 0;

async function channelTo(card: SimulatedCard): Promise<SecureChannel> {
  const wire = connectCard(card);
  await wire.transmit(bytes(`${hex(SELECT)}00`));
  return openSecureChannel(wire, {
    keyVersion: 255,
    staticKeys: ({ diversification }) => keys.cardKeys(255, diversification),
  });
}

/** True when the run was torn. */
async function torn(run: Promise<unknown>): Promise<boolean> {
  return run.then(
    () => false,
    (error: unknown) => {
      if (error instanceof TornError) return true;
      throw error;
    },
  );
}

const CHALLENGE = new Uint8Array(16).fill(7);

describe("the keys of a card, which take part in no transaction", () => {
  it("torn in GENERATE KEY PAIR there is the old key, no key or the new one, never a half", async () => {
    const found = new Set<string>();
    for (let write = 1; ; write++) {
      const card = factoryCard();
      card.powerOn();
      await send(await channelTo(card), generateKeyPair, { challenge: CHALLENGE });
      const before = cell(card, "point");
      const channel = await channelTo(card);
      card.tearAt({ write });
      if (!(await torn(send(channel, generateKeyPair, { challenge: CHALLENGE })))) break;
      card.powerOn();
      const [secret, point] = [cell(card, "secret-key"), cell(card, "point")];
      found.add(isZero(point) ? "none" : point === before ? "old" : "new");
      if (!isZero(point)) expect(hex(secp256k1.publicKey(hexToBytes(secret), false))).toBe(point);
    }
    expect([...found]).toEqual(["old", "none"]);
  });

  it("a key that was torn away does not make a card: the last STORE DATA is refused until there is another", async () => {
    const batch = newBatch();
    const card = factoryCard();
    card.powerOn();
    const channel = await channelTo(card);
    card.tearAt({ write: 3 });
    expect(await torn(send(channel, generateKeyPair, { challenge: CHALLENGE }))).toBe(true);
    card.powerOn();
    const again = await channelTo(card);
    const group = (dgi: string, value: string) =>
      `${dgi}${(value.length / 2).toString(16).padStart(2, "0")}${value}`;
    const groups = [
      group("0101", "00".repeat(12)),
      group("0102", "61"),
      group("0103", hex(secp256k1.publicKey(new Uint8Array(32).fill(1), false))),
      group("0104", `${"00".repeat(36)}00`),
      group("8101", "11".repeat(16)),
    ].join("");
    const store = bytes(`84e28800${(groups.length / 2).toString(16)}${groups}`);
    expect(hex(await again.transmit(store))).toBe("6985");
    await send(again, generateKeyPair, { challenge: CHALLENGE });
    expect(hex(await again.transmit(store))).toBe("9000");
    expect(batch.registry.cards.size).toBe(0);
  });

  it("a torn RESET is finished at the next SELECT, whatever is torn there: nothing of the card is left", async () => {
    const made = factoryCard();
    const batch = newBatch();
    await personalizeOne(readerWith(made), batch);
    const image = made.image();
    const blank = factoryCard();
    blank.powerOn();
    const empty = Object.keys(image.cells).filter((name) => name.startsWith("card-application/"));
    let finished = 0;
    for (let write = 1, isOver = false; !isOver; write++)
      for (let second = 1; ; second++) {
        const card = factoryCard({}, { image });
        card.powerOn();
        const channel = await channelTo(card);
        card.tearAt({ write });
        isOver = !(await torn(send(channel, reset, {})));
        card.powerOn();
        if (isOver) break;
        if (cell(card, "lifecycle") === "0f") {
          expect(await inspectCard(connectCard(card), keys, batch.registry)).toMatchObject({ genuine: true });
          break;
        }
        card.tearAt({ write: second });
        const isTorn = await torn(Promise.resolve().then(() => card.exchange(SELECT)));
        card.powerOn();
        if (!isTorn) card.tearAt(undefined);
        expect(lifecycleShown(card)).toBe(LIFECYCLE.BLANK);
        for (const name of empty)
          if (!name.endsWith("/lifecycle"))
            expect(isZero(hex(card.image().cells[name] ?? bytes("ff"))), name).toBe(true);
        finished++;
        if (!isTorn) break;
      }
    expect(finished).toBeGreaterThan(30);
  });
});
