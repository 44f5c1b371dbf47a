import { describe, expect, it } from "vitest";
import { LIFECYCLE, type Reader, select, send, verifyCertificate } from "../../apdu/index.js";
import { bytesToHex, formatMsat, secp256k1 } from "../../common/index.js";
import { openSession } from "../../host/card-session.js";
import {
  describeProfile,
  inspectCard,
  Journal,
  PersonalizationError,
  personalizeOne,
} from "../../personalize/index.js";
import { connectCard, type SimulatedCard, TornError } from "../../simulator/index.js";
import {
  factoryCard,
  freshPath,
  keys,
  newBatch,
  newJournal,
  profileOf,
  readerWith,
  tearing,
  WITHOUT_PIN,
} from "./fixture.js";

const NOW = 1_800_000_000;
const now = () => NOW * 1000;
const UNTIL = { offline: { limit: "20000sat", "valid-until": "2029-12-31" } };
const END = Date.parse("2029-12-31T23:59:59Z") / 1000;
const FOR = { offline: { limit: "20000sat", "valid-for": "730d" } };

const batchOf = (changes: Record<string, unknown> = UNTIL, path?: string) => ({
  ...newBatch({ ...WITHOUT_PIN, ...changes }, 1, path),
  now,
});

const certificateOf = async (card: SimulatedCard) => {
  const sealed = await (await openSession(connectCard(card))).certificate();
  return (
    sealed &&
    verifyCertificate(sealed, {
      sealKeys: (id) => keys.sealKey(id),
      issuerPoint: () => keys.keySets()[0]?.issuerPublicKey,
    })
  );
};

const problemOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => {
      if (!(error instanceof PersonalizationError)) throw error;
      expect(error.hint).toBeTruthy();
      return `${error.code}: ${error.message}`;
    },
  );

describe("a card of a profile with offline", () => {
  it.each([
    ["valid-until", UNTIL, END],
    ["valid-for", FOR, NOW + 730 * 86_400],
  ])(
    "gets a certificate of its issuer for its own key and id, with the end of %s",
    async (_, changes, end) => {
      const batch = batchOf(changes);
      const card = factoryCard();
      const made = await personalizeOne(readerWith(card), batch);
      const terms = { offlineLimit: 20_000_000n, validUntilSeconds: end };
      expect(made).toMatchObject({ how: "made", apdus: 12, certificate: terms });
      const [registered] = batch.registry.inState("active");
      expect(registered?.certificate).toEqual(terms);
      expect(await certificateOf(card)).toEqual({
        cardId: made.cardId,
        cardPoint: secp256k1.convert(registered?.publicKey ?? new Uint8Array(0), true),
        cardKey: registered?.publicKey,
        keySetId: registered?.keySetId,
        flags: 0,
        ...terms,
      });
      const seen = await inspectCard(connectCard(card), keys, batch.registry);
      expect(seen.certificate).toEqual({ ...terms, genuine: true });
    },
  );

  it("gets none without offline, and says so", async () => {
    const batch = batchOf({});
    const card = factoryCard();
    expect(await personalizeOne(readerWith(card), batch)).not.toHaveProperty("certificate");
    expect(await certificateOf(card)).toBeUndefined();
    expect(batch.registry.inState("active")[0]?.certificate).toBeUndefined();
    expect((await inspectCard(connectCard(card), keys, batch.registry)).certificate).toBeUndefined();
  });

  it("keeps the longest node URI beside it, in one block more", async () => {
    const name = `${"a".repeat(63)}.${"b".repeat(62)}.c`;
    const uri = `${profileOf().nodeUri.slice(0, 66)}@${name}:9735`;
    const batch = batchOf({ ...UNTIL, "node-uri": uri });
    const card = factoryCard({ s16: true });
    expect((await personalizeOne(readerWith(card), batch)).apdus).toBeLessThanOrEqual(14);
    expect((await send(connectCard(card), select, {})).nodeUri).toBe(uri);
    expect((await certificateOf(card))?.validUntilSeconds).toBe(END);
  });

  it("torn at any command is finished with the date of its journal, or made again", async () => {
    for (let nth = 1, isTorn = true; isTorn; nth++) {
      for (const point of ["before-command", "after-command"] as const) {
        const path = freshPath();
        const card = factoryCard();
        const first = batchOf(FOR, path);
        isTorn = await personalizeOne(tearing(card, nth, point), first).then(
          () => false,
          (error: unknown) => {
            if (error instanceof TornError) return true;
            throw error;
          },
        );
        first.journal.close();
        // A day later, so that a certificate that is made again has another date.
        const second = {
          ...first,
          journal: Journal.open(path, { durable: false }),
          now: () => (NOW + 86_400) * 1000,
        };
        const known = second.journal.items[0]?.stage === "done";
        if (!known) await personalizeOne(readerWith(card), second);
        const [registered] = first.registry.inState("active");
        const certificate = await certificateOf(card);
        expect(registered?.certificate?.validUntilSeconds, `command ${nth}`).toBe(
          certificate?.validUntilSeconds,
        );
        expect(second.journal.items[0]?.certificate?.validUntilSeconds).toBe(certificate?.validUntilSeconds);
        expect(bytesToHex(certificate?.cardId ?? new Uint8Array(0))).toBe(
          bytesToHex(registered?.cardId ?? new Uint8Array(1)),
        );
        expect(first.registry.inState("active").length).toBe(1);
        second.journal.close();
      }
    }
  });

  it.each([
    ["none", () => Uint8Array.of(0x6a, 0x88), "the card has none"],
    ["another card's", (answer: Uint8Array) => otherCards(answer), "card id, card key"],
    [
      "one that the issuer did not sign",
      (answer: Uint8Array) => answer.map((b, at) => (at === 151 ? b ^ 1 : b)),
      "it is not the issuer's",
    ],
  ])("whose certificate reads back as %s is not handed out", async (_, change, problem) => {
    other = await certified();
    const batch = batchOf();
    const reader = answering(readerWith(factoryCard()), change);
    expect(await problemOf(personalizeOne(reader, batch))).toMatch(
      new RegExp(`^mismatch: card .*: certificate read back otherwise than written: ${problem}$`),
    );
    expect(batch.registry.inState("active")).toEqual([]);
    expect(batch.journal.counts()).toMatchObject({ assigned: 1, done: 0 });
  });

  it("is not begun when its certificate would have ended, or ends too late: nothing is sent to the card", async () => {
    const late = new Date("2030-01-01T00:00:00Z");
    const cases = [
      [
        UNTIL,
        late.getTime(),
        "date: offline/valid-until: 2029-12-31 is over, by this computer's clock it is 2030-01-01",
      ],
      [
        UNTIL,
        0,
        "date: offline/valid-until: 2029-12-31 is more than ten years from 1970-01-01, which it is by this computer's clock",
      ],
    ] as const;
    for (const [changes, time, message] of cases) {
      const card = factoryCard();
      const batch = { ...batchOf(changes), now: () => time };
      expect(await problemOf(personalizeOne(readerWith(card), batch))).toBe(message);
      expect(card.powerUps).toBe(0);
      expect(batch.journal.chips.size).toBe(0);
    }
    // To the last second.
    const card = factoryCard();
    await personalizeOne(readerWith(card), { ...batchOf(), now: () => (END - 1) * 1000 });
    expect((await send(connectCard(card), select, {})).profile.lifecycle).toBe(LIFECYCLE.PERSONALIZED);
  });

  it("goes on with the journal of a batch that was begun before there were certificates", () => {
    const profile = profileOf(WITHOUT_PIN);
    expect(profile).not.toHaveProperty("offline");
    const journal = newJournal(profile);
    expect(journal.batch.fingerprint).toHaveLength(64);
    journal.close();
  });
});

