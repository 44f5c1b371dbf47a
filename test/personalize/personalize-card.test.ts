import { describe, expect, it } from "vitest";
import {
  keyCheck,
  LIFECYCLE,
  MESSAGE_TYPE,
  NO_LIMIT,
  type Reader,
  seal,
  select,
  send,
  UPDATE_FLAG,
  update,
  updateMessage,
} from "../../apdu/index.js";
import { openSecureChannel } from "../../apdu/secure-channel/index.js";
import { bytesToHex, concatBytes, hexToBytes, sat } from "../../common/index.js";
import { undiversified } from "../../keys/index.js";
import {
  batchStatus,
  inspectCard,
  PersonalizationError,
  PinLetters,
  personalizeOne,
  readPinLetters,
  resetCard,
  retryChip,
} from "../../personalize/index.js";
import { connectCard, provisionCard, type SimulatedCard, TornError } from "../../simulator/index.js";
import { CARD_ID, PERSONALIZATION } from "../simulator/fixture.js";
import {
  CHEAP,
  FACTORY_VERSION,
  factoryCard,
  freshPath,
  keys,
  NODE_URI,
  newBatch,
  OWN_VERSION,
  PASSPHRASE,
  ROTATING,
  readerWith,
  WITHOUT_PIN,
} from "./fixture.js";

const lifecycle = async (card: SimulatedCard): Promise<number> =>
  (await send(connectCard(card), select, {})).profile.lifecycle;

/** A reader whose cards' answers go through `change`. */
function changing(
  reader: Reader,
  change: (command: string, response: Uint8Array) => Promise<Uint8Array>,
): Reader {
  return {
    name: reader.name,
    waitForRemoval: (signal) => reader.waitForRemoval(signal),
    async waitForCard(signal) {
      const connection = await reader.waitForCard(signal);
      return {
        atr: connection.atr,
        close: () => connection.close(),
        transmit: async (command) => change(bytesToHex(command), await connection.transmit(command)),
      };
    },
  };
}

/** Gives the card an update of its issuer that blocks it. */
async function block(card: SimulatedCard, cardId: Uint8Array, publicKey: Uint8Array): Promise<void> {
  const [set] = keys.keySets();
  const sealKey = set && keys.sealKey(set.id);
  if (!set || !sealKey) throw new Error("no key set");
  const fields = {
    cardId,
    sequence: 1,
    flags: UPDATE_FLAG.BLOCKED,
    reserved: undefined,
    credit: sat(50_000),
    maxPerTransaction: sat(25_000),
    pinThreshold: NO_LIMIT,
    noPinBudget: NO_LIMIT,
    maxTransactions: 0xffffffff,
    keyCheck: keyCheck(publicKey),
  };
  const { digest, unsigned } = updateMessage.digest(fields, set.id);
  const body = concatBytes(unsigned, await keys.signUpdate(set.id, digest));
  const sealedUpdate = seal(MESSAGE_TYPE.UPDATE, set.id, sealKey, new Uint8Array(16), body);
  const connection = connectCard(card);
  await send(connection, select, {});
  await send(connection, update, { sealedUpdate });
}

const LONGEST_URI = `${NODE_URI.slice(0, 67)}${"a".repeat(63)}.${"b".repeat(62)}.c:9735`;

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "none",
    (error: unknown) => {
      if (!(error instanceof PersonalizationError)) throw error;
      expect(error.hint, error.message).toBeTruthy();
      return error.code;
    },
  );

