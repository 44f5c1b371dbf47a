import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, concatBytes, hexToBytes, u16, utf8 } from "../../common/index.js";
import { blankCard, type MemoryImage, type ProvableCard } from "../../simulator/index.js";
import { seededEntropy } from "../../testing/random.js";
import { type Answer, apdu, exchange } from "../card/apdus.js";
import { HostChannel, initializeUpdate } from "../card/channel.js";
import { FACTORY_KEYS, FACTORY_VERSION, hashOf, SERIAL } from "../card/material.js";
import { type CardMaker, Disagreement } from "../model/session.js";

/** The simulated card with a second face. */
export const faceCard: CardMaker = (image, entropy = seededEntropy(819)) => {
  const keys = () => ({ version: FACTORY_VERSION, ...FACTORY_KEYS });
  return blankCard({ serial: SERIAL, keys, boltCard: true }, image ? { image, entropy } : { entropy });
};

/** Lifecycle bytes of a selected face (specs/10 §8.1): blank, personalized. */
const LIFECYCLES: readonly number[] = [0x01, 0x0f];

/** What personalization writes: two sets, so that one can take the place of the other. */
export interface FaceData {
  readonly uid: Uint8Array;
  readonly base: string;
  readonly piccKey: Uint8Array;
  readonly macKey: Uint8Array;
}
const faceData = (n: number, base: string): FaceData => ({
  uid: hashOf(`prove/uid ${n}`).slice(0, 7),
  base,
  piccKey: hashOf(`prove/K1 ${n}`).slice(0, 16),
  macKey: hashOf(`prove/K2 ${n}`).slice(0, 16),
});
export const FACES = [
  faceData(0, "lnurlw://cards.example/bolt?p="),
  faceData(1, `lnurlw://cards.example/${"x".repeat(172)}?p=`),
] as const;

/** One thing that is done with the card. */
export type FaceStep =
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  | { readonly kind: "power" }
  /** Opens a channel to the selected application, if it answers. */
  | { readonly kind: "open" }
  /** The half of a face's groups, through the channel; both halves without one. */
  | { readonly kind: "store"; readonly face: 0 | 1; readonly half?: 0 | 1 }
  | { readonly kind: "reset" };

export const SELECT_TAG = apdu("00a40400", hexToBytes("d2760000850101"), 0);
export const SELECT_CC = apdu("00a4000c", hexToBytes("e103"));
export const SELECT_NDEF = apdu("00a4000c", hexToBytes("e104"));
export const readBinary = (offset: number, le: number): Uint8Array =>
  concatBytes(Uint8Array.of(0x00, 0xb0), u16(offset, "offset"), Uint8Array.of(le));

const STATUS_WORDS = /^(9000|61..|6300|6700|698[25]|6a8[0-8]|6b00|6d00|6e00|9c0[1-46]|63c[0-3]|6983)$/;
const group = (dgi: number, value: Uint8Array): Uint8Array =>
  concatBytes(u16(dgi, "DGI"), Uint8Array.of(value.length), value);

/** The blocks of a face's data: the address alone, and everything else. */
function blocksOf({ uid, base, piccKey, macKey }: FaceData): readonly [Uint8Array, Uint8Array] {
  const rest = [group(0x0201, uid), group(0x8201, piccKey), group(0x8202, macKey)];
  return [group(0x0202, utf8(base)), concatBytes(...rest)];
}

const own = ({ cells }: MemoryImage, prefix: string): string =>
  Object.entries(cells)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, content]) => `${name} ${bytesToHex(content)}`)
    .sort()
    .join("\n");

/** A card whose second face is held to its rules after every command, torn or not. */
export class FaceSession {
  readonly card: ProvableCard;
  last: Answer | undefined;
  #channel: HostChannel | undefined;
  #file: "cc" | "ndef" | "none" = "none";
  #isTag = false;
  /** Whether the tag has shown its address in this session. */
  #hasLooked = false;
  /** The highest counter that an address showed. */
  #shown: number;
  #stored: number;
  #money: string;

  /** @param shown the highest counter that the card showed before */
  constructor(card: ProvableCard, shown = 0) {
    this.card = card;
    this.#shown = shown;
    const image = card.image();
    this.#stored = counterOf(image);
    this.#money = own(image, "card-application/");
    if (!card.isPowered) card.powerOn();
  }

  get shown(): number {
    return this.#shown;
  }

  /** @throws Disagreement; TornError where the power was to fail */
  step(step: FaceStep): void {
    try {
      if (step.kind === "power") this.power();
      else if (step.kind === "open") this.#open();
      else if (step.kind === "store") this.#store(step.face, step.half);
      else if (step.kind === "reset")
        this.#send(this.#channel?.wrap(0xe4, 0, 0, new Uint8Array(0)) ?? apdu("84e40000"));
      else this.#send(step.bytes);
    } finally {
      this.#hold();
    }
  }

  power(): void {
    this.card.powerOn();
    this.#isTag = false;
    this.#file = "none";
    this.#channel = undefined;
    this.#hasLooked = false;
  }

