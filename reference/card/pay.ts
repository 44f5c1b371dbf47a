import { hex, integer, uint, unhex } from "../bytes.js";
import { verify as verifySignature } from "../crypto.js";
import {
  type AuthorizationFields,
  keyCheckOf,
  MAX_AMOUNT,
  openBody,
  readFields,
  SEALED_LENGTH,
  type StatusFields,
  signedBytes,
  writeFields,
} from "../sealed.js";
import {
  accept,
  type Card,
  type ExpectedData,
  LIFECYCLE,
  type Outcome,
  type RingEntry,
  refuse,
} from "./state.js";

/** True for 8 bytes in ISO 9564 format 2, read as hex digits (specs/01 §6.3). */
export function isPinBlock(block: string): boolean {
  if (!/^2[4-9abc]/.test(block)) return false;
  const digits = Number.parseInt(block[1] ?? "", 16);
  return /^\d+$/.test(block.slice(2, 2 + digits)) && /^f*$/.test(block.slice(2 + digits));
}

/** One guess of the PIN; `right` says what a right one brings. */
function guess(card: Card, block: string, right: (card: Card) => Outcome): Outcome {
  if (!card.pin) return refuse(card, "6984");
  if (card.tries === 0) return refuse(card, "6983");
  const less: Card = { ...card, tries: card.tries - 1, verified: false };
  if (block !== card.pin) return refuse(card, `63c${less.tries}`, less);
  const outcome = right({ ...card, tries: 3, verified: true });
  return { ...outcome, between: [less, ...outcome.between] };
}

/** VERIFY (specs/01 §6.3). @param data hex */
export function verifyPin(card: Card, data: string): Outcome {
  if (data.length !== 0 && data.length !== 16) return refuse(card, "6700");
  if (data) return isPinBlock(data) ? guess(card, data, (after) => accept(after)) : refuse(card, "6a80");
  if (!card.pin) return refuse(card, "6984");
  if (card.verified) return accept(card);
  return refuse(card, card.tries ? `63c${card.tries}` : "6983");
}

/** CHANGE REFERENCE DATA (specs/01 §6.4). @param data hex */
export function changePin(card: Card, data: string): Outcome {
  if (data.length !== 32) return refuse(card, "6700");
  const [old, next] = [data.slice(0, 16), data.slice(16)];
  if (!isPinBlock(old) || !isPinBlock(next)) return refuse(card, "6a80");
  return guess(card, old, (after) => accept({ ...after, pin: next, verified: false }, undefined, [after]));
}

const lowSequence = (card: Card): number => card.sequence & 0xffffff;

function token(card: Card, entry: RingEntry): ExpectedData {
  const fields: AuthorizationFields = {
    cardId: card.cardId,
    counter: entry.counter,
    flags: entry.flags,
    updateSequence: lowSequence(card),
    amount: entry.amount,
    authorizedTotal: entry.authorized,
    invoiceHash: entry.invoiceHash,
  };
  return { kind: "message", type: "authorization", fields: hex(writeFields("authorization", fields)) };
}

/** AUTHORIZE (specs/01 §6.5). */
export function authorize(card: Card, data: Uint8Array): Outcome {
  if (data.length !== 40) return refuse(card, "6700");
  const amount = integer(data.subarray(0, 8));
  const invoiceHash = hex(data.subarray(8));
  if (amount < 1n || amount > MAX_AMOUNT) return refuse(card, "6a80");
  const used = { ...card, verified: false };
  const known = card.ring.find((entry) => entry.invoiceHash === invoiceHash && entry.amount === amount);
  if (known) return accept(used, token(card, known));
  if (amount > card.maxPerTransaction) return refuse(card, "9c01", used);
  const needsPin = amount > card.pinThreshold || card.noPinSpent + amount > card.noPinBudget;
  if (needsPin && !card.verified)
    return refuse(card, card.pin ? (card.tries ? "6982" : "6983") : "6984", used);
  if (card.counter >= card.maxTransactions) return refuse(card, "9c03", used);
  if (card.authorized + amount > card.credit) return refuse(card, "9c02", used);
  const entry: RingEntry = {
    invoiceHash,
    amount,
    counter: card.counter + 1,
    flags: card.verified ? 1 : 0,
    authorized: card.authorized + amount,
  };
  const next: Card = {
    ...used,
    counter: entry.counter,
    authorized: entry.authorized,
    noPinSpent: card.verified ? 0n : card.noPinSpent + amount,
    ring: [entry, ...card.ring].slice(0, 4),
  };
  return accept(next, token(card, entry));
}

/** IDENTIFY (specs/01 §6.6). */
export function identify(card: Card, data: Uint8Array): Outcome {
  if (data.length !== 32) return refuse(card, "6700");
  const usedUp = card.pin !== "" && card.tries === 0;
  const fields: StatusFields = {
    cardId: card.cardId,
    counter: card.counter,
    flags: (usedUp ? 1 : 0) + (card.lifecycle === LIFECYCLE.BLOCKED ? 2 : 0),
    updateSequence: lowSequence(card),
    credit: card.credit,
    authorizedTotal: card.authorized,
    challenge: hex(data),
  };
  return accept(card, { kind: "message", type: "status", fields: hex(writeFields("status", fields)) });
}

/** UPDATE (specs/01 §6.7). */
export function update(card: Card, data: Uint8Array): Outcome {
  if (data.length !== SEALED_LENGTH) return refuse(card, "6700");
  const keySetId = data.subarray(1, 5);
  if (hex(keySetId) !== card.keySetId) return refuse(card, "6a88");
  if (data[0] !== 3) return refuse(card, "6a80");
  const body = openBody(data, unhex(card.sealKey));
  const signed = signedBytes("update", keySetId, body.subarray(0, 64));
  if (!verifySignature(body.subarray(64), unhex(card.issuerPoint), signed)) return refuse(card, "9c06");
  const order = readFields("update", body.subarray(0, 64));
  if (order.flags > 7) return refuse(card, "6a80");
  const forThisCard = order.cardId === card.cardId && order.keyCheck === keyCheckOfCard(card.point);
  const applies = order.sequence > card.sequence && order.credit >= card.credit && order.credit <= MAX_AMOUNT;
  if (!forThisCard || !applies) return accept(card);
  const changed: Card = {
    ...card,
    sequence: order.sequence,
    credit: order.credit,
    maxPerTransaction: order.maxPerTransaction,
    pinThreshold: order.pinThreshold,
    noPinBudget: order.noPinBudget,
    maxTransactions: order.maxTransactions,
    lifecycle: order.flags & 1 ? LIFECYCLE.BLOCKED : LIFECYCLE.PERSONALIZED,
    noPinSpent: order.flags & 4 ? 0n : card.noPinSpent,
  };
  if ((order.flags & 2) === 0 || !card.pin) return accept(changed);
  return accept({ ...changed, tries: 3, verified: false }, undefined, [changed]);
}

const keyCheckOfCard = (point: string): string => keyCheckOf(unhex(point));

/** A PIN block of 4 to 12 digits, hex. */
export const pinBlock = (pin: string): string => `2${pin.length.toString(16)}${pin}`.padEnd(16, "f");

/** Data of AUTHORIZE. */
export const authorizeData = (amount: bigint, invoiceHash: string): Buffer =>
  Buffer.concat([uint(amount, 8), unhex(invoiceHash)]);
