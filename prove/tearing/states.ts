import { concatBytes } from "../../common/index.js";
import { blankCard, type MemoryImage, type SimulatedCard } from "../../simulator/index.js";
import { seededEntropy } from "../../testing/random.js";
import { authorize, exchange, SELECT_APP, update, verify } from "../card/apdus.js";
import { type HostChannel, openChannel } from "../card/channel.js";
import {
  FACTORY_KEYS,
  FACTORY_VERSION,
  hashOf,
  PIN_BLOCK,
  SERIAL,
  WRONG_PIN_BLOCK,
} from "../card/material.js";
import {
  generateKeyPair,
  personalizeBlank,
  resetCard,
  type StoredValues,
  storeData,
  storeDataBlocks,
} from "../card/personalize.js";
import { type Order, sealedUpdate } from "../card/sealed.js";

/** A state in which a command is torn: persistent memory, and what happens after power-up before the command. */
export interface TornState {
  readonly name: string;
  readonly image: MemoryImage;
  /** Selects the application, and more where the state lies in volatile memory. @returns the open channel, if any */
  prelude(card: SimulatedCard): HostChannel | undefined;
  /** Fields of updates for this card that are not as usual: its point. */
  readonly point: Uint8Array;
}

/** The invoice that the sweep's sale is about, and others. */
export const SALE = hashOf("prove/sale");
export const invoice = (n: number): Uint8Array => hashOf(`prove/invoice ${n}`);

const selected = (card: SimulatedCard): undefined => {
  exchange(card, SELECT_APP);
};

/** A card as from the factory, with power. */
export function factoryCard(image?: MemoryImage, entropy = seededEntropy(819)): SimulatedCard {
  const keys = () => ({ version: FACTORY_VERSION, ...FACTORY_KEYS });
  const card = blankCard({ serial: SERIAL, keys }, image ? { image, entropy } : { entropy });
  return card;
}

function expectOk(card: SimulatedCard, command: Uint8Array): void {
  const { sw } = exchange(card, command);
  if (sw !== "9000") throw new Error(`a state cannot be reached: ${sw}`);
}

function personalized(
  name: string,
  values: Partial<StoredValues> = {},
  then: (card: SimulatedCard, order: (fields: Partial<Order>) => void) => void = () => {},
  prelude: TornState["prelude"] = selected,
): TornState {
  const card = factoryCard();
  card.powerOn();
  const problem = personalizeBlank(card, values);
  if (problem) throw new Error(`${name}: ${problem}`);
  card.powerOn();
  selected(card);
  const point = card.image().cells["card-application/point"] ?? new Uint8Array(0);
  then(card, (fields) => expectOk(card, update(sealedUpdate({ point, ...fields }))));
  return { name, image: card.image(), prelude, point };
}

function blank(
  name: string,
  then: (card: SimulatedCard) => void,
  prelude: TornState["prelude"] = selected,
): TornState {
  const card = factoryCard();
  card.powerOn();
  selected(card);
  then(card);
  return { name, image: card.image(), prelude, point: new Uint8Array(65) };
}

const wrongPin = (times: number) => (card: SimulatedCard) => {
  for (let i = 0; i < times; i++) exchange(card, verify(WRONG_PIN_BLOCK));
};
const rightPin: TornState["prelude"] = (card) => {
  exchange(card, SELECT_APP);
  expectOk(card, verify(PIN_BLOCK));
  return undefined;
};
const spend = (card: SimulatedCard, ...amounts: bigint[]): void => {
  for (const [n, amount] of amounts.entries()) {
    expectOk(card, verify(PIN_BLOCK));
    expectOk(card, authorize(amount, invoice(n)));
  }
};

/** Selects, opens a channel, and sends the first commands of a personalization through it. */
const halfway =
  (blocks: 0 | 1): TornState["prelude"] =>
  (card) => {
    exchange(card, SELECT_APP);
    const channel = openChannel(card);
    if (!channel) return undefined;
    expectOk(card, generateKeyPair(channel));
    if (blocks) expectOk(card, storeData(channel, 0, false, storeDataBlocks()[0]));
    return channel;
  };

