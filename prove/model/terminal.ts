import { concatBytes, hexToBytes, utf8 } from "../../common/index.js";
import type { Card } from "../../reference/card/state.js";
import { putKeyData } from "../../reference/personalize.js";
import * as card from "../card/apdus.js";
import { HostChannel } from "../card/channel.js";
import * as material from "../card/material.js";
import { CHALLENGE_16, group, storeDataBlocks } from "../card/personalize.js";
import { type Order, sealedUpdate } from "../card/sealed.js";
import type { Amount, MakeStep, Step, UpdateStep } from "./steps.js";

/** One of the hosts that take turns with the card. */
export interface Terminal {
  channel: HostChannel | undefined;
}

const invoices = Array.from({ length: 7 }, (_, n) => material.hashOf(`prove/model invoice ${n}`));
const challenges = Array.from({ length: 4 }, (_, n) => material.hashOf(`prove/model challenge ${n}`));
const PINS = ["241234ffffffffff", "26654321ffffffff", "2c123456789012ff", "240000ffffffffff"].map((pin) =>
  hexToBytes(pin),
);
const SELECTS = [
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_APP,
  card.SELECT_PACKAGE,
  card.SELECT_SILENTLY,
  card.SELECT_DOMAIN,
  card.SELECT_UNKNOWN,
  card.apdu("00a40400"),
];
const MOST = 2_100_000_000_000_000_000n;

const NEXT_KEY_DATA = putKeyData(
  material.NEXT_VERSION,
  material.keysInHex(material.NEXT_KEYS),
  material.keysInHex(material.FACTORY_KEYS).dek,
);

const least = (value: bigint): bigint => (value < 0n ? 0n : value);

/** The amount in msat that a step means with this card, 0..2^64-1. */
function amountOf(model: Card, { near, offset }: Amount): bigint {
  const base = {
    one: 1n,
    sixty: 60n,
    "max-per-transaction": model.maxPerTransaction,
    "pin-threshold": model.pinThreshold,
    budget: least(model.noPinBudget - model.noPinSpent),
    available: least(model.credit - model.authorized),
    most: MOST,
  }[near];
  const amount = least(base + BigInt(offset));
  return amount < 2n ** 64n ? amount : 2n ** 64n - 1n;
}

const rightPin = (model: Card): Uint8Array => (model.pin ? hexToBytes(model.pin) : material.PIN_BLOCK);

const sequenceOf = (model: Card, delta: number): number =>
  Math.min(0xffffffff, Math.max(0, model.sequence + delta));

/** What the card has, or what it would get: a blank one has nothing. */
const own = (hex: string, instead: Uint8Array): Uint8Array => (hex ? hexToBytes(hex) : instead);

function orderOf(model: Card, step: UpdateStep): Uint8Array {
  const { wrong } = step;
  const credit = wrong === "credit" ? MOST + 1n : least(model.credit + BigInt(step.credit));
  const fields: Partial<Order> = {
    cardId: wrong === "card-id" ? hexToBytes("1102030405060708") : own(model.cardId, material.CARD_ID),
    sequence: sequenceOf(model, step.sequence),
    flags: step.flags,
    reserved: step.reserved,
    credit: credit < 2n ** 64n ? credit : MOST,
    maxPerTransaction: step.maxPerTransaction,
    pinThreshold: step.pinThreshold,
    noPinBudget: step.noPinBudget,
    maxTransactions: step.maxTransactions,
    point: wrong === "point" ? material.ISSUER_POINT : own(model.point, material.CARD_POINT),
    signer: wrong === "signer" ? material.OTHER_ISSUER_SECRET : material.ISSUER_SECRET,
    keySetId: wrong === "key-set" ? hexToBytes("ffffffff") : own(model.keySetId, material.KEY_SET_ID),
    sealKey: wrong === "seal-key" ? new Uint8Array(16).fill(9) : own(model.sealKey, material.SEAL_KEY),
    type: wrong === "type" ? 1 : 3,
    highS: step.highS,
  };
  return card.update(sealedUpdate(fields));
}

