import { describe, expect, it } from "vitest";
import type { Transport } from "../../apdu/index.js";
import { NDEF_APPLICATION_AID } from "../../bolt-card/constants.js";
import { decryptPicc, encryptPicc } from "../../bolt-card/sun.js";
import { bytesToHex, concatBytes, hexToBytes as h } from "../../common/index.js";
import { faceStage, ownReading, readAddress } from "../../personalize/face-reading.js";
import { connectCard, makeCard, type SimulatedCard } from "../../simulator/index.js";
import vectors from "../../specs/vectors/bolt-card.json" with { type: "json" };
import { profileOf, WITHOUT_PIN } from "../personalize/deterministic.js";
import { newCard, open } from "../secure-channel/fixture.js";
import { send, tappedCard } from "../simulator/fixture.js";

const { faceAddresses, faceStores, faceFiles } = vectors;
const SELECT_TAG = h("00a4040007d276000085010100");
const SELECT_NDEF = h("00a4000c02e104");

describe("addresses in profiles, of specs/vectors/bolt-card.json", () => {
  it.each(faceAddresses)("$comment", ({ address, base }) => {
    const read = () =>
      profileOf({ ...WITHOUT_PIN, "bolt-card": { address, limit: "50000sat" } }).boltCard?.base;
    if (base) expect(read()).toBe(base);
    else expect(read).toThrow(/bolt-card\/address: need an address/);
  });
});

describe("STORE DATA to a second face, of specs/vectors/bolt-card.json", () => {
  it.each(faceStores)("$comment", async ({ blocks }) => {
    const card = newCard({ boltCard: true });
    const { channel } = await open(card, { aid: NDEF_APPLICATION_AID, level: 0x33 });
    for (const { p1, p2, data, sw } of blocks) {
      const bytes = h(data);
      const length = bytes.length ? Uint8Array.of(bytes.length) : new Uint8Array(0);
      const answer = await channel.transmit(concatBytes(h(`84e2${p1}${p2}`), length, bytes));
      expect(bytesToHex(answer)).toBe(sw);
    }
    const isMade = blocks.some(({ p1, sw }) => p1 === "88" && sw === "9000");
    expect(await faceStage(connectCard(card))).toBe(isMade ? "personalized" : "blank");
  });
});

/** A card whose second face was read so often. */
function cardAt({ uid, base, k1, k2 }: (typeof faceFiles)[number], reads: number): SimulatedCard {
  const boltCard = { uid: h(uid), base, piccKey: h(k1), macKey: h(k2) };
  const { cells } = tappedCard({ boltCard }).image();
  const counter = Uint8Array.of(reads >> 16, (reads >> 8) & 0xff, reads & 0xff);
  const card = makeCard({ image: { cells: { ...cells, "bolt-card/counter": counter }, journal: [] } });
  card.powerOn();
  return card;
}

/** A face with this file, as a reader sees it. */
const withFile = (hex: string): Transport => ({
  transmit: async ([, ins, p1 = 0, p2 = 0]) => {
    const at = 2 * (256 * p1 + p2);
    return h(ins === 0xb0 ? `${hex.slice(at, at + 2 * 255)}9000` : "9000");
  },
});

describe("files of a second face, of specs/vectors/bolt-card.json", () => {
  const shown = faceFiles.filter(({ fields }) => fields);
  it.each(shown)("the card shows all but p: $comment", (vector) => {
    const { uid, base, k1, hex, fields = { counter: 0, padding: "" } } = vector;
    const { counter, padding } = fields;
    const card = cardAt(vector, counter - 1);
    for (const command of [SELECT_TAG, SELECT_NDEF]) expect(send(card, command).sw).toBe("9000");
    const pieces = ["00b0000000", "00b000ff00"].map((command) => send(card, h(command)).data);
    const file = Buffer.concat(pieces);
    const at = 7 + base.length;
    const p = (bytes: Uint8Array) =>
      h(
        Buffer.from(bytes.subarray(at, at + 32))
          .toString()
          .toLowerCase(),
      );
    expect(decryptPicc(h(k1), p(file))).toEqual({ uid: h(uid), counter });
    expect(encryptPicc(h(k1), { uid: h(uid), counter }, h(padding))).toEqual(p(h(hex)));
    file.set(h(hex).subarray(at, at + 32), at);
    expect(file.toString("hex")).toBe(hex);
  });

  it.each(faceFiles)("a host takes its own alone: $comment", async ({ uid, base, k1, k2, hex, fields }) => {
    const keys = { batch: h("00000000"), piccKey: h(k1), macKey: h(k2) };
    const found = ownReading(await readAddress(withFile(hex)), base, h(uid), keys);
    expect(found?.counter).toBe(fields?.counter);
  });
});
