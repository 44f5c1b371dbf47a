import { describe, expect, it } from "vitest";
import { LEVEL, type Reader, type Transport } from "../../apdu/index.js";
import { encodePutKey, openSecureChannel } from "../../apdu/secure-channel/index.js";
import { bytesToHex, ChequecardError, hexToBytes } from "../../common/index.js";
import { undiversified } from "../../keys/index.js";
import {
  batchStatus,
  describeProfile,
  inspectCard,
  PersonalizationError,
  personalizeOne,
  probeCard,
  releaseCard,
  resetCard,
} from "../../personalize/index.js";
import { connectCard, type SimulatedCard, type TearPoint, TornError } from "../../simulator/index.js";
import {
  FACTORY,
  FACTORY_VERSION,
  factoryCard,
  keys,
  newBatch,
  OWN_VERSION,
  profileOf,
  ROTATING,
  readerWith,
  WITHOUT_PIN,
} from "./fixture.js";

/** What the cards in this file were seen to answer: production data, key information, SELECT without an AID. */
const PRODUCTION = "47906a1582314176009661330000114a1424114261331143613311446133130b00000000000000000000";
const DOMAIN = "6f108408a000000151000000a5049f6501ff9000";

interface Answers {
  /** By the first bytes of the command; the longest that fits counts. */
  readonly [start: string]: string;
}

/** A card of another maker, as far as it is read before authentication. The application is not on it. */
function soldCard(answers: Answers): { readonly card: Transport; readonly commands: string[] } {
  const all: Answers = {
    "00a40400": DOMAIN,
    "00a4040008f043484551554501": "6a82",
    "80ca9f7f": `9f7f2a${PRODUCTION}9000`,
    "80ca00e0": "e012c00401018810c00402018810c004030188109000",
    ...answers,
  };
  const commands: string[] = [];
  const card: Transport = {
    async transmit(bytes) {
      const text = bytesToHex(bytes);
      commands.push(text);
      const [start = ""] = Object.keys(all)
        .filter((key) => text.startsWith(key))
        .sort((a, b) => b.length - a.length);
      return hexToBytes(all[start] ?? "6d00");
    },
  };
  return { card, commands };
}

const failure = async (run: Promise<unknown>): Promise<ChequecardError> => {
  const error = await run.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ChequecardError)) throw error ?? new Error("nothing failed");
  return error;
};
/** No sentence for a till reaches who makes cards. */
const expectForMakers = (error: ChequecardError): void =>
  expect(`${error.message} ${error.hint}`).not.toMatch(/customer|PIN|payment|amount|terminal/);

