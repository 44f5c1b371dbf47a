import { describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { macKey, piccKey } from "../../bolt-card/keys.js";
import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../common/index.js";
import {
  cardLabels,
  describeProfile,
  type FaceReading,
  type FaceRegistry,
  Journal,
  labelCsv,
  type PendingFace,
  PersonalizationError,
  personalizeOne,
  profileFingerprint,
  resetCard,
} from "../../personalize/index.js";
import { connectCard, type SimulatedCard, type TearPoint } from "../../simulator/index.js";
import {
  factoryCard,
  freshPath,
  keys,
  newBatch,
  newJournal,
  profileOf,
  ROTATING,
  readerWith,
  type TestBatch,
  tearing,
  torn,
  WITHOUT_PIN,
} from "./fixture.js";

const ISSUER_KEY = hexToBytes("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
const ADDRESS = "https://cards.festival.example/bolt";
const BASE = "lnurlw://cards.festival.example/bolt?p=";
const BOLT_CARD = { address: ADDRESS, limit: "50000sat", policy: { maxPerTransaction: "10000sat" } };
const PROFILE = { ...WITHOUT_PIN, "bolt-card": BOLT_CARD };

/** Second faces by their ids, with the rules of the ledger, and failing on demand. */
class MemoryFaces implements FaceRegistry {
  readonly faces = new Map<string, { face: PendingFace; readings: FaceReading[] }>();
  fuse = Number.POSITIVE_INFINITY;

  checkPolicy(policy: unknown): void {
    if ((policy as { bad?: unknown }).bad)
      throw new PersonalizationError("registry", "policy/bad: not known");
  }

  async keysOf(uid: Uint8Array) {
    return {
      batch: hexToBytes("b1b2b3b4"),
      piccKey: piccKey(ISSUER_KEY),
      macKey: macKey(ISSUER_KEY, uid, 0),
    };
  }

  async register(face: PendingFace): Promise<void> {
    this.#call();
    const known = this.faces.get(bytesToHex(face.cardId));
    if (known && !equalBytes(known.face.uid, face.uid))
      throw new PersonalizationError("registry", "another identity");
    if (!known) this.faces.set(bytesToHex(face.cardId), { face, readings: [] });
  }

  async activate(cardId: Uint8Array, reading: FaceReading): Promise<void> {
    this.#call();
    const known = this.faces.get(bytesToHex(cardId));
    if (!known) throw new PersonalizationError("registry", "no such face");
    if ((known.readings.at(-1)?.counter ?? 0) >= reading.counter)
      throw new PersonalizationError("registry", "a counter that was read before");
    known.readings.push(reading);
  }

  #call(): void {
    if (--this.fuse < 0) throw new Error("connection refused");
  }
}

type FaceBatch = TestBatch & { readonly faces: MemoryFaces };
const newFaces = (changes: Record<string, unknown> = PROFILE, count = 1, path?: string): FaceBatch => ({
  ...newBatch(changes, count, path),
  faces: new MemoryFaces(),
});
const cardWithBoth = (): SimulatedCard => factoryCard({ boltCard: true });

/** What a reader of tags sees. */
function readTag(card: SimulatedCard): string {
  card.powerOn();
  for (const command of ["00a4040007d276000085010100", "00a4000c02e104"]) card.exchange(hexToBytes(command));
  const file = card.exchange(hexToBytes("00b0000000"));
  return Buffer.from(file.subarray(7, 6 + (file[4] ?? 0))).toString("latin1");
}

/** Holds that the card's face is the one that is registered, active under its keys. @returns the counter of a reading */
async function expectFace(card: SimulatedCard, { faces, registry, journal }: FaceBatch): Promise<number> {
  const [entry, ...others] = [...faces.faces.values()].filter(({ readings }) => readings.length > 0);
  expect(others).toEqual([]);
  const [item] = journal.items;
  expect(item?.stage).toBe("done");
  expect(item?.face?.isActive).toBe(true);
  const { face, readings } = entry ?? { face: undefined, readings: [] };
  expect(face?.faceOf).toEqual(registry.inState("active")[0]?.cardId);
  const address = readTag(card);
  expect(address.slice(0, BASE.length)).toBe(BASE);
  const [p = "", c] = address.slice(BASE.length).toLowerCase().split("&c=");
  const { uid = new Uint8Array(7), counter = 0 } = decryptPicc(piccKey(ISSUER_KEY), hexToBytes(p)) ?? {};
  expect(bytesToHex(uid)).toBe(bytesToHex(face?.uid ?? new Uint8Array(0)));
  expect(c).toBe(bytesToHex(sunMac(macKey(ISSUER_KEY, uid, 0), uid, counter)));
  // No counter that the registry knows is ever read again.
  expect(counter).toBeGreaterThan(readings.at(-1)?.counter ?? 0);
  return counter;
}

describe("a profile with bolt-card", () => {
  it("says what it means, and is another batch than one without", () => {
    const profile = profileOf(PROFILE);
    expect(profile.boltCard).toEqual({
      base: BASE,
      policy: { maxPerTransaction: "10000sat", maxBalance: "50000000msat" },
    });
    expect(describeProfile(profile).join("\n")).toContain(
      "The cards are Bolt Cards too: tills that know only those read lnurlw://cards.festival.example/bolt",
    );
    const [keySet] = keys.keySets();
    if (!keySet) throw new Error("no key set");
    expect(profileFingerprint(profile, keySet)).not.toEqual(
      profileFingerprint(profileOf(WITHOUT_PIN), keySet),
    );
  });

  it.each([
    ["no address", { limit: "1sat" }, /bolt-card\/address/],
    ["no limit", { address: ADDRESS }, /bolt-card\/limit/],
    ["a limit of nothing", { ...BOLT_CARD, limit: "0sat" }, /bolt-card\/limit: 0 allows no payment/],
    ["an address with a query", { ...BOLT_CARD, address: `${ADDRESS}?a=b` }, /without a question mark/],
    ["another kind of address", { ...BOLT_CARD, address: "ftp://cards.example" }, /need an address such as/],
    ["a password in it", { ...BOLT_CARD, address: "https://a:b@cards.example" }, /need an address such as/],
    [
      "an address that is too long",
      { ...BOLT_CARD, address: `https://a.example/${"a".repeat(200)}` },
      /at most 186/,
    ],
    ["an unknown field", { ...BOLT_CARD, uid: "04" }, /bolt-card/],
  ])("is refused with %s", (_, boltCard, message) => {
    expect(() => profileOf({ ...WITHOUT_PIN, "bolt-card": boltCard })).toThrow(message);
  });
});

describe("a card with a second face", () => {
  it("is made with the longest address, which fills its file", async () => {
    const path = "a".repeat(172);
    const address = `https://cards.example/${path}`;
    const batch = newFaces({ ...PROFILE, "bolt-card": { ...BOLT_CARD, address } });
    const card = cardWithBoth();
    expect(await personalizeOne(readerWith(card), batch)).toMatchObject({ how: "made" });
    expect(readTag(card)).toContain(`lnurlw://cards.example/${path}?p=`);
  });

  it("gets it in the same step, with an identity and keys of its own, verified and in use", async () => {
    const batch = newFaces();
    const card = cardWithBoth();
    const made = await personalizeOne(readerWith(card), batch);
    expect(made).toMatchObject({ how: "made", apdus: 23 });
    const [entry] = [...batch.faces.faces.values()];
    expect(made.face).toEqual(entry?.face.cardId);
    const [label] = cardLabels(batch.journal);
    const faceId = formatCardId(entry?.face.cardId ?? new Uint8Array(8));
    expect(labelCsv(cardLabels(batch.journal))).toBe(
      `card_id,number,holder,qr,face\r\n${label?.cardId},0001,,${label?.qr},${faceId}\r\n`,
    );
    expect(entry?.face).toMatchObject({ label: "0001", batch: hexToBytes("b1b2b3b4") });
    expect(entry?.face.policy).toEqual({ maxPerTransaction: "10000sat", maxBalance: "50000000msat" });
    expect(entry?.readings.map(({ counter }) => counter)).toEqual([1]);
    expect(await expectFace(card, batch)).toBe(2);
    // The highest bit keeps the identity apart from those of chips; nothing of the chip is in it.
    expect((entry?.face.uid[0] ?? 0) & 0x80).toBe(0x80);
    const serial = bytesToHex(card.image().cells["issuer-security-domain/serial"] ?? new Uint8Array(0));
    expect(bytesToHex(entry?.face.uid ?? new Uint8Array(0))).not.toContain(serial.slice(-6));
  });

  it("is made with new static keys too, and its journal says so when it is opened again", async () => {
    const path = freshPath();
    const batch = newFaces({ ...ROTATING, "bolt-card": BOLT_CARD }, 1, path);
    const card = cardWithBoth();
    await personalizeOne(readerWith(card), batch);
    batch.journal.close();
    const again = { ...batch, journal: Journal.open(path, { durable: false }) };
    await expectFace(card, again);
    again.journal.close();
  });

  it("is refused untouched where the application for it is not on the card", async () => {
    const batch = newFaces();
    const card = factoryCard();
    const before = Buffer.from(card.dump());
    await expect(personalizeOne(readerWith(card), batch)).rejects.toMatchObject({ code: "no-application" });
    expect(Buffer.from(card.dump())).toEqual(before);
    expect(batch.registry.cards.size + batch.faces.faces.size).toBe(0);
  });

  it("is refused before any card where nothing keeps second faces, or the policy is wrong", async () => {
    const { faces: _, ...without } = newFaces();
    await expect(personalizeOne(readerWith(cardWithBoth()), without)).rejects.toThrow(
      "nothing keeps such cards here",
    );
    const bad = newFaces({ ...PROFILE, "bolt-card": { ...BOLT_CARD, policy: { bad: true } } });
    await expect(personalizeOne(readerWith(cardWithBoth()), bad)).rejects.toThrow("policy/bad");
    expect(bad.registry.calls).toBe(0);
  });

  it("is left alone where the profile does not ask for it", async () => {
    const card = cardWithBoth();
    const batch = newFaces(WITHOUT_PIN);
    const made = await personalizeOne(readerWith(card), batch);
    expect(made.face).toBeUndefined();
    expect(batch.faces.faces.size).toBe(0);
    card.powerOn();
    card.exchange(hexToBytes("00a4040007d276000085010100"));
    expect(bytesToHex(card.exchange(hexToBytes("00a4000c02e103")))).toBe("6a82");
  });

  it("loses it with RESET, but for its counter, and gets another identity when it is made again", async () => {
    const batch = newFaces();
    const card = cardWithBoth();
    await personalizeOne(readerWith(card), batch);
    const [first] = [...batch.faces.faces.values()];
    await resetCard(connectCard(card), batch);
    card.powerOn();
    card.exchange(hexToBytes("00a4040007d276000085010100"));
    expect(bytesToHex(card.exchange(hexToBytes("00a4000c02e104")))).toBe("6a82");
    const cells = card.image().cells;
    for (const name of ["uid", "address", "picc-key", "mac-key"])
      expect(cells[`bolt-card/${name}`]?.some(Boolean)).toBe(false);
    expect(bytesToHex(cells["bolt-card/counter"] ?? new Uint8Array(0))).toBe("000001");
    const next = newFaces();
    await personalizeOne(readerWith(card), next);
    const [second] = [...next.faces.faces.values()];
    expect(second?.face.uid).not.toEqual(first?.face.uid);
    expect(await expectFace(card, next)).toBe(3);
  });

  it("takes the place of another's data on the card's second face", async () => {
    const card = cardWithBoth();
    const first = newFaces();
    await personalizeOne(readerWith(card), first);
    const face = Object.entries(card.image().cells).filter(([name]) => name.startsWith("bolt-card/"));
    await resetCard(connectCard(card), first);
    // As after a RESET that did not know of it.
    const { cells } = card.image();
    const other = factoryCard(
      { boltCard: true },
      { image: { cells: { ...cells, ...Object.fromEntries(face) }, journal: [] } },
    );
    const second = newFaces();
    await personalizeOne(readerWith(other), second);
    await expectFace(other, second);
  });
});

describe("a card torn away while its second face is made", () => {
  it("at any write and on either side of any response is finished by laying it on any reader again", async () => {
    const points = { tried: 0, made: 0, finished: 0 };
    for (let nth = 12, commands = 23; nth <= commands; nth++) {
      const sides: TearPoint[] = ["before-command", "after-command"];
      for (let write = 0; ; write++) {
        const point = sides[write] ?? { write: write - 1 };
        const card = cardWithBoth();
        const batch = newFaces();
        if (!(await torn(personalizeOne(tearing(card, nth, point), batch)))) {
          expect(write).toBeGreaterThan(1);
          break;
        }
        points.tried++;
        const done = await personalizeOne(readerWith(card, "Another reader"), batch);
        points[done.how]++;
        await expectFace(card, batch);
        expect(batch.registry.inState("active")).toHaveLength(1);
        expect(batch.faces.faces.size).toBe(1);
      }
    }
    expect(points.tried).toBeGreaterThan(30);
    expect(points.finished).toBeGreaterThan(25);
  });

  it("twice in a row, with the process restarted in between", async () => {
    let tried = 0;
    for (let first = 13; first <= 23; first++)
      for (let second = 3; second <= 12; second += 3) {
        const card = cardWithBoth();
        const path = freshPath();
        const begun = newFaces(PROFILE, 1, path);
        if (!(await torn(personalizeOne(tearing(card, first, "after-command"), begun)))) continue;
        begun.journal.close();
        const middle = { ...begun, journal: Journal.open(path, { durable: false }) };
        const again = await torn(personalizeOne(tearing(card, second, "after-command"), middle));
        middle.journal.close();
        const last = { ...begun, journal: Journal.open(path, { durable: false }) };
        if (again) await personalizeOne(readerWith(card), last);
        await expectFace(card, last);
        last.journal.close();
        tried++;
      }
    expect(tried).toBeGreaterThan(30);
  });

  it("finishes what the registry did not take: nothing of a face is used before it is registered", async () => {
    for (let fuse = 0; fuse < 2; fuse++) {
      const card = cardWithBoth();
      const batch = newFaces();
      batch.faces.fuse = fuse;
      await expect(personalizeOne(readerWith(card), batch)).rejects.toThrow("cannot be reached");
      const face = card.image().cells["bolt-card/lifecycle"]?.[0];
      expect(face).toBe(fuse === 0 ? 0x01 : 0x0f);
      batch.faces.fuse = Number.POSITIVE_INFINITY;
      await personalizeOne(readerWith(card), batch);
      await expectFace(card, batch);
    }
  });
});

describe("the journal of a batch with second faces", () => {
  it("gives every id once, also to a face", async () => {
    const batch = newFaces();
    await personalizeOne(readerWith(cardWithBoth()), batch);
    const [{ cardId, face } = { cardId: undefined, face: undefined }] = batch.journal.items;
    for (const id of [cardId, face?.cardId]) expect(id && batch.journal.hasGiven(id)).toBe(true);
    expect(newJournal(profileOf(PROFILE)).items[0]?.face).toBeUndefined();
  });
});
