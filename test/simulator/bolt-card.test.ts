import { describe, expect, it } from "vitest";
import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { makeCard, type SimulatedCard } from "../../simulator/index.js";
import { apdu, bytes, fixedEntropy, hash, hex, SELECT, send, tappedCard } from "./fixture.js";

const UID = bytes("04a1b2c3d4e5f6");
const BASE = "lnurlw://cards.example/bolt?p=";
const K1 = hash("K1").slice(0, 16);
const K2 = hash("K2").slice(0, 16);
const FACE = { uid: UID, base: BASE, piccKey: K1, macKey: K2 };

const SELECT_TAG = bytes("00a4040007d276000085010100");
const SELECT_CC = bytes("00a4000c02e103");
const SELECT_NDEF = bytes("00a4000c02e104");
const readBinary = (offset: number, le: number): Uint8Array =>
  Uint8Array.of(0x00, 0xb0, offset >> 8, offset & 0xff, le);

const boltCard = (overrides: Parameters<typeof tappedCard>[0] = {}): SimulatedCard =>
  tappedCard({ boltCard: FACE, ...overrides }, { entropy: fixedEntropy() });

/** The address that a reader of tags gets, in the way of NFC Forum's Type 4 Tag specification. */
function readTag(card: SimulatedCard): string {
  expect(send(card, SELECT_TAG)).toEqual({ sw: "9000", data: new Uint8Array(0) });
  expect(send(card, SELECT_CC).sw).toBe("9000");
  const cc = send(card, readBinary(0, 15)).data;
  expect(hex(cc)).toBe("000f2000ff00ff0406e104010000ff");
  expect(send(card, SELECT_NDEF).sw).toBe("9000");
  const [high = 0, low = 0] = send(card, readBinary(0, 2)).data;
  const message = send(card, readBinary(2, (high << 8) | low)).data;
  const [head, typeLength, payloadLength, type, prefix] = message;
  expect([head, typeLength, payloadLength, type, prefix]).toEqual([0xd1, 1, message.length - 4, 0x55, 0]);
  return Buffer.from(message.subarray(5)).toString("latin1");
}

