import { authorize, verify } from "../card/apdus.js";
import { hashOf, LIMITS, PIN_BLOCK, WRONG_PIN_BLOCK } from "../card/material.js";
import type { Order } from "../card/sealed.js";
import { BLANK, type CardMaker, CardSession, factoryCard, type Start } from "../model/session.js";
import type { MakeStep, OpenStep, Step } from "../model/steps.js";

/** A state in which a command is torn: how to get there, and what happens after power-up before the command. */
export interface TornState {
  readonly name: string;
  readonly start: Start;
  /** Behind SELECT: what of the state lies in volatile memory. */
  readonly prelude: readonly Step[];
  readonly make: CardMaker;
}

/** The invoice that the sweep's sale is about, and others. */
export const SALE = hashOf("prove/sale");
const invoice = (n: number): Uint8Array => hashOf(`prove/invoice ${n}`);

/** What personalization writes, unless a state has it otherwise. */
export const USUAL: MakeStep = {
  kind: "make",
  ...LIMITS,
  publish: 0x0c,
  withPin: true,
  withCertificate: false,
};

const raw = (bytes: Uint8Array): Step => ({ kind: "raw", bytes });
const order = (fields: Partial<Order>): Step => ({ kind: "order", fields });
const RIGHT_PIN = raw(verify(PIN_BLOCK));
export const OPEN: OpenStep = { kind: "open-channel", version: 0x30, wrong: false };
const GENERATE: Step = { kind: "generate-key-pair" };
/** Data groups by their bits: those of the first block, and those of the last. */
const BLOCKS = [0b0000110, 0b0111001] as const;
const CERTIFICATE_GROUP = 0b10000000;
export const store = (block: 0 | 1, withCertificate = false): Step => ({
  kind: "store-data",
  block,
  last: block === 1,
  groups: BLOCKS[block] | (withCertificate ? CERTIFICATE_GROUP : 0),
});
const wrongPin = (times: number): Step[] => Array.from({ length: times }, () => raw(verify(WRONG_PIN_BLOCK)));
const sale = (amount: bigint): Step => raw(authorize(amount, SALE));
const spend = (...amounts: bigint[]): Step[] =>
  amounts.flatMap((amount, n) => [RIGHT_PIN, raw(authorize(amount, invoice(n)))]);
const failing = Array.from({ length: 9 }, (): Step => ({ ...OPEN, wrong: true }));

type Values = Partial<Omit<MakeStep, "kind">>;
type Row = readonly [
  name: string,
  made: Values | "blank",
  steps?: readonly Step[],
  prelude?: readonly Step[],
];

/** Every kind of state that a card can be in. */
const ROWS: readonly Row[] = [
  ["blank", "blank"],
  ["blank with a key pair", "blank", [OPEN, GENERATE]],
  ["blank, key pair made in this session", "blank", [], [OPEN, GENERATE]],
  ["blank, first block stored in this session", "blank", [], [OPEN, GENERATE, store(0)]],
  ["blank, stored without its last block", "blank", [OPEN, GENERATE, store(0)]],
  ["blank after RESET", "blank", [USUAL, { kind: "power" }, ...spend(10n, 20n), OPEN, { kind: "reset" }]],
  ["personalized", {}],
  ["personalized, everything published", { publish: 0x0e }],
  ["without a PIN", { withPin: false }],
  ["with a certificate", { withCertificate: true }],
  ["with a certificate, blocked", { withCertificate: true }, [order({ flags: 1 })]],
  [
    "blank after RESET, with a certificate before",
    { withCertificate: true },
    [{ kind: "power" }, OPEN, { kind: "reset" }],
  ],
  ["one wrong PIN", {}, wrongPin(1)],
  ["one try left", {}, wrongPin(2)],
  ["PIN blocked", {}, wrongPin(3)],
  ["PIN right", {}, [], [RIGHT_PIN]],
  ["PIN right after two wrong ones", {}, wrongPin(2), [RIGHT_PIN]],
  ["exactly the sale available", { credit: 60n }],
  ["one msat less than the sale available", { credit: 59n }],
  ["nothing available", { credit: 0n }],
  ["sale at the limit of a transaction", { maxPerTransaction: 60n }],
  ["sale above the limit of a transaction", { maxPerTransaction: 59n }],
  ["sale at the PIN threshold", { pinThreshold: 60n }],
  ["sale above the PIN threshold, PIN right", { pinThreshold: 59n }, [], [RIGHT_PIN]],
  ["budget without the PIN used up", { noPinBudget: 100n }, [raw(authorize(60n, invoice(0)))]],
  ["last transaction left", { maxTransactions: 2 }, spend(5n)],
  ["no transaction left", { maxTransactions: 1 }, spend(5n)],
  ["sale made, then torn off", {}, [sale(60n)]],
  ["sale the oldest in a full ring", {}, [sale(60n), ...spend(1n, 2n, 3n)]],
  ["sale fallen out of the ring", {}, [sale(60n), ...spend(1n, 2n, 3n, 4n)]],
  ["sale's invoice in the ring with another amount", {}, [sale(61n)]],
  ["after an update", {}, [order({ sequence: 7, credit: 1_200n })]],
  ["at the last sequence", {}, [order({ sequence: 0xffffffff })]],
  ["blocked", {}, [order({ flags: 1 })]],
  ["blocked after spending, PIN blocked", {}, [...spend(10n), ...wrongPin(3), order({ flags: 1 })]],
  ["personalized, secure channel open", {}, [], [OPEN]],
  ["authentication failed nine times", {}, failing],
];

function stateOf([name, made, steps = [], prelude = []]: Row, make: CardMaker): TornState {
  const session = new CardSession(BLANK, undefined, make);
  if (made !== "blank")
    for (const step of [{ ...USUAL, ...made }, { kind: "power" } as const]) session.step(step);
  for (const step of steps) session.step(step);
  return { name, start: { image: session.image, model: session.model }, prelude, make };
}

/** @param names those that are wanted, in their order; without it all @param make the card that is in these states */
export const tornStates = (names = ROWS.map(([name]) => name), make = factoryCard): readonly TornState[] =>
  names.flatMap((name) => ROWS.filter(([known]) => known === name)).map((row) => stateOf(row, make));

/** A card in a state, with power. */
export function enter({ start, prelude, make }: TornState, entropy?: (n: number) => Uint8Array): CardSession {
  const session = new CardSession(start, entropy, make);
  for (const step of prelude) session.step(step);
  return session;
}
