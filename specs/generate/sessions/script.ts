import { signedBytes } from "../../../reference/sealed.js";
import { bytes, flip, tlv, uint } from "../card/bytes.js";
import {
  CARD,
  ISSUER,
  KEY_SET,
  NO_LIMIT,
  NODE_URI,
  named,
  OTHER_ISSUER,
  type VectorKeySet,
} from "../card/material.js";
import { encrypt, keyCheckOf, type SignatureForm, signature, writeFields } from "../card/sealed.js";

/** Values of the profile that a card publishes. */
type Published = "available" | "maxPerTransaction" | "pinThreshold";

/** The state in which a session finds its card. */
export type CardState =
  | { readonly lifecycle: "blank" }
  | {
      readonly lifecycle: "personalized";
      readonly credit: string;
      readonly maxPerTransaction: string;
      readonly pinThreshold: string;
      readonly noPinBudget: string;
      readonly maxTransactions: number;
      readonly publish: readonly Published[];
      readonly nodeUri: string;
      readonly pin: string | null;
      /** 128 bytes, hex; null: none. */
      readonly certificate: string | null;
    };

/** An update as a session describes it; a runner whose card has its own keys makes the command from this. */
export interface UpdateScript {
  readonly sequence: number;
  readonly flags: number;
  readonly reserved: string;
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly noPinBudget: string;
  readonly maxTransactions: number;
  readonly cardId: "own" | string;
  readonly keyCheck: "own" | string;
  readonly signedBy: "issuer" | "another key";
  readonly signature: SignatureForm;
  /** Key set id in the frame, and the one that is signed. */
  readonly keySetId: "own" | string;
  readonly signedKeySetId: "own" | string;
  readonly sealKey: "own" | "another key";
  readonly type: string;
  /** Bits flipped in the finished message. */
  readonly flip: { readonly offset: number; readonly mask: string } | null;
}

export type ExpectedData =
  | string
  | { readonly authorization: Readonly<Record<string, string | number>> }
  | { readonly status: Readonly<Record<string, string | number>> }
  | { readonly certificate: string };

export type Step =
  | { readonly comment: string; readonly power: "reset" }
  | {
      readonly comment: string;
      readonly command: string;
      readonly sw: string | readonly string[];
      readonly data?: ExpectedData;
      readonly update?: UpdateScript;
    };

/** A scripted conversation with one card. */
export interface Session {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  /** A SHOULD: a card that differs is not wrong. */
  readonly optional?: true;
  /** Sends bytes that are no APDU, which some readers do not pass on. */
  readonly malformed?: true;
  readonly card: CardState;
  readonly steps: readonly Step[];
}

/** Amounts of the sessions are written in satoshi. */
export const sat = (satoshi: number): bigint => BigInt(satoshi) * 1000n;

/** A card as a festival hands it out: PIN 1234, 50 000 sat, at most 25 000 at once, PIN above 5 000, 20 000 without. */
export const FESTIVAL = {
  lifecycle: "personalized",
  credit: sat(50_000).toString(),
  maxPerTransaction: sat(25_000).toString(),
  pinThreshold: sat(5_000).toString(),
  noPinBudget: sat(20_000).toString(),
  maxTransactions: 10_000,
  publish: ["maxPerTransaction", "pinThreshold"],
  nodeUri: NODE_URI,
  pin: "1234",
  certificate: null,
} as const satisfies CardState;

export const BLANK = { lifecycle: "blank" } as const satisfies CardState;

const UNLIMITED = NO_LIMIT.toString();
/** No limit but the credit, and no PIN. */
export const OPEN = {
  ...FESTIVAL,
  credit: sat(1_000).toString(),
  maxPerTransaction: UNLIMITED,
  pinThreshold: UNLIMITED,
  noPinBudget: UNLIMITED,
  maxTransactions: 0xffffffff,
  pin: null,
} as const satisfies CardState;

