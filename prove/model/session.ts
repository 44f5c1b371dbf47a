import { bytesToHex, hexToBytes, secp256k1 } from "../../common/index.js";
import { answer } from "../../reference/card/answer.js";
import { provenPoint } from "../../reference/card/respond.js";
import {
  blankCard as blankModel,
  type Card,
  type ExpectedData,
  type Outcome,
  withoutPower,
} from "../../reference/card/state.js";
import { blankCard, type MemoryImage, type ProvableCard, TornError } from "../../simulator/index.js";
import { seededEntropy } from "../../testing/random.js";
import { type Answer, exchange, SELECT_APP } from "../card/apdus.js";
import { Cells } from "../card/cells.js";
import { initializeUpdate } from "../card/channel.js";
import { FACTORY_KEYS, FACTORY_VERSION, keysInHex, SERIAL } from "../card/material.js";
import { certificateProblem, messageProblem } from "../card/sealed.js";
import { cellsOf, firstDifference, readCells, settledAfterTear } from "./cells.js";
import type { MakeStep, OpenStep, Step, StepTear } from "./steps.js";
import { authenticating, blocksOf, commandOf, type Terminal, throughChannel } from "./terminal.js";

const hex = bytesToHex;

/** A card's memory, and the model of it. */
export interface Start {
  readonly image: MemoryImage;
  readonly model: Card;
}

/** Makes the campaigns' card, as from the factory or as an image left it. */
export type CardMaker = (image?: MemoryImage, entropy?: (length: number) => Uint8Array) => ProvableCard;

/** The simulated card. */
export const factoryCard: CardMaker = (image, entropy = seededEntropy(819)) => {
  const keys = () => ({ version: FACTORY_VERSION, ...FACTORY_KEYS });
  return blankCard({ serial: SERIAL, keys }, image ? { image, entropy } : { entropy });
};

/** S8, pseudo-random challenges, responses protected. */
const PARAMETER_I = 0x70;
/** A blank card. */
export const BLANK: Start = {
  image: factoryCard().image(),
  model: blankModel({
    serial: hex(SERIAL),
    i: PARAMETER_I,
    slots: [{ version: FACTORY_VERSION, ...keysInHex(FACTORY_KEYS), sequence: 0 }],
  }),
};

/** Card and model do not agree. */
export class Disagreement extends Error {}

/** Commands that a replay can reach back to. */
const HISTORY = 64;

/** The campaign's cards have pseudo-random challenges. */
const noRandomness = (): never => {
  throw new Error("a model's answer is random");
};

/** A card and its model, and the hosts that take turns with them. Every command is compared. */
export class CardSession {
  readonly card: ProvableCard;
  /** What was answered last; undefined: it was torn. */
  last: Answer | undefined;
  /** Memory right after the last tear, without power. */
  tornImage: MemoryImage | undefined;
  #model: Card;
  readonly #terminals: [Terminal, Terminal] = [{ channel: undefined }, { channel: undefined }];
  readonly #history: Uint8Array[] = [];
  readonly #updates: Uint8Array[] = [];
  /** Commands that were sent, torn ones included. */
  commands = 0;
  readonly seen = new Map<string, number>();

  /** @param start a card's memory, and the model of it */
  constructor(start: Start, entropy?: (n: number) => Uint8Array, make: CardMaker = factoryCard) {
    this.card = make(start.image, entropy);
    this.#model = withoutPower(start.model);
    this.card.powerOn();
    this.#send(SELECT_APP, undefined);
  }

  get model(): Card {
    return this.#model;
  }

  get image(): MemoryImage {
    return this.card.image();
  }

