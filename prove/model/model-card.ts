/** One authorization that the card remembers. */
export interface ModelEntry {
  readonly invoiceHash: string;
  readonly amount: bigint;
  readonly counter: number;
  readonly flags: number;
  readonly authorized: bigint;
}

/** A secure channel of one applet, as far as the card knows. */
export type ModelChannel =
  | { readonly state: "none" | "aborted" }
  /** `session` names the host's half; `commands` that the card counted. */
  | { readonly state: "initialized" | "open"; readonly session: number; readonly commands: number };

/**
 * The whole card as a plain record, from specs/01 §8. Bytes are hex. The lines up to `received` are lost with the
 * power.
 */
export interface ModelCard {
  readonly selected: "application" | "domain";
  readonly verified: boolean;
  readonly channel: ModelChannel;
  readonly domainChannel: ModelChannel;
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
  readonly ring: readonly ModelEntry[];
  /** PIN block; empty: no PIN. */
  readonly pin: string;
  readonly tries: number;
  /** Failed authentications, and channels that were begun. */
  readonly failures: number;
  readonly channels: number;
}

export const LIFE = { BLANK: 0x01, PERSONALIZED: 0x0f, BLOCKED: 0x8f } as const;
export const MAX_AMOUNT = 2_100_000_000_000_000_000n;
const ZEROS = (length: number): string => "00".repeat(length);

/** A card as from the factory, before its first power-up. */
export const BLANK_MODEL: ModelCard = {
  selected: "domain",
  verified: false,
  channel: { state: "none" },
  domainChannel: { state: "none" },
  received: [],
  nextBlock: 0,
  lifecycle: LIFE.BLANK,
  cardId: ZEROS(8),
  keySetId: ZEROS(4),
  sealKey: ZEROS(16),
  issuerPoint: ZEROS(65),
  nodeUri: "",
  secretKey: ZEROS(32),
  point: ZEROS(65),
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
  failures: 0,
  channels: 0,
};

/** What the next power-up finds. */
export const withoutPower = (card: ModelCard): ModelCard => ({
  ...card,
  selected: "domain",
  verified: false,
  channel: { state: "none" },
  domainChannel: { state: "none" },
  received: [],
  nextBlock: 0,
});

/** What the answer's data must be. */
export type ExpectedData =
  | { readonly kind: "exactly"; readonly hex: string }
  /** A sealed message with these 64 bytes, signed by the card. */
  | { readonly kind: "message"; readonly type: number; readonly fields: string }
  /** The point of a new key, and its proof. */
  | { readonly kind: "key-proof"; readonly challenge: string }
  /** Not specified here: the security domain's own. */
  | { readonly kind: "any" };

/** What a command does to the card. */
export interface Outcome {
  readonly sw: string;
  readonly data: ExpectedData;
  readonly next: ModelCard;
  /** What power loss during the command may leave, besides the card before and after it. */
  readonly between: readonly ModelCard[];
  /** Blank data: power loss may leave any of them old, new or cleared. */
  readonly mixes?: true;
}

export const NO_DATA: ExpectedData = { kind: "exactly", hex: "" };

/** A refusal, which changes nothing but what `next` says. */
export const refuse = (card: ModelCard, sw: string, next: ModelCard = card): Outcome => ({
  sw,
  data: NO_DATA,
  next,
  between: [],
});

/** 9000. */
export const accept = (
  next: ModelCard,
  data: ExpectedData = NO_DATA,
  between: readonly ModelCard[] = [],
): Outcome => ({ sw: "9000", data, next, between });