/** The festival's card with some values changed. */
export const festival = (change: Partial<Exclude<CardState, { lifecycle: "blank" }>>): CardState => ({
  ...FESTIVAL,
  ...change,
});

/** The open card with some values changed. */
export const open = (change: Partial<Exclude<CardState, { lifecycle: "blank" }>>): CardState => ({
  ...OPEN,
  ...change,
});

/** Invoice hash n of the sessions: 32 times the byte n. */
export const invoice = (n: number): string => uint(n, 1).toString("hex").repeat(32);

export const AID = "f043484551554501";
export const SELECT = `00a4040008${AID}00`;

/** Any command: hex, status word, data of a 9000 answer. */
export const send = (
  comment: string,
  command: string,
  sw: string | readonly string[],
  data?: ExpectedData,
): Step => ({ comment, command, sw, ...(data === undefined ? {} : { data }) });

export const reset = (comment: string): Step => ({ comment, power: "reset" });

/** SELECT whose answer does not matter here. */
export const select = (card: CardState, profileChange: Partial<Profile> = {}, comment = "SELECT"): Step =>
  send(comment, SELECT, "9000", fci(card, profileChange));

interface Profile {
  readonly lifecycle: string;
  readonly pinSet: boolean;
  readonly available: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
}

/** The 32 bytes of the profile of a card, specs/01 §4.2. */
export function profile(card: CardState, change: Partial<Profile> = {}): Buffer {
  if (card.lifecycle === "blank") return Buffer.concat([bytes("01000100"), Buffer.alloc(28)]);
  const values = {
    lifecycle: "0f",
    pinSet: card.pin !== null,
    available: BigInt(card.credit),
    maxPerTransaction: BigInt(card.maxPerTransaction),
    pinThreshold: BigInt(card.pinThreshold),
    ...change,
  };
  const published = (name: Published): bigint => (card.publish.includes(name) ? values[name] : 0n);
  const capabilities =
    (values.pinSet ? 1 : 0) +
    (card.publish.includes("available") ? 2 : 0) +
    (card.publish.includes("maxPerTransaction") ? 4 : 0) +
    (card.publish.includes("pinThreshold") ? 8 : 0);
  return Buffer.concat([
    bytes("0100"),
    bytes(values.lifecycle),
    uint(capabilities, 1),
    Buffer.alloc(4),
    uint(published("available"), 8),
    uint(published("maxPerTransaction"), 8),
    uint(published("pinThreshold"), 8),
  ]);
}

/** The answer to SELECT, specs/01 §4.1. */
export function fci(card: CardState, change: Partial<Profile> = {}): string {
  const uri = card.lifecycle === "blank" ? Buffer.alloc(0) : tlv("5f50", Buffer.from(card.nodeUri, "ascii"));
  const proprietary = tlv("a5", Buffer.concat([tlv("c1", profile(card, change)), uri]));
  return tlv("6f", Buffer.concat([tlv("84", bytes(AID)), proprietary])).toString("hex");
}

/** PIN block in ISO 9564 format 2. */
const pinBlock = (pin: string): string => `2${pin.length.toString(16)}${pin}`.padEnd(16, "f");

export const verify = (comment: string, pin: string, sw: string): Step =>
  send(comment, `0020008008${pinBlock(pin)}`, sw);
export const pinState = (comment: string, sw: string): Step => send(comment, "00200080", sw);
export const change = (comment: string, oldPin: string, newPin: string, sw: string): Step =>
  send(comment, `0024008010${pinBlock(oldPin)}${pinBlock(newPin)}`, sw);

const authorizeCommand = (amount: bigint, n: number): string =>
  `8030000028${uint(amount, 8).toString("hex")}${invoice(n)}00`;

/** AUTHORIZE that the card refuses. `amount` in msat; `n` names the invoice. */
export const refused = (comment: string, amount: bigint, n: number, sw: string): Step =>
  send(comment, authorizeCommand(amount, n), sw);