describe("what a card says before a key is tried", () => {
  it.each([
    ["AES-256", "e012c00401018820c00402018820c004030188209000", "are AES-256, need AES-128"],
    ["AES-192", "e012c00401018818c00402018818c004030188189000", "are AES-192, need AES-128"],
    ["AES-256 in the extended format", "e00ac0080101ff88002000009000", "are AES-256, need AES-128"],
    ["DES", "e008c0060101801002019000", "SCP01 or SCP02 (DES)"],
  ])("names keys of %s", async (_kind, keyInformation, sentence) => {
    const error = await failure(probeCard(soldCard({ "80ca00e0": keyInformation }).card));
    expect(error).toMatchObject({ code: "unsupported-card", message: expect.stringContaining(sentence) });
    expectForMakers(error);
  });

  it.each([
    ["in the extended format", "e021c0090101ff880010011401c0090201ff880010011401c0090301ff8800100114019000"],
    ["behind a byte 00", "00e012c00401018810c00402018810c004030188109000"],
    ["not at all", "6a88"],
    ["only to those who authenticate", "6982"],
    ["of DES and AES under one version", "e00cc00401018210c004010188109000"],
  ])("takes key information %s", async (_form, keyInformation) => {
    const error = await failure(probeCard(soldCard({ "80ca00e0": keyInformation }).card));
    expect(error.code).toBe("no-application");
  });

  it.each(["6982", "6985", "6e00", "6d00", "6a88"])(
    "says that production data are refused with %s",
    async (sw) => {
      const error = await failure(probeCard(soldCard({ "80ca9f7f": sw }).card));
      expect(error.message).toBe(
        `the card does not tell its production data (9F7F): it answered ${sw.toUpperCase()}`,
      );
      expectForMakers(error);
    },
  );

  it.each([
    ["without its tag", PRODUCTION, "no-application"],
    ["of FF", `9f7f2a${"ff".repeat(42)}`, "unsupported-card"],
    ["of 00", `9f7f2a${"00".repeat(42)}`, "unsupported-card"],
    [
      "with text for a serial number",
      `9f7f2a${PRODUCTION.slice(0, 24)}6e6e6e50${PRODUCTION.slice(32)}`,
      "unsupported-card",
    ],
  ])("names the chip by production data %s: %s %s", async (_form, data, code) => {
    const error = await failure(probeCard(soldCard({ "80ca9f7f": `${data}9000` }).card));
    expect(error.code).toBe(code);
  });

  it.each([
    ["without an AID", "none", 1],
    ["under GlobalPlatform's AID", "a000000151000000", 2],
    ["under the AID of older cards", "a000000003000000", 3],
    ["under Gemalto's AID", "a000000018434d00", 4],
  ])("finds the issuer security domain %s", async (_where, aid, selects) => {
    const start = aid === "none" ? "00a4040000" : `00a4040008${aid}`;
    const { card, commands } = soldCard({ "00a40400": "6a82", [start]: DOMAIN });
    expect((await failure(probeCard(card))).code).toBe("no-application");
    expect(commands.slice(0, selects + 1)).toMatchObject([
      ...Array.from({ length: selects }, () => expect.stringMatching(/^00a40400/)),
      "80ca9f7f00",
    ]);
  });

  it("refuses a version whose keys are of another kind, and tries none", async () => {
    const batch = newBatch({ ...WITHOUT_PIN, "card-keys": { version: OWN_VERSION } });
    const error = await failure(
      personalizeOne(answering(factoryCard(), { "80ca00e0": "e00cc00401ff8810c004012088209000" }), batch),
    );
    expect(error).toMatchObject({
      code: "unsupported-card",
      message: "the card's keys of version 32 are AES-256, need AES-128 (SCP03)",
    });
    expect(batch.journal.chips.size).toBe(0);
  });
});

/** A reader whose card gives some answers that are not its own. */
function answering(card: SimulatedCard, answers: Answers): Reader {
  return changing(readerWith(card), async (command, response) => {
    const start = Object.keys(answers).find((key) => command.startsWith(key));
    return start === undefined ? response : hexToBytes(answers[start] ?? "");
  });
}

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

describe("an unexpected answer while a card is made", () => {
  it.each([
    ["8050", "6d00", "unsupported-card"],
    ["8050", "6e00", "unsupported-card"],
    ["8050", "6881", "unsupported-card"],
    ["8050", "6a80", "unsupported-card"],
    ["8050", "6a86", "unknown-key-version"],
    ["8050", "6982", "locked"],
    ["8050", "6985", "locked"],
    ["8050", "6f00", "card-refused"],
    ["8482", "6982", "locked"],
    ["84d8", "6982", "card-refused"],
    ["84d8", "6a80", "card-refused"],
    ["80320000", "6985", "card-refused"],
    ["80320000", "6a80", "card-refused"],
  ])("%s answered %s has a sentence for who makes cards: %s", async (start, answer, code) => {
    const batch = newBatch(ROTATING);
    const error = await failure(personalizeOne(answering(factoryCard(), { [start]: answer }), batch));
    expect(error.code).toBe(code);
    expect(error.hint).toBeTruthy();
    expectForMakers(error);
  });

  it("has one where a card is read or reset too", async () => {
    const batch = newBatch();
    const card = factoryCard();
    await personalizeOne(readerWith(card), batch);
    const wire = await answering(card, { "80320000": "6985" }).waitForCard();
    for (const run of [() => inspectCard(wire, keys, batch.registry), () => resetCard(wire, batch)]) {
      const error = await failure(run());
      expect(error).toMatchObject({ code: "card-refused", message: "IDENTIFY: the card answered 6985" });
      expectForMakers(error);
    }
  });
});

