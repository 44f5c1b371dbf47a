import type { MemoryImage } from "../../simulator/index.js";
import { SeededRandom, seededEntropy } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { apdu, authorize, SELECT_APP } from "../card/apdus.js";
import { initializeUpdate } from "../card/channel.js";
import { FACTORY_VERSION, hashOf } from "../card/material.js";
import { type CardMaker, Disagreement } from "../model/session.js";
import { tears } from "../tearing/tears.js";
import {
  FACES,
  FaceSession,
  type FaceStep,
  faceCard,
  MAKE,
  readBinary,
  SELECT_CC,
  SELECT_NDEF,
  SELECT_TAG,
} from "./session.js";

const raw = (bytes: Uint8Array): FaceStep => ({ kind: "raw", bytes });
const TO_TAG = [raw(SELECT_TAG)];
const OPENED: readonly FaceStep[] = [...TO_TAG, { kind: "open" }];
const READY: readonly FaceStep[] = [...TO_TAG, raw(SELECT_NDEF)];

interface State {
  readonly name: string;
  readonly image: MemoryImage;
  readonly shown: number;
}

/** Every kind of state of a second face. */
export function faceStates(make: CardMaker): readonly State[] {
  const made = (name: string, steps: readonly FaceStep[], counter?: number): State => {
    const session = new FaceSession(make());
    for (const step of steps) session.step(step);
    const { cells } = session.card.image();
    const set =
      counter === undefined
        ? {}
        : { "bolt-card/counter": Uint8Array.of(counter >> 16, (counter >> 8) & 0xff, counter & 0xff) };
    const image = { cells: { ...cells, ...set }, journal: [] };
    return { name, image, shown: counter ?? session.shown };
  };
  return [
    made("blank", []),
    made("blank, address stored without the rest", [...OPENED, { kind: "store", face: 0, half: 0 }]),
    made("blank after RESET", [...MAKE(0), ...READY, raw(readBinary(0, 2)), ...OPENED, { kind: "reset" }]),
    made("personalized", MAKE(0)),
    made("personalized, with the longest address", MAKE(1)),
    made("personalized, read before", [...MAKE(0), ...READY, raw(readBinary(0, 0))]),
    made("before a carry", MAKE(0), 0x0000ff),
    made("before two carries", MAKE(0), 0x00ffff),
    made("one before the last counter", MAKE(0), 0xfffffe),
    made("at the last counter", MAKE(0), 0xffffff),
  ];
}

/** What is torn: its last step, behind the others. */
const COMMANDS: readonly (readonly [name: string, steps: readonly FaceStep[]])[] = [
  ["SELECT", [raw(SELECT_TAG)]],
  ["SELECT of the card application", [...READY, raw(SELECT_APP)]],
  ["SELECT of the NDEF file", [...TO_TAG, raw(SELECT_NDEF)]],
  ["first READ BINARY", [...READY, raw(readBinary(0, 2))]],
  ["first READ BINARY, in the middle", [...READY, raw(readBinary(40, 0))]],
  ["second READ BINARY", [...READY, raw(readBinary(0, 2)), raw(readBinary(2, 0))]],
  ["INITIALIZE UPDATE", [...TO_TAG, raw(initializeUpdate(FACTORY_VERSION))]],
  ["STORE DATA, first block", [...OPENED, { kind: "store", face: 1, half: 0 }]],
  [
    "STORE DATA, last block",
    [...OPENED, { kind: "store", face: 1, half: 0 }, { kind: "store", face: 1, half: 1 }],
  ],
  ["RESET", [...OPENED, { kind: "reset" }]],
];

/** Tears every command in every state at each write, at each write of what the next power-up does, and goes on. */
export async function sweepFaces(
  options: CampaignOptions,
  make: CardMaker = faceCard,
  campaign = "face-tears",
) {
  const meter = new Meter(options);
  const states = faceStates(make);
  const random = new SeededRandom(options.seed);
  const pairs = states
    .flatMap((state) => COMMANDS.map((command) => ({ state, command, order: random.u32() })))
    .sort((a, b) => a.order - b.order);
  for (const { state, command } of pairs) {
    if (meter.isOver) break;
    sweepOne(state, command, make, meter, campaign);
    meter.count("commands in states");
    meter.tell("tear points");
  }
  return meter.result();
}

function sweepOne(
  state: State,
  [name, steps]: (typeof COMMANDS)[number],
  make: CardMaker,
  meter: Meter,
  campaign: string,
): void {
  const last = steps.at(-1) ?? { kind: "power" };
  for (let write = 0; ; write++) {
    const points = ["before-command", "after-command"] as const;
    const point = points[write] ?? { write: write - 1 };
    const where = `${name}, ${state.name}, ${typeof point === "object" ? `write ${point.write}` : point}`;
    try {
      const session = new FaceSession(make(state.image, seededEntropy(7)), state.shown);
      for (const step of steps.slice(0, -1)) session.step(step);
      session.card.tearAt(point);
      if (!tears(() => session.step(last))) return;
      meter.units++;
      session.power();
      goOn(session);
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      meter.fail({ where, what: error.message, replay: `--only ${campaign}` });
      return;
    }
  }
}