  /** @throws Disagreement */
  step(step: Step): void {
    const [terminal] = this.#terminals;
    switch (step.kind) {
      case "power":
        this.#power([], true);
        return;
      case "hand-over":
        this.#terminals.reverse();
        this.#power([], true);
        return;
      case "open-channel":
        if (!step.onlyIfNone || !this.#terminals[0].channel) this.#open(step);
        return;
      case "make":
        this.#make(step, step.tear);
        return;
      case "replay":
      case "bend": {
        const bytes = this.#history.at(-1 - step.back)?.slice();
        if (!bytes) return;
        if (step.kind === "bend") bend(bytes, step.at, step.mask);
        this.#send(bytes, step.tear);
        return;
      }
      case "replay-update": {
        const bytes = this.#updates[step.which % Math.max(1, this.#updates.length)];
        if (bytes) this.#send(bytes, step.tear);
        return;
      }
      default: {
        const sent = commandOf(step, this.#model, terminal);
        if (!sent) return;
        if (step.kind === "update" && this.#updates.length < HISTORY) this.#updates.push(sent);
        this.#send(sent, step.tear);
      }
    }
  }

  #open({
    version,
    wrong,
    tear,
    isLate = wrong,
  }: OpenStep & { readonly tear?: StepTear | undefined }): boolean {
    const begun = this.#send(initializeUpdate(version), isLate ? undefined : tear);
    if (begun?.sw !== "9000") return false;
    const sent = authenticating(this.#terminals[0], begun.data, version, wrong);
    return this.#send(sent, isLate ? tear : undefined)?.sw === "9000";
  }

  /** RESET if needed, then a whole personalization; the tear falls on one of its commands. */
  #make(step: MakeStep, tear: StepTear | undefined): void {
    const at = typeof tear?.point === "object" ? tear.point.write % 4 : 0;
    const tornAt = (index: number) => (tear && at === index ? tear : undefined);
    this.#send(SELECT_APP, undefined);
    if (!this.#open({ kind: "open-channel", version: 0x30, wrong: false })) return;
    const [terminal] = this.#terminals;
    const [first, second] = blocksOf(step);
    const through = (ins: number, p1p2: number, data: Uint8Array, index: number): boolean =>
      this.#send(throughChannel(terminal, ins, p1p2, data), tornAt(index))?.sw === "9000";
    const isBlank = this.#model.lifecycle === 0x01;
    if (!isBlank && !through(0xe4, 0, new Uint8Array(0), 0)) return;
    if (!through(0x46, 0x8000, new Uint8Array(16).fill(step.publish), 1)) return;
    if (!through(0xe2, 0x0800, first, 2)) return;
    through(0xe2, 0x8801, second, 3);
  }

  /** Sends to both and compares. @returns the card's answer; undefined when it was torn */
  #send(sent: Uint8Array, tear: StepTear | undefined): Answer | undefined {
    this.commands++;
    this.#history.push(sent);
    if (this.#history.length > HISTORY) this.#history.shift();
    const outcome = answer(this.#model, sent, noRandomness);
    this.card.tearAt(tear?.point);
    let got: Answer;
    try {
      got = exchange(this.card, sent);
    } catch (error) {
      if (!(error instanceof TornError) || !tear) throw error;
      this.last = undefined;
      this.#torn(outcome, tear);
      return undefined;
    }
    this.last = got;
    const kind = `${hex(sent.subarray(0, 2))} ${got.sw}`;
    this.seen.set(kind, (this.seen.get(kind) ?? 0) + 1);
    this.#compare(outcome, sent, got);
    return got;
  }

  #compare(outcome: Outcome, sent: Uint8Array, got: Answer): void {
    const name = hex(sent.subarray(0, 5));
    if (got.sw !== outcome.sw) throw new Disagreement(`${name}: card ${got.sw}, model ${outcome.sw}`);
    const found = this.#found();
    this.#model = outcome.data.kind === "key-proof" ? this.#withNewKey(outcome.next, found) : outcome.next;
    const problem = this.#dataProblem(outcome.data, got.data);
    if (problem) throw new Disagreement(`${name}: its answer: ${problem}`);
    const difference = firstDifference(cellsOf(this.#model), found);
    if (difference) throw new Disagreement(`${name} ${got.sw}: ${difference}`);
  }

  #dataProblem(expected: ExpectedData, data: Uint8Array): string | undefined {
    const { keySetId, sealKey, point } = this.#model;
    switch (expected.kind) {
      case "any":
        return undefined;
      case "exactly":
        return hex(data) === expected.hex ? undefined : `card ${hex(data)}, model ${expected.hex}`;
      case "message":
        return messageProblem(data, {
          type: expected.type,
          fields: hexToBytes(expected.fields),
          keySetId: hexToBytes(keySetId),
          sealKey: hexToBytes(sealKey),
          point: hexToBytes(point),
        });
      case "certificate":
        return certificateProblem(data, hexToBytes(expected.body), hexToBytes(keySetId), hexToBytes(sealKey));
      case "key-proof":
        try {
          const proven = provenPoint(data, hexToBytes(expected.challenge));
          return hex(proven) === point ? undefined : "the proof is another key's";
        } catch (error) {
          return `the proof of the key is wrong: ${error}`;
        }
    }
  }

  /** The card chose a key: whatever it is, it is a pair, and another one than before. */
  #withNewKey(model: Card, found: Readonly<Record<string, string>>): Card {
    const { point = "", "secret-key": secretKey = "" } = found;
    // Memory without a key is zero.
    if (point === model.point || /^0*$/.test(point + model.point)) return model;
    if (!isPair(secretKey, point)) throw new Disagreement("GENERATE KEY PAIR: the keys are no pair");
    return { ...model, point, secretKey };
  }

  /** Power failed: the card is as before, as after, or as the outcome says of in between. */
  #torn(outcome: Outcome, tear: StepTear): void {
    const before = this.#model;
    this.tornImage = this.image;
    this.#powerOn(tear.rollBack);
    const found = this.#found();
    const is = (card: Card) => (firstDifference(cellsOf(card), found) ? undefined : card);
    let settled: Card | undefined;
    if (tear.point === "before-command") settled = is(before);
    else if (tear.point === "after-command" && outcome.data.kind !== "key-proof") settled = is(outcome.next);
    else settled = settledAfterTear(before, outcome, found);
    if (!settled && outcome.data.kind === "key-proof") {
      // Torn between the old key and the new one: none, whatever lies in its place.
      const none = { ...before, point: "", secretKey: found["secret-key"] ?? "" };
      settled = is(none) ?? is(this.#withNewKey(before, found));
    }
    if (!settled)
      throw new Disagreement(
        `torn ${JSON.stringify(tear.point)} (${outcome.sw}): ${firstDifference(cellsOf(outcome.next), found)}`,
      );
    this.#model = withoutPower(settled);
    if (tear.reselect) this.#send(SELECT_APP, undefined);
  }

  #power(rollBack: readonly number[], reselect: boolean): void {
    this.#powerOn(rollBack);
    this.#model = withoutPower(this.#model);
    if (reselect) this.#send(SELECT_APP, undefined);
  }

  #powerOn(rollBack: readonly number[]): void {
    for (const write of rollBack) {
      try {
        this.card.powerOn(write);
      } catch (error) {
        if (!(error instanceof TornError)) throw error;
      }
    }
    this.card.powerOn();
  }

  #found(): Record<string, string> {
    const cells = new Cells(this.card.image());
    if (cells.journalLength) throw new Disagreement("a transaction is open between two commands");
    return readCells(cells, this.#model);
  }
}

function isPair(secretKey: string, point: string): boolean {
  const secret = hexToBytes(secretKey);
  return secp256k1.isSecretKey(secret) && hex(secp256k1.publicKey(secret, false)) === point;
}

/** Changes a byte, but not into an Le that the specification leaves open. */
function bend(bytes: Uint8Array, at: number, mask: number): void {
  const place = at % bytes.length;
  const hasLe = bytes.length === 5 || bytes.length === 6 + (bytes[4] ?? 0);
  if (hasLe && place === bytes.length - 1) return;
  bytes[place] = (bytes[place] ?? 0) ^ mask;
}