describe("one card", () => {
  it.each([
    [{}, 11],
    [{ randomChallenge: true }, 11],
    [{ plainResponses: true }, 11],
    [{ s16: true }, 12],
  ])("is made in at most 12 APDUs, with the longest node URI: %o", async (options, apdus) => {
    const batch = newBatch({ ...WITHOUT_PIN, "node-uri": LONGEST_URI });
    const card = factoryCard(options);
    const made = await personalizeOne(readerWith(card), batch);
    expect(made).toMatchObject({ how: "made", number: "0001" });
    expect(made.apdus).toBe(apdus);
    expect(await lifecycle(card)).toBe(LIFECYCLE.PERSONALIZED);
    const [active] = batch.registry.inState("active");
    expect(active).toMatchObject({ cardId: made.cardId, label: "0001", credit: 50_000_000n });
    expect(batch.registry.cards.size).toBe(1);
    expect(batch.journal.counts()).toMatchObject({ done: 1, open: 0 });
    const seen = await inspectCard(connectCard(card), keys, batch.registry);
    expect(seen).toMatchObject({
      genuine: true,
      registered: "active",
      credit: 50_000_000n,
      pinSet: false,
      counter: 0,
    });
  });

  it.each([
    [{}, 18],
    [{ s16: true }, 19],
  ])(
    "gets new keys in at most 19 APDUs, and the old ones are worth nothing any more: %o",
    async (options, apdus) => {
      const batch = newBatch({ ...ROTATING, "node-uri": LONGEST_URI });
      const card = factoryCard(options);
      const made = await personalizeOne(readerWith(card), batch);
      expect(made.apdus).toBe(apdus);
      const open = (keyVersion: number) =>
        openSecureChannel(connectCard(card), {
          keyVersion,
          staticKeys: ({ diversification }) => keys.cardKeys(keyVersion, diversification),
        });
      expect((await open(OWN_VERSION)).isOpen).toBe(true);
      await expect(open(FACTORY_VERSION)).rejects.toMatchObject({ code: "unknown-key-version" });
    },
  );

  it("gets a random PIN whose letter only the passphrase opens", async () => {
    const path = freshPath("letters");
    const pinLetters = await PinLetters.create(path, PASSPHRASE, { scrypt: CHEAP, durable: false });
    const batch = { ...newBatch({}), pinLetters };
    const card = factoryCard();
    const { cardId } = await personalizeOne(readerWith(card), batch);
    pinLetters.close();
    const [letter] = await readPinLetters(path, PASSPHRASE, (id) => bytesToHex(id) === bytesToHex(cardId));
    expect(letter).toMatchObject({ card: bytesToHex(cardId), number: "0001", holder: "" });
    expect(letter?.pin).toMatch(/^\d{4}$/);
    const block = hexToBytes(`24${letter?.pin}ffffffffff`);
    const connection = connectCard(card);
    expect((await send(connection, select, {})).profile.pinSet).toBe(true);
    const verify = Uint8Array.of(0x00, 0x20, 0x00, 0x80, 8, ...block);
    expect(bytesToHex(await connection.transmit(verify))).toBe("9000");
    await expect(readPinLetters(path, new Uint8Array([1]))).rejects.toMatchObject({
      code: "wrong-passphrase",
    });
  });
});

/** A reader that clears bits of "i" in what the card answers to INITIALIZE UPDATE. */
const clearing = (card: SimulatedCard, bits: number): Reader =>
  changing(readerWith(card), async (command, response) => {
    const changed = Uint8Array.from(response);
    if (command.startsWith("8050") && changed.length > 12) changed[12] = (changed[12] ?? 0) & ~bits;
    return changed;
  });

describe("a reader that hides what the card offers", () => {
  const requiring = (responses: string) =>
    newBatch({ ...WITHOUT_PIN, "card-keys": { version: FACTORY_VERSION, responses } });
  const levels = (batch: ReturnType<typeof newBatch>) =>
    [...batch.journal.chips.values()].map(({ level }) => level);

  it("is refused where the profile requires protected responses, and another reader makes the card", async () => {
    for (const [responses, bits] of [
      ["mac", 0x60],
      ["encrypted", 0x60],
      ["encrypted", 0x40],
    ] as const) {
      const batch = requiring(responses);
      const card = factoryCard();
      expect(await codeOf(personalizeOne(clearing(card, bits), batch))).toBe("unprotected");
      expect(await codeOf(personalizeOne(clearing(card, bits), batch))).toBe("unprotected");
      expect([batch.registry.cards.size, levels(batch)]).toEqual([0, [undefined]]);
      await personalizeOne(readerWith(card), batch);
      expect(levels(batch)).toEqual([0x33]);
    }
  });

  it("is written down where the profile takes what is offered", async () => {
    for (const [responses, bits, level, channels] of [
      ["as-offered", 0x60, 0x03, { encrypted: 0, mac: 0, clear: 1 }],
      ["mac", 0x40, 0x13, { encrypted: 0, mac: 1, clear: 0 }],
    ] as const) {
      const batch = requiring(responses);
      await personalizeOne(clearing(factoryCard(), bits), batch);
      expect(levels(batch)).toEqual([level]);
      expect(batchStatus(batch.journal).channels).toEqual(channels);
    }
  });
});