/** Whatever was torn: the face is empty or whole, is read, and can be made. */
function goOn(session: FaceSession): void {
  session.face();
  session.power();
  session.face();
  for (const step of MAKE(1)) session.step(step);
  const face = session.face();
  if (face !== 1 && session.last?.sw !== "6985") throw new Disagreement("cannot be made from the start");
}

/** A random step; raw commands above all. */
function anyStep(random: SeededRandom): FaceStep {
  const face = random.pick([0, 1] as const);
  return random.pick<() => FaceStep>([
    () => ({ kind: "power" }),
    () => ({ kind: "open" }),
    () => ({ kind: "store", face }),
    () => ({ kind: "store", face, half: random.pick([0, 1] as const) }),
    () => ({ kind: "reset" }),
    ...Array.from({ length: 4 }, () => () => raw(SELECT_TAG)),
    ...Array.from({ length: 4 }, () => () => raw(SELECT_NDEF)),
    () => raw(SELECT_CC),
    () => raw(SELECT_APP),
    ...Array.from({ length: 4 }, () => () => raw(readBinary(random.below(260), random.below(256)))),
    () => raw(readBinary(0, 0)),
    () => raw(authorize(10n, hashOf("prove/face"))),
    () => raw(apdu("00a4000c", random.bytes(1 + random.below(3)))),
    () => raw(random.bytes(4 + random.below(8))),
    () => raw(Uint8Array.of(0, random.pick([0xa4, 0xb0, 0xd6]), ...random.bytes(2 + random.below(6)))),
    () => raw(Uint8Array.of(0x84, random.pick([0xe2, 0xe4, 0x82]), ...random.bytes(2 + random.below(20)))),
  ])();
}

/** Where p stands in the file: its padding is random. */
const withoutP = (data: Uint8Array, offset: number, base: string): string => {
  const [from, to] = [7 + base.length - offset, 39 + base.length - offset];
  return Buffer.from(data.map((byte, at) => (at >= from && at < to ? 0 : byte))).toString("hex");
};

/** The simulated card and another one under the same random steps: status words, answers and counters agree. */
export async function faceTwins(options: CampaignOptions, make: CardMaker): Promise<CampaignResult> {
  const meter = new Meter(options);
  const [here, there] = [faceStates(faceCard), faceStates(make)];
  for (let run = 0; !meter.isOver; run++) {
    const seed = (options.seed + run) | 0;
    const random = new SeededRandom(seed);
    const start = random.below(here.length);
    const [one, other] = [here[start], there[start]];
    if (!one || !other) break;
    const sessions = [
      new FaceSession(faceCard(one.image, seededEntropy(seed)), one.shown),
      new FaceSession(make(other.image, seededEntropy(seed)), other.shown),
    ];
    for (let n = 0; n < 80 && !meter.isOver; n++) {
      const step = anyStep(random);
      meter.units++;
      const problem = differenceAfter(sessions, step);
      if (problem === undefined) continue;
      const what = step.kind === "raw" ? Buffer.from(step.bytes).toString("hex") : step.kind;
      const replay = `--only applet-face-twins --seed ${seed}`;
      meter.fail({ where: `${one.name}, step ${n}: ${what}`, what: problem, replay });
      break;
    }
    meter.tell("commands compared");
  }
  return meter.result();
}

function differenceAfter(sessions: readonly FaceSession[], step: FaceStep): string | undefined {
  const seen: string[] = [];
  for (const session of sessions) {
    try {
      session.step(step);
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error;
      return error.message;
    }
    const { sw, data } = session.last ?? { sw: "", data: new Uint8Array(0) };
    const reads = step.kind === "raw" && step.bytes[1] === 0xb0;
    const offset = reads ? ((step.bytes[2] ?? 0) << 8) | (step.bytes[3] ?? 0) : 0;
    const { cells } = session.card.image();
    const base = FACES.find(({ uid }) => Buffer.compare(cells["bolt-card/uid"] ?? uid, uid) === 0)?.base;
    const answer = reads ? withoutP(data, offset, base ?? "") : `${data.length}`;
    const kept = ["lifecycle", "uid", "address", "counter"].map((name) =>
      Buffer.from(cells[`bolt-card/${name}`] ?? []).toString("hex"),
    );
    seen.push(`${sw} ${answer} ${kept.join(" ")}`);
  }
  return seen[0] === seen[1] ? undefined : `the simulated card ${seen[0]}, the other one ${seen[1]}`;
}

export const faceTears: Campaign = {
  name: "face-tears",
  about:
    "the second face of the simulated card: power cut at every persistent write, and its counter never repeats",
  unit: "tear points",
  full: Number.POSITIVE_INFINITY,
  run: (options) => sweepFaces(options),
};