describe("new keys for a card with factory keys", () => {
  const open = (card: SimulatedCard, keyVersion: number) =>
    openSecureChannel(connectCard(card), {
      keyVersion,
      staticKeys: ({ diversification }) => keys.cardKeys(keyVersion, diversification),
    });

  it("are added, for P1 of PUT KEY has no room for version 255", async () => {
    const commands: string[] = [];
    const card = factoryCard();
    const reader = changing(readerWith(card), async (command, response) => {
      commands.push(command);
      return response;
    });
    await personalizeOne(reader, newBatch(ROTATING));
    expect(commands.filter((command) => command.startsWith("84d8"))).toEqual([
      expect.stringMatching(/^84d80081/),
    ]);
    expect((await open(card, OWN_VERSION)).isOpen).toBe(true);
    expect(await failure(open(card, FACTORY_VERSION))).toMatchObject({ code: "unknown-key-version" });
    expect(() => encodePutKey(FACTORY_VERSION, OWN_VERSION, undiversified(1, FACTORY), FACTORY)).toThrow(
      "version to replace: need 0 to 127, have 255",
    );
  });

  it("take the place of keys of that version which a card has beside the factory's", async () => {
    const told = "e018c00401ff8810c00402ff8810c00401208810c004022088109000";
    const commands: string[] = [];
    const reader = changing(readerWith(factoryCard()), async (command, response) => {
      commands.push(command);
      return command.startsWith("80ca00e0") ? hexToBytes(told) : response;
    });
    // The simulated card has none under that version, and says so.
    expect(await failure(personalizeOne(reader, newBatch(ROTATING)))).toMatchObject({ code: "card-refused" });
    expect(commands.filter((command) => command.startsWith("84d8"))).toEqual([
      expect.stringMatching(/^84d82081/),
    ]);
  });

  it("come to a card that tells its keys to nobody, and nothing is said of the old ones", async () => {
    const batch = newBatch(ROTATING);
    const silent = answering(factoryCard({ keepsFactoryKeys: true }), {
      "80ca00e0": "6a88",
      "84ca00e0": "6a88",
    });
    expect(await personalizeOne(silent, batch)).toMatchObject({ how: "made", keepsFactoryKeys: false });
  });

  it("of a version that some cards refuse come with advice", () => {
    const advice = "Some cards take new keys under versions 48 to 63 only, not under 32.";
    expect(describeProfile(profileOf(ROTATING))).toContain(advice);
    const good = profileOf({ ...WITHOUT_PIN, "card-keys": { "rotate-to": 48 } });
    expect(describeProfile(good).join(" ")).not.toContain("48 to 63");
  });
});

describe("a card that encrypts responses wrongly", () => {
  /** Garbles protected responses of a channel of level 33. */
  const broken = (card: SimulatedCard): Reader => {
    let encrypted = false;
    return changing(readerWith(card), async (command, response) => {
      if (command.startsWith("8482")) encrypted = command.startsWith("848233");
      const changed = response.slice();
      if (encrypted && /^84(46|e2)/.test(command) && changed.length > 2) changed[0] = (changed[0] ?? 0) ^ 1;
      return changed;
    });
  };
  const responding = (responses: string) =>
    newBatch({ ...WITHOUT_PIN, "card-keys": { version: FACTORY_VERSION, responses } });

  it("is named with the way out, and made where the profile turns encryption off, which the journal says", async () => {
    const error = await failure(personalizeOne(broken(factoryCard()), responding("as-offered")));
    expect(error).toMatchObject({ code: "mismatch", hint: expect.stringContaining("responses: mac-only") });
    const batch = responding("mac-only");
    await personalizeOne(broken(factoryCard()), batch);
    expect([...batch.journal.chips.values()].map(({ level }) => level)).toEqual([
      LEVEL.C_MAC | LEVEL.C_DECRYPTION | LEVEL.R_MAC,
    ]);
    expect(batchStatus(batch.journal).channels).toEqual({ encrypted: 0, mac: 1, clear: 0 });
    expect(describeProfile(batch.profile)).toContain(
      "A card is written only through a channel whose responses are authenticated and never encrypted.",
    );
  });

  it("still has to authenticate its responses", async () => {
    const error = await failure(
      personalizeOne(readerWith(factoryCard({ plainResponses: true })), responding("mac-only")),
    );
    expect(error.code).toBe("unprotected");
  });
});

