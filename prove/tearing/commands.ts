import { putKeyData } from "../../reference/personalize.js";
import type { SimulatedCard } from "../../simulator/index.js";
import * as card from "../card/apdus.js";
import { HostChannel, initializeUpdate, openChannel } from "../card/channel.js";
import * as material from "../card/material.js";
import * as made from "../card/personalize.js";
import { CHALLENGE, type Order, sealedUpdate } from "../card/sealed.js";
import { SALE, type TornState } from "./states.js";

/** What of a torn command may be neither as before nor as after (specs/01 §8, specs/04). */
export type Leeway = "none" | "guess" | "reset-tries" | "attempt" | "blank-data" | "reset";

/** A command that is torn. */
export interface TornCommand {
  readonly name: string;
  readonly leeway: Leeway;
  /** What the host does first, untorn. @param channel that the state has open @returns the command's bytes */
  prepare(at: SimulatedCard, state: TornState, channel: HostChannel | undefined): Uint8Array;
  /** The payment that the command is for. */
  readonly sale?: { readonly amount: bigint; readonly invoiceHash: Uint8Array };
  /** True for a guess with the PIN of the state. */
  readonly guessesRight?: true;
  /** True where the channel's keys change: both versions are tried afterwards. */
  readonly changesKeys?: true;
}

const plain = (name: string, bytes: Uint8Array, leeway: Leeway = "none"): TornCommand => ({
  name,
  leeway,
  prepare: () => bytes,
});

const sale = (name: string, amount: bigint): TornCommand => ({
  ...plain(name, card.authorize(amount, SALE)),
  sale: { amount, invoiceHash: SALE },
});

const ordered = (name: string, fields: Partial<Order>, leeway: Leeway = "none"): TornCommand => ({
  name,
  leeway,
  prepare: (_, { point }) => card.update(sealedUpdate({ sequence: 8, credit: 2_000n, point, ...fields })),
});

/** Goes through the channel that is open, else through a new one, else in clear. */
const secured = (
  name: string,
  leeway: Leeway,
  bytes: (channel: HostChannel) => Uint8Array,
  open = (at: SimulatedCard) => openChannel(at),
): TornCommand => ({
  name,
  leeway,
  prepare(at, _, channel) {
    const used = channel ?? open(at);
    return used ? bytes(used) : card.apdu("84e40000", new Uint8Array(8));
  },
});

const [firstBlock, lastBlock] = made.storeDataBlocks();

/** The block that comes last, behind the first one. */
const lastOfTwo: TornCommand = {
  name: "STORE DATA, last block",
  leeway: "blank-data",
  prepare(at, _, channel) {
    const used = channel ?? openChannel(at);
    if (!used) return card.apdu("84e28801", new Uint8Array(8));
    card.exchange(at, made.generateKeyPair(used));
    card.exchange(at, made.storeData(used, 0, false, firstBlock));
    return made.storeData(used, 1, true, lastBlock);
  },
};

const authenticate = (name: string, wrong: boolean): TornCommand => ({
  name,
  leeway: "attempt",
  prepare(at) {
    const answer = card.exchange(at, initializeUpdate(material.FACTORY_VERSION));
    if (answer.sw !== "9000") return card.apdu("84820300", new Uint8Array(16));
    return new HostChannel(material.FACTORY_KEYS, answer.data).authenticate(wrong);
  },
});

const [nextKeys, factoryDek] = [
  material.keysInHex(material.NEXT_KEYS),
  material.keysInHex(material.FACTORY_KEYS).dek,
];

const putKey = (name: string, replace: number): TornCommand => ({
  name,
  leeway: "none",
  changesKeys: true,
  prepare(at) {
    card.exchange(at, card.SELECT_DOMAIN);
    const channel = openChannel(at);
    const data = putKeyData(material.NEXT_VERSION, nextKeys, factoryDek);
    return channel ? channel.wrap(0xd8, replace, 0x81, data) : card.apdu("84d80081", new Uint8Array(8));
  },
});

const { PIN_BLOCK, NEW_PIN_BLOCK, WRONG_PIN_BLOCK, MALFORMED_PIN_BLOCK } = material;

/** Every command of the card, in the forms that its checks tell apart. */
export const TORN_COMMANDS: readonly TornCommand[] = [
  plain("SELECT", card.SELECT_APP),
  plain("SELECT by a prefix", card.SELECT_PACKAGE),
  plain("SELECT without an answer", card.SELECT_SILENTLY),
  plain("SELECT of the security domain", card.SELECT_DOMAIN),
  plain("SELECT of nothing", card.SELECT_UNKNOWN),
  plain("GET DATA C1", card.GET_PROFILE),
  plain("GET DATA 5F50", card.GET_NODE_URI),
  plain("VERIFY without data", card.PIN_STATE),
  { ...plain("VERIFY, right", card.verify(PIN_BLOCK), "guess"), guessesRight: true },
  plain("VERIFY, wrong", card.verify(WRONG_PIN_BLOCK), "guess"),
  plain("VERIFY, malformed", card.verify(MALFORMED_PIN_BLOCK)),
  { ...plain("CHANGE, right", card.changePin(PIN_BLOCK, NEW_PIN_BLOCK), "guess"), guessesRight: true },
  plain("CHANGE, wrong", card.changePin(WRONG_PIN_BLOCK, NEW_PIN_BLOCK), "guess"),
  plain("CHANGE, malformed", card.changePin(PIN_BLOCK, MALFORMED_PIN_BLOCK)),
  sale("AUTHORIZE 60", 60n),
  sale("AUTHORIZE 61", 61n),
  sale("AUTHORIZE above the PIN threshold", 150n),
  plain("AUTHORIZE 0", card.authorize(0n, SALE)),
  plain("IDENTIFY", card.identify(CHALLENGE)),
  ordered("UPDATE", {}),
  ordered("UPDATE, blocking", { flags: 1 }),
  ordered("UPDATE, resetting PIN tries", { flags: 2 }, "reset-tries"),
  ordered("UPDATE, resetting no-PIN spent", { flags: 4 }),
  ordered("UPDATE, blocking, resetting all", { flags: 7 }, "reset-tries"),
  ordered("UPDATE, old", { sequence: 0 }),
  ordered("UPDATE, lower credit", { credit: 1n }),
  ordered("UPDATE, another issuer's", { signer: material.OTHER_ISSUER_SECRET }),
  plain("INITIALIZE UPDATE", initializeUpdate(material.FACTORY_VERSION)),
  plain("INITIALIZE UPDATE, unknown keys", initializeUpdate(0x7f)),
  authenticate("EXTERNAL AUTHENTICATE, right", false),
  authenticate("EXTERNAL AUTHENTICATE, wrong", true),
  secured("GENERATE KEY PAIR", "none", made.generateKeyPair),
  secured("STORE DATA, first block", "blank-data", (to) => made.storeData(to, 0, false, firstBlock)),
  lastOfTwo,
  secured("RESET", "reset", made.resetCard),
  putKey("PUT KEY, adding", 0),
  putKey("PUT KEY, replacing", material.FACTORY_VERSION),
];