/** The counter that an address is for; everything else in it is right. */
function counterOf(address: string): number {
  const [, base, p = "", c] = /^(.*[?&]p=)([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(address) ?? [];
  expect(base).toBe(BASE);
  const picc = decryptPicc(K1, bytes(p.toLowerCase()));
  expect(picc && hex(picc.uid)).toBe(hex(UID));
  const counter = picc?.counter ?? -1;
  expect(c?.toLowerCase()).toBe(hex(sunMac(K2, UID, counter)));
  return counter;
}

const storedCounter = (card: SimulatedCard): string =>
  hex(card.image().cells["bolt-card/counter"] ?? new Uint8Array(0));

/** The card with its counter at a value. */
function cardAt(counter: string): SimulatedCard {
  const image = boltCard().image();
  const cells = { ...image.cells, "bolt-card/counter": bytes(counter) };
  const card = makeCard({ image: { cells, journal: [] } });
  card.powerOn();
  return card;
}

describe("the second face of a card", () => {
  it("gives an address that is valid under its keys, with a counter one higher in each session", () => {
    const card = boltCard();
    for (let counter = 1; counter <= 3; counter++) expect(counterOf(readTag(card))).toBe(counter);
    card.powerOn();
    expect(counterOf(readTag(card))).toBe(4);
  });

  it("reads the same in one session however it is read, and counts once", () => {
    const card = boltCard();
    const address = readTag(card);
    send(card, SELECT_CC);
    send(card, SELECT_NDEF);
    const whole = send(card, readBinary(0, 0)).data;
    expect(whole.length).toBe(255);
    expect(Buffer.from(whole.subarray(7, 7 + address.length)).toString()).toBe(address);
    expect(whole.subarray(7 + address.length).every((byte) => byte === 0)).toBe(true);
    const pieces = Array.from({ length: 32 }, (_, piece) => send(card, readBinary(8 * piece, 8)).data);
    expect(Buffer.concat(pieces).subarray(0, 255)).toEqual(Buffer.from(whole));
    expect(storedCounter(card)).toBe("000001");
  });

  it("counts nothing where its address is not read", () => {
    const card = boltCard();
    for (const command of [SELECT_TAG, SELECT_CC, readBinary(0, 15), SELECT_NDEF, readBinary(256, 1)])
      send(card, command);
    expect(storedCounter(card)).toBe("000000");
  });

  it("makes two sessions differ in all of p and c, also where the counter hardly does", () => {
    const card = boltCard();
    const values = [1, 2].map(() => readTag(card).slice(BASE.length));
    expect(values[0]?.slice(0, 32)).not.toBe(values[1]?.slice(0, 32));
    expect(values[0]?.slice(-16)).not.toBe(values[1]?.slice(-16));
    expect(values.join("").toLowerCase()).not.toContain(hex(UID));
  });

  it("takes the longest address there is room for, 198 characters before the value of p", () => {
    const base = `lnurlw://cards.example/${"a".repeat(172)}?p=`;
    expect(base.length).toBe(198);
    const card = boltCard({ boltCard: { ...FACE, base } });
    expect(readTag(card)).toMatch(/^lnurlw:\/\/cards.example\/a{172}\?p=[0-9A-F]{32}&c=[0-9A-F]{16}$/);
    send(card, SELECT_NDEF);
    expect(send(card, readBinary(255, 0)).data.length).toBe(1);
  });

  it("refuses for ever behind its last counter, 2^24 - 1, and never starts over", () => {
    const card = cardAt("fffffe");
    expect(counterOf(readTag(card))).toBe(0xffffff);
    for (let session = 0; session < 2; session++) {
      send(card, SELECT_TAG);
      send(card, SELECT_NDEF);
      expect(send(card, readBinary(0, 2)).sw).toBe("6985");
      expect(send(card, readBinary(0, 2)).sw).toBe("6985");
      card.powerOn();
    }
    expect(storedCounter(card)).toBe("ffffff");
    expect(send(card, SELECT).sw).toBe("9000");
  });

  it("carries from byte to byte of its counter", () => {
    const card = cardAt("00ffff");
    expect(counterOf(readTag(card))).toBe(0x010000);
    expect(storedCounter(card)).toBe("010000");
  });

  it("changes nothing of the card application, nor does that of it", () => {
    const card = boltCard();
    const own = (prefix: string) =>
      JSON.stringify(
        Object.entries(card.image().cells)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, content]) => [name, hex(content)]),
      );
    const [money, face] = [own("card-application/"), own("bolt-card/")];
    readTag(card);
    expect(own("card-application/")).toBe(money);
    expect(own("bolt-card/")).not.toBe(face);
    const read = own("bolt-card/");
    send(card, SELECT);
    send(card, apdu("80300000", Uint8Array.from([0, 0, 0, 0, 0, 0, 3, 232, ...hash("invoice")])));
    expect(own("card-application/")).not.toBe(money);
    expect(own("bolt-card/")).toBe(read);
  });

  it("has nothing to do with the PIN flag and the channel of the card application: SELECT ends both", () => {
    const card = boltCard();
    send(card, SELECT);
    expect(send(card, bytes("0020008008241234ffffffffff")).sw).toBe("9000");
    readTag(card);
    send(card, SELECT);
    expect(send(card, bytes("00200080")).sw).toBe("63c3");
  });

  it.each<[string, readonly string[], string]>([
    ["a class that it has not", ["20b0000002"], "6e00"],
    ["a command of the card application", ["8030000000"], "6d00"],
    ["UPDATE BINARY: nobody writes", ["00a4000c02e104", "00d600000100"], "6d00"],
    ["READ BINARY before a file is selected", ["00b0000002"], "6985"],
    ["a file that it has not", ["00a4000c02e105"], "6a82"],
    ["SELECT of another kind", ["00a4020c02e104"], "6a86"],
    ["SELECT of a file by three bytes", ["00a4000c03e10400"], "6700"],
    ["an AID that nothing has", ["00a4040007d276000085010200"], "6a82"],
    ["a short file identifier", ["00a4000c02e103", "00b0840002"], "6a86"],
    ["an offset behind the CC file", ["00a4000c02e103", "00b0000f01"], "6b00"],
    ["an offset behind the NDEF file", ["00a4000c02e104", "00b0010001"], "6b00"],
    ["READ BINARY with data", ["00a4000c02e104", "00b00000020102"], "6700"],
    ["STORE DATA without a channel", ["84e2880000"], "6985"],
    ["RESET without a channel", ["84e4000000"], "6982"],
    ["a plain command in class 84", ["84b0000002"], "6d00"],
  ])("refuses %s with %s, and does not count it", (_, commands, sw) => {
    const card = boltCard();
    send(card, SELECT_TAG);
    const answers = commands.map((command) => send(card, bytes(command)).sw);
    expect(answers.at(-1)).toBe(sw);
    expect(storedCounter(card)).toBe("000000");
    expect(counterOf(readTag(card))).toBe(1);
  });

  it("keeps the file that is selected where another one is refused", () => {
    const card = boltCard();
    send(card, SELECT_TAG);
    send(card, SELECT_CC);
    expect(send(card, bytes("00a4000c02e1ff")).sw).toBe("6a82");
    expect(send(card, readBinary(0, 15)).data.length).toBe(15);
  });

  it("is not on a card that was not made with it", () => {
    const card = tappedCard();
    expect(send(card, SELECT_TAG).sw).toBe("6a82");
    expect(send(card, SELECT).sw).toBe("9000");
  });
});

describe("power that fails while the address is read", () => {
  it("never lets a counter come back: torn at each write, before and behind the command", () => {
    const points = ["before-command", { write: 1 }, { write: 2 }, "after-command"] as const;
    const seen = new Set<number>();
    const card = boltCard();
    for (const point of points) {
      send(card, SELECT_TAG);
      send(card, SELECT_NDEF);
      card.tearAt(point);
      try {
        card.exchange(readBinary(0, 2));
      } catch {
        // Torn, unless the command has fewer writes.
      }
      card.powerOn();
      const counter = counterOf(readTag(card));
      expect(seen).not.toContain(counter);
      for (const earlier of seen) expect(counter).toBeGreaterThan(earlier);
      seen.add(counter);
    }
    expect(seen.size).toBe(points.length);
  });

  it("has the counter written before the first byte leaves, in one write", () => {
    const card = boltCard();
    send(card, SELECT_TAG);
    send(card, SELECT_NDEF);
    card.tearAt("after-command");
    expect(() => card.exchange(readBinary(0, 2))).toThrow();
    expect(storedCounter(card)).toBe("000001");
    card.powerOn();
    send(card, SELECT_TAG);
    send(card, SELECT_NDEF);
    send(card, readBinary(0, 2));
    expect(card.writes).toBe(1);
    send(card, readBinary(0, 2));
    expect(card.writes).toBe(0);
  });
});
