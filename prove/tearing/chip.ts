import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { type MemoryImage, makeCard, type ProvableCard, provisionNtag } from "../../simulator/index.js";
import { SeededRandom, seededEntropy } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { apdu, exchange, SELECT_APP } from "../card/apdus.js";
import { hashOf } from "../card/material.js";
import { Disagreement } from "../model/session.js";
import { tears } from "./tears.js";

const BASE = "lnurlw://cards.example/bolt";
const key = (name: string): Uint8Array => hashOf(`prove/chip ${name}`).slice(0, 16);
const CHIP = {
  uid: Uint8Array.of(0x04, ...hashOf("prove/chip").slice(0, 6)),
  address: BASE,
  piccKey: key("K1"),
  macKey: key("K2"),
};
const LAST = 0xffffff;

const SELECT_TAG = apdu("00a40400", hexToBytes("d2760000850101"), 0);
const SELECT_CC = apdu("00a4000c", hexToBytes("e103"));
const SELECT_NDEF = apdu("00a4000c", hexToBytes("e104"));
const read = (p1p2: string): Uint8Array => hexToBytes(`00b0${p1p2}00`);
const WHOLE = read("0000");
const OPENED = [SELECT_TAG, SELECT_NDEF];

/** What is torn: its last command, behind the others. */
const COMMANDS: readonly (readonly [name: string, commands: readonly Uint8Array[]])[] = [
  ["SELECT of the application", [SELECT_TAG]],
  ["SELECT of another application", [...OPENED, SELECT_APP]],
  ["SELECT of the container", [SELECT_TAG, SELECT_CC]],
  ["SELECT of the NDEF file", OPENED],
  ["READ BINARY of the container", [SELECT_TAG, SELECT_CC, WHOLE]],
  ["first READ BINARY", [...OPENED, WHOLE]],
  ["first READ BINARY, in the middle", [...OPENED, read("0028")]],
  ["first READ BINARY by the short identifier", [SELECT_TAG, read("8400")]],
  ["second READ BINARY of a row", [...OPENED, WHOLE, read("0002")]],
  ["READ BINARY of a second row", [...OPENED, WHOLE, SELECT_NDEF, WHOLE]],
  ["a command that is not there", [...OPENED, hexToBytes("00d6000000")]],
];

/** How often a chip was read before: within a byte, at each carry, and at its end. */
const COUNTERS = [0, 1, 0xff, 0x1_00, 0xff_ff, 0x1_00_00, LAST - 2, LAST - 1, LAST];

const counterOf = ({ cells }: MemoryImage): number => {
  const [high = 0, middle = 0, low = 0] = cells["ntag-424-dna/counter"] ?? [];
  return (high << 16) | (middle << 8) | low;
};

/** A chip whose every address is valid, and another than all before. */
class ChipSession {
  readonly card: ProvableCard;
  /** Of the newest address that left the chip. */
  #shown: number;
  #stored: number;
  /** Everything but the counter. */
  readonly #rest: string;

  constructor(counter: number, random: SeededRandom) {
    const made = provisionNtag({ ...CHIP, counter });
    this.card = makeCard({ image: made.image(), entropy: seededEntropy(random.u32()) });
    this.#shown = counter;
    this.#stored = counter;
    this.#rest = restOf(this.card.image());
    this.card.powerOn();
  }

  /** @throws Disagreement; TornError where the power was to fail */
  send(bytes: Uint8Array): ReturnType<typeof exchange> {
    try {
      return exchange(this.card, bytes);
    } finally {
      this.#hold();
    }
  }

