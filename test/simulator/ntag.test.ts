import { describe, expect, it } from "vitest";
import { openBody } from "../../apdu/sealed/crypto.js";
import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, hexToBytes as h, utf8 } from "../../common/bytes.js";
import {
  type NtagPersonalization,
  provisionNtag,
  type SimulatedCard,
  TornError,
} from "../../simulator/index.js";
import { makeCard } from "../../simulator/provision.js";

const UID = h("04996c6a926980");
const K1 = h("0c3b25d92b38ae443229dd59ad34b85d");
const K2 = h("b45775776cb224c75bcde7ca3704e933");
const BOLT: NtagPersonalization = { uid: UID, address: "lnurlw://cards.example/ln", piccKey: K1, macKey: K2 };

const SELECT_APPLICATION = "00a4040007d276000085010100";
const SELECT_CC = "00a4000c02e103";
const SELECT_NDEF = "00a4000c02e104";

const powered = (card: SimulatedCard): SimulatedCard => {
  card.powerOn();
  return card;
};
const chip = (given: Partial<NtagPersonalization> = {}): SimulatedCard =>
  powered(provisionNtag({ ...BOLT, ...given }));
const send = (card: SimulatedCard, hex: string): string => bytesToHex(card.exchange(h(hex)));
const sw = (card: SimulatedCard, hex: string): string => send(card, hex).slice(-4);

/** Everything up to the NDEF file; then all of it in reads of the length given. */
function address(card: SimulatedCard, step = 256): string {
  expect(sw(card, SELECT_APPLICATION)).toBe("9000");
  expect(sw(card, SELECT_NDEF)).toBe("9000");
  return addressAgain(card, step);
}

function addressAgain(card: SimulatedCard, step = 256): string {
  let file = "";
  for (let at = 0; at < 256; at += step) {
    const read = send(
      card,
      `00b0${at.toString(16).padStart(4, "0")}${(step & 0xff).toString(16).padStart(2, "0")}`,
    );
    expect(read.slice(-4)).toBe("9000");
    file += read.slice(0, -4);
  }
  const bytes = h(file);
  const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  expect(bytesToHex(bytes.subarray(2, 7))).toBe(`d101${(length - 4).toString(16)}5500`);
  return Buffer.from(bytes.subarray(7, 2 + length)).toString("latin1");
}