describe("a card that cannot be made", () => {
  it("with other keys under our version: one attempt, remembered; another only when the operator says so", async () => {
    const batch = newBatch();
    const card = factoryCard({ keys: () => undiversified(FACTORY_VERSION, new Uint8Array(16).fill(1)) });
    const before = card.dump().length;
    expect(await codeOf(personalizeOne(readerWith(card), batch))).toBe("wrong-keys");
    expect(await codeOf(personalizeOne(readerWith(card), batch))).toBe("locked");
    expect(card.dump()).toHaveLength(before);
    expect(batch.registry.cards.size).toBe(0);
    const [chip = ""] = batch.journal.chips.keys();
    retryChip(batch.journal, chip);
    expect(await codeOf(personalizeOne(readerWith(card), batch))).toBe("wrong-keys");
    expect(() => retryChip(batch.journal, "00")).toThrow(PersonalizationError);
  });

  it("with no keys of our version: nothing is tried", async () => {
    const batch = newBatch();
    const card = factoryCard({ keys: () => undiversified(3, new Uint8Array(16)) });
    expect(await codeOf(personalizeOne(readerWith(card), batch))).toBe("wrong-keys");
    expect(
      await codeOf(
        personalizeOne(readerWith(factoryCard({ keys: () => undiversified(3, new Uint8Array(16)) })), batch),
      ),
    ).toBe("wrong-keys");
    expect(batch.journal.chips.size).toBe(0);
  });

  it("without a security domain", async () => {
    const { card } = provisionCard(PERSONALIZATION);
    expect(await codeOf(personalizeOne(readerWith(card), newBatch()))).toBe("unsupported-card");
  });

  it("already personalized, by this issuer's other batch or by another issuer", async () => {
    const card = factoryCard();
    await personalizeOne(readerWith(card), newBatch());
    expect(await codeOf(personalizeOne(readerWith(card), newBatch()))).toBe("already-personalized");
  });

  it("blocked by its issuer; after a reset it can be personalized again", async () => {
    const batch = newBatch();
    const card = factoryCard();
    const { cardId } = await personalizeOne(readerWith(card), batch);
    await block(card, cardId, batch.registry.inState("active")[0]?.publicKey ?? new Uint8Array(0));
    expect(await codeOf(personalizeOne(readerWith(card), newBatch()))).toBe("blocked");
    await resetCard(connectCard(card), batch);
    expect((await personalizeOne(readerWith(card), batch)).how).toBe("made");
  });

  it("done already, and one too many", async () => {
    const batch = newBatch();
    const card = factoryCard();
    await personalizeOne(readerWith(card), batch);
    expect(await codeOf(personalizeOne(readerWith(card), batch))).toBe("not-needed");
    expect(await codeOf(personalizeOne(readerWith(factoryCard()), batch))).toBe("not-needed");
  });

  it.each([
    ["80ca9f7f00", "6a88", "unsupported-card", "no production data"],
    ["80ca00e000", "e008c0060101801002019000", "unsupported-card", "SCP02"],
    ["00a4040008f04348455155450100", "6a82", "no-application", "no application"],
    ["84468000", "6f00", "unsupported-card", "no secp256k1"],
    ["84468000", "6a81", "unsupported-card", "function not supported"],
    ["84e2", "6a84", "no-room", "no room"],
    ["84e2", "6985", "mismatch", "incomplete"],
  ])("%s answered %s: %s (%s)", async (start, answer, code) => {
    const batch = newBatch();
    const changed = changing(readerWith(factoryCard()), async (command, response) =>
      command.startsWith(start) ? hexToBytes(answer) : response,
    );
    expect(await codeOf(personalizeOne(changed, batch))).toBe(code);
    expect(batch.registry.inState("active")).toHaveLength(0);
  });

  it("whose proof of its key is wrong, or who answers for another card", async () => {
    const other = factoryCard();
    await personalizeOne(readerWith(other), newBatch());
    const cases = {
      "bad-proof": async (command: string, response: Uint8Array) => {
        const changed = response.slice();
        if (command.startsWith("844680")) changed[100] = (changed[100] ?? 0) ^ 1;
        return changed;
      },
      mismatch: async (command: string, response: Uint8Array) => {
        if (!command.startsWith("80320000")) return response;
        const second = connectCard(other);
        await send(second, select, {});
        return second.transmit(hexToBytes(command));
      },
    };
    for (const [code, change] of Object.entries(cases)) {
      const batch = newBatch();
      const reader = changing(readerWith(factoryCard({ plainResponses: true })), change);
      expect(await codeOf(personalizeOne(reader, batch))).toBe(code);
      expect(batch.registry.inState("active")).toHaveLength(0);
    }
  });
});

