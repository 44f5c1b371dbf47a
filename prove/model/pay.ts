import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, secp256k1 } from "../../common/index.js";
import { digestOf, openSeal } from "../card/sealed.js";
import {
  accept,
  type ExpectedData,
  LIFE,
  MAX_AMOUNT,
  type ModelCard,
  type ModelEntry,
  type Outcome,
  refuse,
} from "./model-card.js";

const hex = (value: bigint | number, length: number): string => value.toString(16).padStart(2 * length, "0");
const amountAt = (data: Uint8Array, at: number): bigint =>
  BigInt(`0x${bytesToHex(data.subarray(at, at + 8))}`);
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** True for 8 bytes in ISO 9564 format 2, read as hex digits (specs/01 §6.3). */
export function isBlock(block: string): boolean {
  if (!/^2[4-9abc]/.test(block)) return false;
  const digits = Number.parseInt(block[1] ?? "0", 16);
  return /^\d+$/.test(block.slice(2, 2 + digits)) && /^f*$/.test(block.slice(2 + digits));
}

/** One guess of the PIN; `right` says what a right one brings. */
function guess(card: ModelCard, block: string, right: (card: ModelCard) => Outcome): Outcome {
  if (!card.pin) return refuse(card, "6984");
  if (card.tries === 0) return refuse(card, "6983");
  const less: ModelCard = { ...card, tries: card.tries - 1, verified: false };
  if (block !== card.pin) return refuse(card, `63c${less.tries}`, less);
  const outcome = right({ ...card, tries: 3, verified: true });
  return { ...outcome, between: [less, ...outcome.between] };
}

export function verify(card: ModelCard, data: string): Outcome {
  if (data.length !== 0 && data.length !== 16) return refuse(card, "6700");
  if (data) return isBlock(data) ? guess(card, data, (after) => accept(after)) : refuse(card, "6a80");
  if (!card.pin) return refuse(card, "6984");
  if (card.verified) return accept(card);
  return refuse(card, card.tries ? `63c${card.tries}` : "6983");
}

export function changePin(card: ModelCard, data: string): Outcome {
  if (data.length !== 32) return refuse(card, "6700");
  const [old, next] = [data.slice(0, 16), data.slice(16)];
  if (!isBlock(old) || !isBlock(next)) return refuse(card, "6a80");
  return guess(card, old, (after) => accept({ ...after, pin: next, verified: false }, undefined, [after]));
}

/** The 64 bytes that the card says of an authorization or of itself (specs/02 §3). */
function statement(
  card: ModelCard,
  counter: number,
  flags: number,
  first: bigint,
  second: bigint,
  last: string,
): string {
  const sequence = hex(card.sequence, 4).slice(2);
  return card.cardId + hex(counter, 4) + hex(flags, 1) + sequence + hex(first, 8) + hex(second, 8) + last;
}

const token = (card: ModelCard, entry: ModelEntry): ExpectedData => ({
  kind: "message",
  type: 1,
  fields: statement(card, entry.counter, entry.flags, entry.amount, entry.authorized, entry.invoiceHash),
});

/** specs/01 §6.5 */
export function authorize(card: ModelCard, data: Uint8Array): Outcome {
  if (data.length !== 40) return refuse(card, "6700");
  const amount = amountAt(data, 0);
  const invoiceHash = bytesToHex(data.subarray(8));
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
  const entry: ModelEntry = {
    invoiceHash,
    amount,
    counter: card.counter + 1,
    flags: card.verified ? 1 : 0,
    authorized: card.authorized + amount,
  };
  const next: ModelCard = {
    ...used,
    counter: entry.counter,
    authorized: entry.authorized,
    noPinSpent: card.verified ? 0n : card.noPinSpent + amount,
    ring: [entry, ...card.ring].slice(0, 4),
  };
  return accept(next, token(card, entry));
}

/** specs/01 §6.6 */
export function identify(card: ModelCard, data: Uint8Array): Outcome {
  if (data.length !== 32) return refuse(card, "6700");
  const flags = (card.pin && card.tries === 0 ? 1 : 0) | (card.lifecycle === LIFE.BLOCKED ? 2 : 0);
  const fields = statement(card, card.counter, flags, card.credit, card.authorized, bytesToHex(data));
  return accept(card, { kind: "message", type: 2, fields });
}

/** specs/01 §6.7 */
export function update(card: ModelCard, data: Uint8Array): Outcome {
  if (data.length !== 149) return refuse(card, "6700");
  if (bytesToHex(data.subarray(1, 5)) !== card.keySetId) return refuse(card, "6a88");
  if (data[0] !== 3) return refuse(card, "6a80");
  const body = openSeal(data, bytes(card.sealKey));
  const digest = digestOf(3, bytes(card.keySetId), body.subarray(0, 64));
  if (!secp256k1.verify(body.subarray(64), digest, bytes(card.issuerPoint))) return refuse(card, "9c06");
  const flags = body[12] ?? 0;
  if (flags > 7) return refuse(card, "6a80");
  const sequence = Number.parseInt(bytesToHex(body.subarray(8, 12)), 16);
  const credit = amountAt(body, 16);
  const forThisCard =
    bytesToHex(body.subarray(0, 8)) === card.cardId &&
    bytesToHex(body.subarray(52, 64)) === keyCheckOf(card.point);
  if (!forThisCard || sequence <= card.sequence || credit < card.credit || credit > MAX_AMOUNT)
    return accept(card);
  const changed: ModelCard = {
    ...card,
    sequence,
    credit,
    maxPerTransaction: amountAt(body, 24),
    pinThreshold: amountAt(body, 32),
    noPinBudget: amountAt(body, 40),
    maxTransactions: Number.parseInt(bytesToHex(body.subarray(48, 52)), 16),
    lifecycle: flags & 1 ? LIFE.BLOCKED : LIFE.PERSONALIZED,
    noPinSpent: flags & 4 ? 0n : card.noPinSpent,
  };
  if ((flags & 2) === 0 || !card.pin) return accept(changed);
  return accept({ ...changed, tries: 3, verified: false }, undefined, [changed]);
}

const keyChecks = new Map<string, string>();

/** First 12 bytes of the hash of a point, kept: the campaigns have few. */
function keyCheckOf(point: string): string {
  const known = keyChecks.get(point);
  if (known) return known;
  if (keyChecks.size > 1000) keyChecks.clear();
  const made = bytesToHex(sha256(bytes(point))).slice(0, 24);
  keyChecks.set(point, made);
  return made;
}