function counterIn(read: string): number {
  const [, p = "", c = ""] = /\?p=([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(read) ?? [];
  const picc = decryptPicc(K1, h(p));
  expect(picc?.uid).toEqual(UID);
  const counter = picc?.counter ?? -1;
  expect(bytesToHex(sunMac(K2, UID, counter))).toBe(c.toLowerCase());
  return counter;
}

describe("a simulated NTAG 424 DNA", () => {
  it("is a Type 4 tag with the capability container of the chip", () => {
    const card = chip();
    expect(send(card, SELECT_APPLICATION)).toBe("9000");
    expect(sw(card, SELECT_CC)).toBe("9000");
    expect(send(card, "00b0000017")).toBe("001720010000ff0406e104010000ff0506e105008082839000");
  });

  it("shows the address of a Bolt Card with UID and counter encrypted, and a CMAC over nothing", () => {
    const read = address(chip());
    expect(read).toMatch(/^lnurlw:\/\/cards\.example\/ln\?p=/);
    expect(counterIn(read)).toBe(1);
  });

  it("makes what a real chip with the same keys, UID and padding made (Bolt Card, TEST_VECTORS)", () => {
    const p = "4E2E289D945A66BB13377A728884E867";
    const padding = openBody(K1, new Uint8Array(16), h(p)).slice(11);
    const card = provisionNtag({ ...BOLT, counter: 2 }, { entropy: () => padding });
    expect(address(powered(card))).toBe(`lnurlw://cards.example/ln?p=${p}&c=E19CCB1FED8892CE`);
  });

  it("raises the counter at the first read of a row, however short the reads are", () => {
    const card = chip();
    expect(counterIn(address(card, 16))).toBe(1);
    expect(counterIn(addressAgain(card, 50))).toBe(1);
    expect(sw(card, SELECT_NDEF)).toBe("9000");
    expect(counterIn(addressAgain(card))).toBe(2);
  });

  it("keeps the counter without power, and looks different at each read", () => {
    const card = chip();
    const first = address(card);
    card.powerOn();
    const second = address(card);
    expect([counterIn(first), counterIn(second)]).toEqual([1, 2]);
    expect(first.slice(30, 60)).not.toBe(second.slice(30, 60));
    const copy = powered(makeCard({ image: card.image() }));
    expect(counterIn(address(copy))).toBe(3);
  });

  it("reading the capability container does not count", () => {
    const card = chip();
    send(card, SELECT_APPLICATION);
    send(card, SELECT_CC);
    send(card, "00b0000017");
    expect(counterIn(address(card))).toBe(1);
  });

  it("shows the UID in the clear where it was programmed so", () => {
    const read = address(chip({ plainUid: true, counter: 0xabcd }));
    expect(read).toMatch(/\?uid=04996C6A926980x00ABCE&c=[0-9A-F]{16}$/);
    expect(read.slice(-16).toLowerCase()).toBe(bytesToHex(sunMac(K2, UID, 0xabce)));
  });

  it("has the CMAC cover the address where it was programmed so", () => {
    const read = address(chip({ macOverAddress: true }));
    const covered = utf8(read.slice(0, -16));
    expect(read.slice(-16).toLowerCase()).toBe(bytesToHex(sunMac(K2, UID, 1, covered)));
  });

  it("is not read any more when the counter has reached its last value", () => {
    const card = chip({ counter: 2 ** 24 - 2 });
    expect(counterIn(address(card))).toBe(2 ** 24 - 1);
    send(card, SELECT_NDEF);
    expect(sw(card, "00b0000010")).toBe("6982");
    card.powerOn();
    send(card, SELECT_APPLICATION);
    send(card, SELECT_NDEF);
    expect(sw(card, "00b0000010")).toBe("6982");
  });

  it.each([
    ["a file before the application is selected", [], SELECT_NDEF, "6a82"],
    ["a read before a file is selected", [SELECT_APPLICATION], "00b0000010", "6985"],
    ["an unknown application", [], "00a4040007d276000085010200", "6a82"],
    ["the beginning of its name", [], "00a4040006d2760000850100", "6a82"],
    ["an unknown file", [SELECT_APPLICATION], "00a4000c02e105", "6a82"],
    ["a file identifier of one byte", [SELECT_APPLICATION], "00a4000c01e1", "6a87"],
    ["another way to select", [SELECT_APPLICATION], "00a4050002e104", "6a86"],
    ["a read beyond the file", [SELECT_APPLICATION, SELECT_NDEF], "00b0010010", "6a86"],
    ["a read without Le", [SELECT_APPLICATION, SELECT_NDEF], "00b00000", "6700"],
    ["a read with data", [SELECT_APPLICATION, SELECT_NDEF], "00b000000100", "6700"],
    ["a short identifier of another file", [SELECT_APPLICATION], "00b0850010", "6a82"],
    ["an unknown instruction", [SELECT_APPLICATION], "00ca000000", "6d00"],
    ["another class", [SELECT_APPLICATION], "80b0000010", "6e00"],
    ["a command of the chip's own", [SELECT_APPLICATION], "9060000000", "911c"],
    ["the chequecard's application", [], "00a4040008f04348455155450100", "6a82"],
  ])("answers %s as the chip does", (_what, before, command, expected) => {
    const card = chip();
    for (const one of before) send(card, one);
    expect(sw(card, command)).toBe(expected);
  });

  it("selects a file by its short identifier, and reads to its end", () => {
    const card = chip();
    send(card, SELECT_APPLICATION);
    expect(send(card, "00b0840002")).toMatch(/^00..9000$/);
    expect(send(card, "00b0830002")).toBe("00179000");
    send(card, SELECT_NDEF);
    expect(send(card, "00b000f800")).toHaveLength(2 * 8 + 4);
  });

  it("no tear makes it show a counter twice", () => {
    const start = chip();
    address(start);
    for (const point of ["before-command", { write: 1 }, "after-command"] as const) {
      const card = powered(makeCard({ image: start.image() }));
      send(card, SELECT_APPLICATION);
      send(card, SELECT_NDEF);
      card.tearAt(point);
      expect(() => card.exchange(h("00b0000000"))).toThrow(TornError);
      card.powerOn();
      const shown = counterIn(address(card));
      expect([point, shown]).toEqual([point, point === "after-command" ? 3 : 2]);
    }
  });

  it("has nothing to do with values of another size", () => {
    for (const wrong of [
      { uid: h("04996c6a") },
      { piccKey: h("00") },
      { macKey: h("00") },
      { counter: 2 ** 24 },
      { address: "" },
      { address: `https://${"a".repeat(180)}` },
      { address: "https://ü.example" },
    ])
      expect(() => provisionNtag({ ...BOLT, ...wrong })).toThrow(
        Object.keys(wrong)[0] === "piccKey" ? "K1" : /uid|K2|counter|address/,
      );
  });
});
