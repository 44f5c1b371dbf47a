import * as card from "../card/apdus.js";
import { initializeUpdate } from "../card/channel.js";
import * as material from "../card/material.js";
import { CHALLENGE, type Order } from "../card/sealed.js";
import type { Step } from "../model/steps.js";
import { OPEN, SALE, store } from "./states.js";

/** A command that is torn: the last one of its steps. */
export interface TornCommand {
  readonly name: string;
  readonly steps: readonly Step[];
  /** The payment that the command is for, in msat. */
  readonly sale?: bigint;
  /** True for a guess with the PIN of the state. */
  readonly guessesRight?: true;
  /** True where the channel's keys change: both versions are tried afterwards. */
  readonly changesKeys?: true;
  /** True where a blank card is personalized from the start afterwards. */
  readonly makesAgain?: true;
}

const raw = (name: string, bytes: Uint8Array): TornCommand => ({ name, steps: [{ kind: "raw", bytes }] });
const guess = (name: string, bytes: Uint8Array): TornCommand => ({ ...raw(name, bytes), guessesRight: true });
const sale = (name: string, amount: bigint): TornCommand => ({
  ...raw(name, card.authorize(amount, SALE)),
  sale: amount,
});
const order = (name: string, fields: Partial<Order>): TornCommand => ({
  name,
  steps: [{ kind: "order", fields: { sequence: 8, credit: 2_000n, ...fields } }],
});
/** Goes through the channel that is open, else through a new one. */
const secured = (name: string, ...steps: readonly Step[]): TornCommand => ({
  ...{ name, steps: [{ ...OPEN, onlyIfNone: true }, ...steps], makesAgain: true },
});
const putKey = (name: string, replace: number): TornCommand => ({
  name,
  steps: [{ kind: "raw", bytes: card.SELECT_DOMAIN }, OPEN, { kind: "put-key", replace }],
  changesKeys: true,
});

const { PIN_BLOCK, NEW_PIN_BLOCK, WRONG_PIN_BLOCK, MALFORMED_PIN_BLOCK } = material;

/** Every command of the card, in the forms that its checks tell apart. */
export const TORN_COMMANDS: readonly TornCommand[] = [
  raw("SELECT", card.SELECT_APP),
  raw("SELECT by a prefix", card.SELECT_PACKAGE),
  raw("SELECT without an answer", card.SELECT_SILENTLY),
  raw("SELECT of the security domain", card.SELECT_DOMAIN),
  raw("SELECT of nothing", card.SELECT_UNKNOWN),
  raw("GET DATA C1", card.GET_PROFILE),
  raw("GET DATA 5F50", card.GET_NODE_URI),
  raw("GET DATA C2", card.GET_CERTIFICATE),
  raw("VERIFY without data", card.PIN_STATE),
  guess("VERIFY, right", card.verify(PIN_BLOCK)),
  raw("VERIFY, wrong", card.verify(WRONG_PIN_BLOCK)),
  raw("VERIFY, malformed", card.verify(MALFORMED_PIN_BLOCK)),
  guess("CHANGE, right", card.changePin(PIN_BLOCK, NEW_PIN_BLOCK)),
  raw("CHANGE, wrong", card.changePin(WRONG_PIN_BLOCK, NEW_PIN_BLOCK)),
  raw("CHANGE, malformed", card.changePin(PIN_BLOCK, MALFORMED_PIN_BLOCK)),
  sale("AUTHORIZE 60", 60n),
  sale("AUTHORIZE 61", 61n),
  sale("AUTHORIZE above the PIN threshold", 150n),
  raw("AUTHORIZE 0", card.authorize(0n, SALE)),
  raw("IDENTIFY", card.identify(CHALLENGE)),
  order("UPDATE", {}),
  order("UPDATE, blocking", { flags: 1 }),
  order("UPDATE, resetting PIN tries", { flags: 2 }),
  order("UPDATE, resetting no-PIN spent", { flags: 4 }),
  order("UPDATE, blocking, resetting all", { flags: 7 }),
  order("UPDATE, old", { sequence: 0 }),
  order("UPDATE, lower credit", { credit: 1n }),
  order("UPDATE, another issuer's", { signer: material.OTHER_ISSUER_SECRET }),
  raw("INITIALIZE UPDATE", initializeUpdate(material.FACTORY_VERSION)),
  raw("INITIALIZE UPDATE, unknown keys", initializeUpdate(0x7f)),
  { name: "EXTERNAL AUTHENTICATE, right", steps: [{ ...OPEN, isLate: true }] },
  { name: "EXTERNAL AUTHENTICATE, wrong", steps: [{ ...OPEN, wrong: true }] },
  secured("GENERATE KEY PAIR", { kind: "generate-key-pair" }),
  secured("STORE DATA, first block", store(0)),
  secured("STORE DATA, last block", { kind: "generate-key-pair" }, store(0), store(1)),
  secured(
    "STORE DATA, last block with a certificate",
    { kind: "generate-key-pair" },
    store(0),
    store(1, true),
  ),
  secured("RESET", { kind: "reset" }),
  putKey("PUT KEY, adding", 0),
  putKey("PUT KEY, replacing", material.FACTORY_VERSION),
];