/** The answer of a card that was made in the same batch: what a mistaken reader could give. */
let other = new Uint8Array(0);
const otherCards = (_: Uint8Array): Uint8Array => other;
async function certified(): Promise<Uint8Array<ArrayBuffer>> {
  const card = factoryCard();
  await personalizeOne(readerWith(card), batchOf());
  const connection = connectCard(card);
  await send(connection, select, {});
  return Uint8Array.from(await connection.transmit(Uint8Array.of(0x80, 0xca, 0, 0xc2, 0)));
}

/** A reader that changes what the card answers to GET DATA C2. */
const answering = (reader: Reader, change: (answer: Uint8Array) => Uint8Array): Reader => ({
  name: reader.name,
  waitForRemoval: (signal) => reader.waitForRemoval(signal),
  async waitForCard(signal) {
    const connection = await reader.waitForCard(signal);
    return {
      atr: connection.atr,
      close: () => connection.close(),
      async transmit(command) {
        const answer = await connection.transmit(command);
        return bytesToHex(command).startsWith("80ca00c2") ? change(answer) : answer;
      },
    };
  },
});

describe("a profile", () => {
  it("says what offline means, with its end", () => {
    expect(describeProfile(profileOf(UNTIL)).join(" ")).toContain(
      "accept up to 20,000 sat at once, until the end of 2029-12-31 (UTC)",
    );
    expect(describeProfile(profileOf(FOR)).join(" ")).toContain("for 730 days after a card was made");
    expect(describeProfile(profileOf()).join(" ")).toContain(
      "do not accept the cards: they get no certificate",
    );
    expect(formatMsat(profileOf(UNTIL).offline?.limit ?? 0n)).toBe("20,000 sat");
  });

  it.each([
    [
      { limit: "25001sat", "valid-for": "1d" },
      "offline/limit: 25,001 sat is more than one payment may be, 25,000 sat",
    ],
    [{ limit: "0sat", "valid-for": "1d" }, "offline/limit: 0 lets no terminal accept anything"],
    [{ limit: "1sat" }, "need one of valid-until and valid-for"],
    [
      { limit: "1sat", "valid-for": "1d", "valid-until": "2029-12-31" },
      "need one of valid-until and valid-for",
    ],
    [{ limit: "1sat", "valid-for": "0d" }, "need a number of days from 1d to 3650d"],
    [{ limit: "1sat", "valid-for": "3651d" }, "need a number of days from 1d to 3650d"],
    [{ limit: "1sat", "valid-for": "2 years" }, "need a number of days"],
    [{ limit: "1sat", "valid-until": "2029-02-30" }, "need a day such as 2028-12-31"],
    [{ limit: "1sat", "valid-until": "31.12.2029" }, "need a day such as 2028-12-31"],
    [{ limit: "none", "valid-for": "1d" }, "offline/limit"],
    [{ "valid-for": "1d" }, "offline/limit"],
    [{ limit: "1sat", "valid-for": "1d", pin: true }, "offline/pin"],
  ])("refuses offline: %o", (offline, problem) => {
    expect(() => profileOf({ offline })).toThrow(problem);
  });

  it("whose cards have no limit for a payment bounds offline by their credit", () => {
    const limits = { credit: "1000sat" };
    expect(() =>
      profileOf({ pin: "none", limits, offline: { limit: "1001sat", "valid-for": "1d" } }),
    ).toThrow("offline/limit: 1,001 sat is more than the credit of 1,000 sat");
  });
});