/** Data groups by a bit each; bit 6 gives one of them twice. */
function groupsOf(bits: number): Uint8Array {
  const limits = storeDataBlocks()[1].subarray(15, 15 + 40);
  const all = [
    group(0x0101, concatBytes(material.CARD_ID, material.KEY_SET_ID)),
    group(0x0102, utf8(material.NODE_URI)),
    group(0x0103, material.ISSUER_POINT),
    limits,
    group(0x8101, material.SEAL_KEY),
    group(0x8102, material.PIN_BLOCK),
    group(0x0101, concatBytes(material.CARD_ID, material.KEY_SET_ID)),
    group(0x0105, material.CERTIFICATE),
  ];
  const chosen = all.filter((_, bit) => bits & (1 << bit));
  return concatBytes(...chosen).subarray(0, 239);
}

/** Through the terminal's half of a channel, or in clear where it has none. */
export function throughChannel(terminal: Terminal, ins: number, p1p2: number, plain: Uint8Array): Uint8Array {
  const { channel } = terminal;
  const [p1, p2] = [p1p2 >> 8, p1p2 & 0xff];
  return channel
    ? channel.wrap(ins, p1, p2, plain)
    : concatBytes(Uint8Array.of(0x84, ins, p1, p2, 8), new Uint8Array(8));
}

/** The two blocks of a personalization with a step's values. */
export const blocksOf = (step: MakeStep): [Uint8Array, Uint8Array] =>
  storeDataBlocks({
    ...step,
    pinBlock: step.withPin ? material.PIN_BLOCK : undefined,
    certificate: step.withCertificate ? material.CERTIFICATE : undefined,
  });

/** The bytes of a step of one command; undefined for a step of another kind. */
export function commandOf(step: Step, model: Card, terminal: Terminal): Uint8Array | undefined {
  switch (step.kind) {
    case "authorize":
      return card.authorize(amountOf(model, step.amount), invoices[step.invoice] ?? material.CARD_POINT);
    case "verify": {
      if (step.block === "none") return card.PIN_STATE;
      const block = { wrong: material.WRONG_PIN_BLOCK, malformed: material.MALFORMED_PIN_BLOCK };
      return card.verify(step.block === "right" ? rightPin(model) : block[step.block]);
    }
    case "change-pin": {
      const block = { wrong: material.WRONG_PIN_BLOCK, malformed: material.MALFORMED_PIN_BLOCK };
      const old = step.old === "right" ? rightPin(model) : block[step.old];
      const next = step.next === "malformed" ? block.malformed : (PINS[step.next] ?? material.PIN_BLOCK);
      return card.changePin(old, next);
    }
    case "identify":
      return card.identify(challenges[step.challenge] ?? material.CARD_SECRET);
    case "get-data":
      return card.apdu(`80ca${step.tag.toString(16).padStart(4, "0")}`, undefined, 0);
    case "select":
      return SELECTS[step.what] ?? card.SELECT_APP;
    case "update":
      return orderOf(model, step);
    case "order":
      return card.update(sealedUpdate({ point: own(model.point, material.CARD_POINT), ...step.fields }));
    case "put-key":
      return throughChannel(terminal, 0xd8, (step.replace << 8) | 0x81, NEXT_KEY_DATA);
    case "raw":
      return step.bytes;
    case "generate-key-pair":
      return throughChannel(terminal, 0x46, 0x8000, CHALLENGE_16);
    case "store-data":
      return throughChannel(
        terminal,
        0xe2,
        ((step.last ? 0x88 : 0x08) << 8) | step.block,
        groupsOf(step.groups),
      );
    case "reset":
      return throughChannel(terminal, 0xe4, 0, new Uint8Array(0));
    default:
      return undefined;
  }
}

/** EXTERNAL AUTHENTICATE of a terminal that just got an answer to INITIALIZE UPDATE. */
export function authenticating(
  terminal: Terminal,
  answer: Uint8Array,
  version: number,
  wrong: boolean,
): Uint8Array {
  const keys = version === material.NEXT_VERSION ? material.NEXT_KEYS : material.FACTORY_KEYS;
  terminal.channel = new HostChannel(keys, answer);
  return terminal.channel.authenticate(wrong);
}