function withChannel(card: SimulatedCard): HostChannel {
  const channel = openChannel(card);
  if (!channel) throw new Error("no secure channel");
  return channel;
}

/** Every kind of state that a card can be in. */
export const tornStates = (): readonly TornState[] => [
  blank("blank", () => {}),
  blank("blank with a key pair", (card) => expectOk(card, generateKeyPair(withChannel(card)))),
  blank("blank, key pair made in this session", () => {}, halfway(0)),
  blank("blank, first block stored in this session", () => {}, halfway(1)),
  blank("blank, stored without its last block", (card) => {
    halfway(1)(card);
  }),
  blank("blank after RESET", (card) => {
    personalizeBlank(card);
    card.powerOn();
    selected(card);
    spend(card, 10n, 20n);
    expectOk(card, resetCard(withChannel(card)));
  }),
  personalized("personalized"),
  personalized("personalized, everything published", { publish: 0x0e }),
  personalized("without a PIN", { pinBlock: undefined }),
  personalized("one wrong PIN", {}, wrongPin(1)),
  personalized("one try left", {}, wrongPin(2)),
  personalized("PIN blocked", {}, wrongPin(3)),
  personalized("PIN right", {}, () => {}, rightPin),
  personalized("PIN right after two wrong ones", {}, wrongPin(2), rightPin),
  personalized("exactly the sale available", { credit: 60n }),
  personalized("one msat less than the sale available", { credit: 59n }),
  personalized("nothing available", { credit: 0n }),
  personalized("sale at the limit of a transaction", { maxPerTransaction: 60n }),
  personalized("sale above the limit of a transaction", { maxPerTransaction: 59n }),
  personalized("sale at the PIN threshold", { pinThreshold: 60n }),
  personalized("sale above the PIN threshold, PIN right", { pinThreshold: 59n }, () => {}, rightPin),
  personalized("budget without the PIN used up", { noPinBudget: 100n }, (card) => {
    expectOk(card, authorize(60n, invoice(0)));
  }),
  personalized("last transaction left", { maxTransactions: 2 }, (card) => spend(card, 5n)),
  personalized("no transaction left", { maxTransactions: 1 }, (card) => spend(card, 5n)),
  personalized("sale made, then torn off", {}, (card) => expectOk(card, authorize(60n, SALE))),
  personalized("sale the oldest in a full ring", {}, (card) => {
    expectOk(card, authorize(60n, SALE));
    spend(card, 1n, 2n, 3n);
  }),
  personalized("sale fallen out of the ring", {}, (card) => {
    expectOk(card, authorize(60n, SALE));
    spend(card, 1n, 2n, 3n, 4n);
  }),
  personalized("sale's invoice in the ring with another amount", {}, (card) => {
    expectOk(card, authorize(61n, SALE));
  }),
  personalized("after an update", {}, (_, order) => order({ sequence: 7, credit: 1_200n })),
  personalized("at the last sequence", {}, (_, order) => order({ sequence: 0xffffffff })),
  personalized("blocked", {}, (_, order) => order({ flags: 1 })),
  personalized("blocked after spending, PIN blocked", {}, (card, order) => {
    spend(card, 10n);
    wrongPin(3)(card);
    order({ flags: 1 });
  }),
  personalized(
    "personalized, secure channel open",
    {},
    () => {},
    (card) => {
      exchange(card, SELECT_APP);
      return openChannel(card);
    },
  ),
  personalized("authentication failed nine times", {}, (card) => {
    for (let i = 0; i < 9; i++) {
      exchange(card, concatBytes(Uint8Array.of(0x80, 0x50, FACTORY_VERSION, 0, 8), new Uint8Array(8)));
      exchange(card, concatBytes(Uint8Array.of(0x84, 0x82, 3, 0, 16), new Uint8Array(16)));
    }
  }),
];