  /** What the face is: empty, or one of the two, whole. @throws Disagreement */
  face(): 0 | 1 | undefined {
    this.step({ kind: "raw", bytes: SELECT_TAG });
    this.step({ kind: "raw", bytes: SELECT_NDEF });
    if (this.last?.sw === "6a82") return undefined;
    this.step({ kind: "raw", bytes: readBinary(0, 0) });
    if (this.last?.sw === "6985" && this.#stored === 0xffffff) return undefined;
    const which = FACES.findIndex(({ base }) => text(this.last?.data ?? new Uint8Array(0)).startsWith(base));
    if (which === 0 || which === 1) return which;
    throw new Disagreement("the face is neither empty nor one that was written");
  }

  #send(bytes: Uint8Array): void {
    this.last = undefined;
    this.last = exchange(this.card, bytes);
    const { sw, data } = this.last;
    if (!STATUS_WORDS.test(sw)) throw new Disagreement(`answered ${sw}`);
    if (data.length > 256) throw new Disagreement(`answered ${data.length} bytes`);
    const selects = bytes[0] === 0 && bytes[1] === 0xa4 && bytes[2] === 4;
    if (selects && sw === "9000") {
      this.#isTag = Buffer.compare(bytes.subarray(5, 12), SELECT_TAG.subarray(5, 12)) === 0 && bytes[4] === 7;
      this.#file = "none";
      this.#channel = undefined;
      this.#hasLooked = false;
      // A RESET that was torn is finished by SELECT.
      const [lifecycle = 0] = this.card.image().cells["bolt-card/lifecycle"] ?? [];
      if (this.#isTag && !LIFECYCLES.includes(lifecycle))
        throw new Disagreement(`selected with lifecycle ${lifecycle}`);
    } else if (this.#isTag && sw === "9000" && bytes[0] === 0 && bytes[1] === 0xa4)
      this.#file = bytes[6] === 3 ? "cc" : "ndef";
    // The whole file counts, wherever it was read.
    if (this.#isTag && this.#file === "ndef" && bytes[1] === 0xb0 && sw === "9000")
      this.#look(counterOf(this.card.image()));
  }

  /**
   * The address of this session is valid for a face, and its counter was never shown by an earlier one.
   * @param stored counter when the first of its bytes had left
   */
  #look(stored: number): void {
    const parts = [0, 255].map((offset) => exchange(this.card, readBinary(offset, 0)).data);
    const address = text(concatBytes(...parts));
    const face = FACES.find(({ base }) => address.startsWith(base));
    const values = /^([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(address.slice(face?.base.length));
    if (!face || !values) throw new Disagreement("an address that is none");
    const [p = "", c = ""] = values.slice(1).map((hex) => hex.toLowerCase());
    const picc = decryptPicc(face.piccKey, hexToBytes(p));
    if (!picc || bytesToHex(picc.uid) !== bytesToHex(face.uid)) throw new Disagreement("p is another's");
    if (c !== bytesToHex(sunMac(face.macKey, face.uid, picc.counter))) throw new Disagreement("c is wrong");
    if (picc.counter !== stored)
      throw new Disagreement(`shows counter ${picc.counter}, and has another one stored`);
    if (picc.counter < this.#shown) throw new Disagreement(`counter ${picc.counter} after ${this.#shown}`);
    const isNew = picc.counter !== this.#shown;
    if (!isNew && !this.#hasLooked) throw new Disagreement(`counter ${picc.counter} in two sessions`);
    this.#shown = picc.counter;
    this.#hasLooked = true;
  }

  #open(): void {
    this.#send(initializeUpdate(FACTORY_VERSION));
    if (this.last?.sw !== "9000") return;
    const channel = new HostChannel(FACTORY_KEYS, this.last.data);
    this.#send(channel.authenticate());
    if (this.last?.sw === "9000") this.#channel = channel;
  }

  #store(face: 0 | 1, half: 0 | 1 | undefined): void {
    const blocks = blocksOf(FACES[face]);
    for (const [block, data] of blocks.entries()) {
      if (half !== undefined && half !== block) continue;
      const p1 = block === 1 ? 0x88 : 0x08;
      this.#send(this.#channel?.wrap(0xe2, p1, block, data) ?? apdu("84e28800", data));
    }
  }

  /** What holds whatever was sent: the counter rises by at most one, and the card application's state is its own. */
  #hold(): void {
    const image = this.card.image();
    const stored = counterOf(image);
    if (stored < this.#stored || stored > this.#stored + 1)
      throw new Disagreement(`the counter went from ${this.#stored} to ${stored}`);
    this.#stored = stored;
    const money = own(image, "card-application/");
    if (this.#isTag && money !== this.#money)
      throw new Disagreement("the card application's state changed with the face selected");
    this.#money = money;
  }
}

const counterOf = ({ cells }: MemoryImage): number => {
  const [high = 0, middle = 0, low = 0] = cells["bolt-card/counter"] ?? [];
  return (high << 16) | (middle << 8) | low;
};

/** The address in an NDEF file. */
const text = (file: Uint8Array): string =>
  Buffer.from(file.subarray(7, 6 + (file[4] ?? 0))).toString("latin1");

/** Makes a face of the card, from whatever it is. */
export const MAKE = (face: 0 | 1): readonly FaceStep[] => [
  { kind: "power" },
  { kind: "raw", bytes: SELECT_TAG },
  { kind: "open" },
  { kind: "reset" },
  { kind: "store", face },
  { kind: "power" },
];
