import { unhex } from "../bytes.js";
import type { Channel, SessionKeys, Size, StaticKeys } from "../scp03.js";

/** One authorization that the card remembers. */
export interface RingEntry {
  readonly invoiceHash: string;
  readonly amount: bigint;
  readonly counter: number;
  readonly flags: number;
  readonly authorized: bigint;
}

/** The card's half of a secure channel; null: there is none. */
export type CardChannel =
  | null
  | {
      readonly state: "initialized";
      readonly keys: SessionKeys;
      readonly size: Size;
      readonly hostCryptogram: string;
      /** Of the static keys. */
      readonly version: number;
    }
  | { readonly state: "open"; readonly channel: Channel; readonly version: number };

/** Static keys of a security domain with their sequence counter. */
export interface KeySlot extends StaticKeys {
  readonly version: number;
  readonly sequence: number;
}

/**
 * The whole card as a plain record (specs/01 §8, specs/04 §12). Bytes are hex, empty where there are none. The lines up to `nextBlock` are lost
 * with the power.
 */
export interface Card {
  readonly selected: "application" | "domain";
  readonly verified: boolean;
  readonly channel: CardChannel;
  readonly domainChannel: CardChannel;
  /** STORE DATA of this session: the data groups so far, and the block that comes next. */
  readonly received: readonly number[];
  readonly nextBlock: number;

  readonly lifecycle: number;
  readonly cardId: string;
  readonly keySetId: string;
  readonly sealKey: string;
  readonly issuerPoint: string;
  /** Text in hex, without its length; empty: none. */
  readonly nodeUri: string;
  /** The signed body in clear; empty: none. */
  readonly certificate: string;
  readonly secretKey: string;
  readonly point: string;
  readonly published: number;
  readonly credit: bigint;
  readonly maxPerTransaction: bigint;
  readonly pinThreshold: bigint;
  readonly noPinBudget: bigint;
  readonly maxTransactions: number;
  readonly sequence: number;
  readonly counter: number;
  readonly authorized: bigint;
  readonly noPinSpent: bigint;
  /** Newest first, at most 4. */
  readonly ring: readonly RingEntry[];
  /** PIN block; empty: no PIN. */
  readonly pin: string;
  readonly tries: number;

  /** The security domain: 6 bytes that name the chip, the parameter `i`, keys, failed authentications in a row. */
  readonly serial: string;
  readonly i: number;
  readonly slots: readonly KeySlot[];
  readonly failures: number;
}

/** RESETTING: RESET was torn; the next SELECT makes the card blank (specs/04 §7). */
export const LIFECYCLE = { RESETTING: 0x00, BLANK: 0x01, PERSONALIZED: 0x0f, BLOCKED: 0x8f } as const;
export const APPLICATION_AID = "f043484551554501";
export const DOMAIN_AID = "a000000151000000";

/** What a factory decides of a card. */
export interface Factory {
  readonly serial: string;
  readonly i: number;
  readonly slots: readonly KeySlot[];
}

/** A card as from the factory, with power. Without keys no channel can be opened. */
export const blankCard = ({ serial, i, slots }: Factory): Card => ({
  selected: "domain",
  verified: false,
  channel: null,
  domainChannel: null,
  received: [],
  nextBlock: 0,
  lifecycle: LIFECYCLE.BLANK,
  cardId: "",
  keySetId: "",
  sealKey: "",
  issuerPoint: "",
  nodeUri: "",
  certificate: "",
  secretKey: "",
  point: "",
  published: 0,
  credit: 0n,
  maxPerTransaction: 0n,
  pinThreshold: 0n,
  noPinBudget: 0n,
  maxTransactions: 0,
  sequence: 0,
  counter: 0,
  authorized: 0n,
  noPinSpent: 0n,
  ring: [],
  pin: "",
  tries: 0,
  serial,
  i,
  slots,
  failures: 0,
});

/** What the next power-up finds. */
export const withoutPower = (card: Card): Card => ({
  ...card,
  selected: "domain",
  verified: false,
  channel: null,
  domainChannel: null,
  received: [],
  nextBlock: 0,
});

/** What the answer's data must be, before the channel protects them. */
export type ExpectedData =
  | { readonly kind: "exactly"; readonly hex: string }
  /** A sealed message with these 64 bytes, signed by the card. */
  | { readonly kind: "message"; readonly type: "authorization" | "status"; readonly fields: string }
  /** A certificate with this body of 128 bytes. */
  | { readonly kind: "certificate"; readonly body: string }
  /** The point of a new key, and its proof. */
  | { readonly kind: "key-proof"; readonly challenge: string }
  /** Not specified: the security domain's own. */
  | { readonly kind: "any" };

/** What a command does to the card. */
export interface Outcome {
  readonly sw: string;
  readonly data: ExpectedData;
  readonly next: Card;
  /** What power loss during the command may leave, besides the card before and after it. */
  readonly between: readonly Card[];
  /** In a card of this lifecycle, power loss may leave any of the data old, new or cleared. */
  readonly mixes?: number;
  /** The channel through which the command came and the response goes. */
  readonly through?: Channel;
}

export const exactly = (hex: string): ExpectedData => ({ kind: "exactly", hex });
const NO_DATA = exactly("");

/** A refusal, which changes nothing but what `next` says. */
export const refuse = (card: Card, sw: string, next: Card = card): Outcome => ({
  sw,
  data: NO_DATA,
  next,
  between: [],
});

/** 9000. */
export const accept = (next: Card, data: ExpectedData = NO_DATA, between: readonly Card[] = []): Outcome => ({
  sw: "9000",
  data,
  next,
  between,
});

/** The 10 bytes of diversification data of the simulated domain: type, chip, fabricator. */
export const diversificationOf = ({ serial }: Pick<Card, "serial">): Buffer => unhex(`5343${serial}4351`);
