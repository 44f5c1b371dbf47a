import { createHash } from "node:crypto";
import { NO_LIMIT } from "../../apdu/constants.js";
import { concatBytes, hexToBytes, type Msat, secp256k1, u64 } from "../../common/index.js";
import {
  AppletCard,
  type CardPersonalization,
  provisionCard,
  type SimulatedCard,
} from "../../simulator/index.js";
import type { CardHardware } from "../../simulator/runtime/card.js";

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Hex with spaces allowed. */
export const bytes = (text: string): Uint8Array => hexToBytes(text.replaceAll(" ", ""));
/** 32 bytes that depend on the text. */
export const hash = (text: string): Uint8Array => Uint8Array.from(createHash("sha256").update(text).digest());

export const ISSUER_SECRET = hash("issuer");
const CARD_SECRET = hash("card");
export const CARD_POINT = secp256k1.publicKey(CARD_SECRET, false);
export const CARD_ID = bytes("0102030405060708");
export const KEY_SET_ID = bytes("a1a2a3a4");
export const SEAL_KEY = bytes("000102030405060708090a0b0c0d0e0f");
export const NODE_URI = `${"02".repeat(33)}@node.example:9735`;
export const PIN_BLOCK = bytes("241234ffffffffff");
export const WRONG_PIN_BLOCK = bytes("249999ffffffffff");

export const PERSONALIZATION: CardPersonalization = {
  cardId: CARD_ID,
  keySetId: KEY_SET_ID,
  sealKey: SEAL_KEY,
  nodeUri: NODE_URI,
  issuerPublicKey: secp256k1.publicKey(ISSUER_SECRET),
  limits: {
    credit: 100_000n as Msat,
    maxPerTransaction: 50_000n,
    pinThreshold: 10_000n,
    noPinBudget: 20_000n,
    maxTransactions: 1000,
  },
  pin: "1234",
  secretKey: CARD_SECRET,
};

/** Random numbers that are the same in every run. */
export function fixedEntropy(seed = "seed"): (length: number) => Uint8Array {
  let block = hash(seed);
  return (length) => {
    let out = new Uint8Array(0);
    while (out.length < length) {
      block = hash(hex(block));
      out = concatBytes(out, block) as Uint8Array<ArrayBuffer>;
    }
    return out.slice(0, length);
  };
}

export interface Overrides extends Partial<Omit<CardPersonalization, "limits">> {
  readonly limits?: Partial<CardPersonalization["limits"]>;
  readonly withoutPin?: true;
}

/** A powered card with the application selected. */
export function tappedCard(
  overrides: Overrides = {},
  hardware: Omit<CardHardware, "image" | "save"> = {},
): SimulatedCard {
  const { limits, withoutPin, ...rest } = overrides;
  const { pin, ...base } = PERSONALIZATION;
  const given: CardPersonalization = {
    ...base,
    ...(withoutPin || pin === undefined ? {} : { pin }),
    ...rest,
    limits: { ...base.limits, ...limits },
  };
  const { card } = provisionCard(given, { entropy: fixedEntropy(), ...hardware });
  card.powerOn();
  select(card);
  return card;
}

/** What is a matter of the card: these tests are run on the simulated one and on the Java Card applet. */
export const cardsOwn = <T>(card: object, { simulated, applet }: { simulated: T; applet: T }): T =>
  card instanceof AppletCard ? applet : simulated;

/** Header, then data with its length; no Le. */
export function apdu(header: string, data?: Uint8Array): Uint8Array {
  const head = bytes(header);
  return data?.length ? concatBytes(head, Uint8Array.of(data.length), data) : head;
}

export interface Exchange {
  readonly sw: string;
  readonly data: Uint8Array;
}

/** Sends and splits the response. */
export function send(card: SimulatedCard, command: Uint8Array): Exchange {
  const response = card.exchange(command);
  const at = response.length - 2;
  return { sw: hex(response.subarray(at)), data: response.subarray(0, at) };
}

export const SELECT = bytes("00a4040008f043484551554501");
export const select = (card: SimulatedCard): Exchange => send(card, SELECT);
export const authorizeApdu = (amount: bigint, invoiceHash: Uint8Array): Uint8Array =>
  apdu("80300000", concatBytes(u64(amount), invoiceHash));
export const authorize = (card: SimulatedCard, amount: bigint, invoiceHash = hash("invoice")): Exchange =>
  send(card, authorizeApdu(amount, invoiceHash));
export const verifyApdu = (block = PIN_BLOCK): Uint8Array => apdu("00200080", block);
export const verify = (card: SimulatedCard, block = PIN_BLOCK): Exchange => send(card, verifyApdu(block));
export const identify = (card: SimulatedCard, challenge = hash("challenge")): Exchange =>
  send(card, apdu("80320000", challenge));

/** The card's persistent memory without its cell names: `card-application/` is cut off. */
export function cell(card: SimulatedCard, name: string): string {
  const found = card.image().cells[`card-application/${name}`];
  if (!found) throw new Error(`no cell ${name}`);
  return hex(found);
}

export { NO_LIMIT };