describe("two chips with one serial number", () => {
  const serial = hexToBytes("00000badcafe");
  const twin = () => factoryCard({ serial });
  const make = (reader: Reader, batch: ReturnType<typeof newBatch>): Promise<string> =>
    personalizeOne(reader, batch).then(
      ({ how }) => how,
      (error: unknown) => {
        if (error instanceof TornError) return "torn";
        if (!(error instanceof PersonalizationError)) throw error;
        expect(error.hint).toBeTruthy();
        return error.code;
      },
    );

  it("never retire a good card, and the second one is refused", async () => {
    const batch = newBatch(WITHOUT_PIN, 2);
    const [first, second] = [twin(), twin()];
    expect(await make(readerWith(first), batch)).toBe("made");
    expect(await make(readerWith(second), batch)).toBe("same-chip-name");
    const reset = await resetCard(connectCard(second), batch);
    expect(reset.cardId).toBeUndefined();
    expect(batch.journal.counts()).toMatchObject({ done: 1, open: 1 });
    expect(await make(readerWith(second), batch)).toBe("same-chip-name");
    expect(batch.registry.inState("active")).toHaveLength(1);
    expect(await make(readerWith(first), batch)).toBe("not-needed");
    // A card that another batch made on such a chip is reset alone.
    const other = { ...newBatch(WITHOUT_PIN), registry: batch.registry };
    expect(await make(readerWith(second), other)).toBe("made");
    await resetCard(connectCard(second), batch);
    expect(batch.journal.counts()).toMatchObject({ done: 1, open: 1 });
    expect(await inspectCard(connectCard(first), keys, batch.registry)).toMatchObject({
      registered: "active",
      genuine: true,
    });
  });

  it("with the first one torn at any point: it is finished, made or named, and never done already", async () => {
    const seen = new Map<string, number>();
    const points: TearPoint[] = ["before-command", "after-command"];
    for (const point of points)
      for (let nth = 5; nth <= 16; nth++) {
        const batch = newBatch(ROTATING, 2);
        const [first, second] = [twin(), twin()];
        let count = 0;
        const tearing = changing(readerWith(first), async (_command, response) => response);
        const torn: Reader = {
          ...tearing,
          async waitForCard(signal) {
            const connection = await tearing.waitForCard(signal);
            return {
              atr: connection.atr,
              close: () => connection.close(),
              transmit(command) {
                if (++count === nth) first.tearAt(point);
                return connection.transmit(command);
              },
            };
          },
        };
        expect(await make(torn, batch)).toBe("torn");
        const made = await make(readerWith(second), batch);
        const again = await make(readerWith(first), batch);
        seen.set(`${made}, ${again}`, (seen.get(`${made}, ${again}`) ?? 0) + 1);
        const active = batch.registry.inState("active");
        expect(active.length).toBeGreaterThan(0);
        expect(batch.registry.inState("pending")).toHaveLength(0);
        const done = await Promise.all(
          [first, second].map((card) =>
            inspectCard(connectCard(card), keys, batch.registry).catch(() => undefined),
          ),
        );
        const good = done.filter((card) => card?.genuine && card.registered === "active");
        expect(good).toHaveLength(active.length);
        if (again === "given-up") {
          await resetCard(connectCard(first), batch);
          expect(await make(readerWith(first), batch)).toBe("same-chip-name");
        }
      }
    expect([...seen.keys()].sort()).toEqual([
      "made, given-up",
      "made, same-chip-name",
      "same-chip-name, finished",
    ]);
  });

  it("are distinguished by what they sign: the chip of a card that was given up is known again", async () => {
    const batch = newBatch(WITHOUT_PIN, 1);
    const card = factoryCard();
    let count = 0;
    const connection = connectCard(card);
    const reader: Reader = {
      name: "torn",
      waitForRemoval: () => Promise.resolve(),
      waitForCard: async () => ({
        atr: new Uint8Array(),
        close: async () => undefined,
        transmit(command) {
          if (++count === 10) card.tearAt("before-command");
          return connection.transmit(command);
        },
      }),
    };
    expect(await make(reader, batch)).toBe("torn");
    await releaseCard(batch.journal, batch.registry, "0001");
    expect(await make(readerWith(card), batch)).toBe("given-up");
  });
});