/** AUTHORIZE that the card grants. */
export const granted = (
  comment: string,
  amount: bigint,
  n: number,
  expected: {
    readonly counter: number;
    readonly total: bigint;
    readonly pin?: boolean;
    readonly sequence?: number;
  },
): Step =>
  send(comment, authorizeCommand(amount, n), "9000", {
    authorization: {
      counter: expected.counter,
      flags: expected.pin ? 1 : 0,
      updateSequence: expected.sequence ?? 0,
      amount: amount.toString(),
      authorizedTotal: expected.total.toString(),
      invoiceHash: invoice(n),
    },
  });

/** IDENTIFY and what the status must say. */
export const identify = (
  comment: string,
  expected: {
    readonly counter: number;
    readonly flags?: number;
    readonly sequence?: number;
    readonly credit: bigint;
    readonly total: bigint;
  },
): Step => {
  const challenge = named(`challenge: ${comment}`).toString("hex");
  return send(comment, `8032000020${challenge}00`, "9000", {
    status: {
      counter: expected.counter,
      flags: expected.flags ?? 0,
      updateSequence: expected.sequence ?? 0,
      credit: expected.credit.toString(),
      authorizedTotal: expected.total.toString(),
      challenge,
    },
  });
};

const UPDATE_DEFAULTS: Omit<UpdateScript, "sequence"> = {
  flags: 0,
  reserved: "000000",
  credit: FESTIVAL.credit,
  maxPerTransaction: FESTIVAL.maxPerTransaction,
  pinThreshold: FESTIVAL.pinThreshold,
  noPinBudget: FESTIVAL.noPinBudget,
  maxTransactions: FESTIVAL.maxTransactions,
  cardId: "own",
  keyCheck: "own",
  signedBy: "issuer",
  signature: "low-s",
  keySetId: "own",
  signedKeySetId: "own",
  sealKey: "own",
  type: "03",
  flip: null,
};

const ANOTHER_SEAL_KEY = named("seal key of nobody", 16);

function updateMessage(script: UpdateScript): Buffer {
  const own: VectorKeySet = KEY_SET;
  const fields = writeFields("update", {
    cardId: script.cardId === "own" ? CARD.cardId.toString("hex") : script.cardId,
    sequence: script.sequence,
    flags: script.flags,
    reserved: script.reserved,
    credit: BigInt(script.credit),
    maxPerTransaction: BigInt(script.maxPerTransaction),
    pinThreshold: BigInt(script.pinThreshold),
    noPinBudget: BigInt(script.noPinBudget),
    maxTransactions: script.maxTransactions,
    keyCheck: script.keyCheck === "own" ? keyCheckOf(CARD.point) : script.keyCheck,
  });
  const signedId = script.signedKeySetId === "own" ? own.keySetId : bytes(script.signedKeySetId);
  const signer = script.signedBy === "issuer" ? ISSUER : OTHER_ISSUER;
  const signed = signature(signedBytes("update", signedId, fields), signer, script.signature);
  const iv = named(`IV of update ${JSON.stringify(script)}`, 16);
  const sealKey = script.sealKey === "own" ? own.sealKey : ANOTHER_SEAL_KEY;
  const message = Buffer.concat([
    bytes(script.type),
    script.keySetId === "own" ? own.keySetId : bytes(script.keySetId),
    iv,
    encrypt(sealKey, iv, Buffer.concat([fields, signed])),
  ]);
  return script.flip ? flip(message, script.flip.offset, Number.parseInt(script.flip.mask, 16)) : message;
}

/** UPDATE: what is not given is as on the festival's card, for this card, rightly signed and sealed. */
export const update = (
  comment: string,
  given: Pick<UpdateScript, "sequence"> & Partial<UpdateScript>,
  sw = "9000",
): Step => {
  const script = { ...UPDATE_DEFAULTS, ...given };
  return {
    comment,
    command: `8034000095${updateMessage(script).toString("hex")}`,
    sw,
    update: script,
  };
};