describe("reset", () => {
  it("retires the id first, and the chip becomes a card with another id", async () => {
    const batch = newBatch(WITHOUT_PIN, 1);
    const card = factoryCard();
    const first = await personalizeOne(readerWith(card), batch);
    const reset = await resetCard(connectCard(card), batch);
    expect(reset.cardId).toEqual(first.cardId);
    expect(await lifecycle(card)).toBe(LIFECYCLE.BLANK);
    expect(batch.registry.inState("retired")).toHaveLength(1);
    expect(batch.journal.counts().open).toBe(1);
    const second = await personalizeOne(readerWith(card), batch);
    expect(second.cardId).not.toEqual(first.cardId);
    expect(batch.registry.inState("active").map((entry) => entry.cardId)).toEqual([second.cardId]);
    const [before, after] = [...batch.registry.cards.values()];
    expect(after?.card.publicKey).not.toEqual(before?.card.publicKey);
  });

  it("works after the keys were rotated, and for a batch that never saw the card", async () => {
    const batch = newBatch(ROTATING);
    const card = factoryCard();
    await personalizeOne(readerWith(card), batch);
    await resetCard(connectCard(card), { ...newBatch(ROTATING), registry: batch.registry });
    expect(await lifecycle(card)).toBe(LIFECYCLE.BLANK);
    const again = await personalizeOne(readerWith(card), newBatch(ROTATING));
    expect(again.how).toBe("made");
    expect(again.apdus).toBe(10);
  });

  it("leaves cards alone that are in no registry, and those of another issuer", async () => {
    const batch = newBatch();
    const card = factoryCard();
    await personalizeOne(readerWith(card), batch);
    expect(await codeOf(resetCard(connectCard(card), newBatch()))).toBe("unknown-card");
    const stranger = { ...keys, sealKey: () => undefined };
    expect(await codeOf(resetCard(connectCard(card), { ...batch, keys: stranger }))).toBe(
      "already-personalized",
    );
    expect(await lifecycle(card)).toBe(LIFECYCLE.PERSONALIZED);
    expect(batch.registry.inState("active")).toHaveLength(1);
  });

  it("torn at every point leaves a card that is retired before it is blank, and can be done again", async () => {
    let torn = 0;
    for (let apdu = 1; apdu <= 10; apdu++)
      for (const point of ["before-command", "after-command", 1, 2, 3, 4, 5, 6, 7, 8, 12, 16] as const) {
        const batch = newBatch();
        const card = factoryCard();
        await personalizeOne(readerWith(card), batch);
        const connection = connectCard(card);
        let count = 0;
        const wire = {
          transmit(command: Uint8Array) {
            if (++count === apdu) card.tearAt(typeof point === "number" ? { write: point } : point);
            return connection.transmit(command);
          },
        };
        const failed = await resetCard(wire, batch).then(
          () => false,
          (error: unknown) => error instanceof TornError,
        );
        if (!failed) continue;
        torn++;
        if ((await lifecycle(card)) === LIFECYCLE.BLANK)
          expect(batch.registry.inState("active")).toHaveLength(0);
        await resetCard(connectCard(card), batch);
        expect(await lifecycle(card)).toBe(LIFECYCLE.BLANK);
        expect(batch.registry.inState("active")).toHaveLength(0);
      }
    expect(torn).toBeGreaterThan(20);
  });
});

describe("a card id", () => {
  it("is never one that was given before", async () => {
    const batch = newBatch(WITHOUT_PIN, 2);
    const ids = [CARD_ID, CARD_ID, CARD_ID, hexToBytes("0908070605040302")];
    const random = (length: number) =>
      length === 8 ? (ids.shift() ?? new Uint8Array(8)) : crypto.getRandomValues(new Uint8Array(length));
    // The first 8 random bytes of a card are its host challenge.
    ids.unshift(new Uint8Array(8).fill(1));
    const first = await personalizeOne(readerWith(factoryCard()), { ...batch, random });
    expect(first.cardId).toEqual(CARD_ID);
    const second = await personalizeOne(readerWith(factoryCard()), { ...batch, random });
    expect(second.cardId).toEqual(hexToBytes("0908070605040302"));
  });
});