  /** The counter rises by at most one, torn or not, and nothing else changes. */
  #hold(): void {
    const image = this.card.image();
    const stored = counterOf(image);
    if (stored < this.#stored || stored > this.#stored + 1)
      throw new Disagreement(`the counter went from ${this.#stored} to ${stored}`);
    this.#stored = stored;
    if (restOf(image) !== this.#rest) throw new Disagreement("keys, UID, files or offsets changed");
  }

  /** A command whose answer, where it is one of the NDEF file, somebody has seen. */
  seen(bytes: Uint8Array): void {
    const { sw } = this.send(bytes);
    const isRead = bytes[1] === 0xb0 && sw === "9000";
    if (isRead && this.#stored > this.#shown) this.#shown = this.#stored;
  }

  /** The power failed behind an answer, which somebody may have. */
  mayHaveLeft(): void {
    this.#shown = this.#stored;
  }

  /** Power again, and a tap. @throws Disagreement where its address was shown before, or is not the chip's */
  tap(): void {
    this.card.powerOn();
    for (const command of OPENED) this.send(command);
    const { sw, data } = this.send(WHOLE);
    if (sw !== "9000") {
      if (this.#stored === LAST) return;
      throw new Disagreement(`cannot be read any more: ${sw}, at counter ${this.#stored}`);
    }
    const address = Buffer.from(data.subarray(7, 2 + ((data[0] ?? 0) << 8) + (data[1] ?? 0))).toString(
      "latin1",
    );
    const values = /^\?p=([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(address.slice(BASE.length));
    if (!address.startsWith(BASE) || !values) throw new Disagreement(`not its address: ${address}`);
    const [p = "", c = ""] = values.slice(1).map((hex) => hex.toLowerCase());
    const picc = decryptPicc(CHIP.piccKey, hexToBytes(p));
    if (!picc || bytesToHex(picc.uid) !== bytesToHex(CHIP.uid)) throw new Disagreement("p is another's");
    if (c !== bytesToHex(sunMac(CHIP.macKey, CHIP.uid, picc.counter))) throw new Disagreement("c is wrong");
    if (picc.counter <= this.#shown)
      throw new Disagreement(`shows counter ${picc.counter} after ${this.#shown}`);
    if (picc.counter !== this.#stored)
      throw new Disagreement(`shows counter ${picc.counter}, and has ${this.#stored} stored`);
    this.#shown = picc.counter;
  }
}

const restOf = ({ cells }: MemoryImage): string =>
  Object.entries(cells)
    .filter(([name]) => name !== "ntag-424-dna/counter")
    .map(([name, content]) => `${name} ${bytesToHex(content)}`)
    .sort()
    .join("\n");

/** Tears every command at every counter at each write, before it and behind its answer, and twice in a row; then taps. */
export async function sweepChips(options: CampaignOptions): Promise<CampaignResult> {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  for (const counter of COUNTERS)
    for (const command of COMMANDS) {
      if (meter.isOver) return meter.result();
      sweepOne(counter, command, random, meter);
      meter.count("commands at counters");
      meter.tell("tear points");
    }
  return meter.result();
}

function sweepOne(
  counter: number,
  [name, commands]: (typeof COMMANDS)[number],
  random: SeededRandom,
  meter: Meter,
): void {
  const last = commands.at(-1) ?? WHOLE;
  for (let write = 0; ; write++) {
    const point = (["before-command", "after-command"] as const)[write] ?? { write: write - 1 };
    const where = `${name}, counter ${counter}, ${typeof point === "object" ? `write ${point.write}` : point}`;
    try {
      const session = new ChipSession(counter, random);
      for (let time = 0; time < 2; time++) {
        for (const command of commands.slice(0, -1)) session.seen(command);
        session.card.tearAt(point);
        if (!tears(() => session.seen(last))) {
          if (time === 0) return;
          break;
        }
        meter.units++;
        session.card.powerOn();
        if (point === "after-command") session.mayHaveLeft();
      }
      session.card.tearAt(undefined);
      session.tap();
      session.tap();
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      meter.fail({ where, what: error.message, replay: "--only chip-tears" });
      return;
    }
  }
}

export const chipTears: Campaign = {
  name: "chip-tears",
  about: "the simulated NTAG 424 DNA: power cut at every persistent write; no address is ever shown twice",
  unit: "tear points",
  full: Number.POSITIVE_INFINITY,
  run: (options) => sweepChips(options),
};
