import { bytesToHex, secp256k1 } from "../../common/index.js";
import { accept, BLANK_MODEL, LIFE, MAX_AMOUNT, type ModelCard, type Outcome, refuse } from "./model-card.js";
import { isBlock } from "./pay.js";

/** The data groups of STORE DATA that every card needs (specs/04 §6), and the PIN, which it need not have. */
const NEEDED = [0x0101, 0x0102, 0x0103, 0x0104, 0x8101];
const PIN_GROUP = 0x8102;

const value = (hex: string, from: number, to: number): bigint => BigInt(`0x${hex.slice(2 * from, 2 * to)}`);

/** A data group's effect on the card; undefined when its content is wrong. */
function stored(card: ModelCard, dgi: number, content: Uint8Array): ModelCard | undefined {
  const hex = bytesToHex(content);
  const has = (length: number): boolean => content.length === length;
  switch (dgi) {
    case 0x0101:
      return has(12) ? { ...card, cardId: hex.slice(0, 16), keySetId: hex.slice(16) } : undefined;
    case 0x0102:
      return /^[\x21-\x7e]{1,200}$/.test(Buffer.from(content).toString("latin1"))
        ? { ...card, nodeUri: hex }
        : undefined;
    case 0x0103:
      return has(65) && secp256k1.isPublicKey(content) ? { ...card, issuerPoint: hex } : undefined;
    case 0x0104: {
      if (!has(37) || value(hex, 0, 8) > MAX_AMOUNT || value(hex, 36, 37) & ~0x0en) return undefined;
      return {
        ...card,
        credit: value(hex, 0, 8),
        maxPerTransaction: value(hex, 8, 16),
        pinThreshold: value(hex, 16, 24),
        noPinBudget: value(hex, 24, 32),
        maxTransactions: Number.parseInt(hex.slice(64, 72), 16),
        published: Number.parseInt(hex.slice(72), 16),
      };
    }
    case 0x8101:
      return has(16) ? { ...card, sealKey: hex } : undefined;
    default:
      return has(8) && isBlock(hex) ? { ...card, pin: hex, tries: 3 } : undefined;
  }
}

/** The fresh start of block 00. */
const forgetting = (card: ModelCard): ModelCard => ({
  ...card,
  sequence: 0,
  counter: 0,
  authorized: 0n,
  noPinSpent: 0n,
  ring: [],
  pin: "",
  tries: 0,
  verified: false,
});

export function storeData(card: ModelCard, p1p2: number, data: Uint8Array): Outcome {
  const last = p1p2 >> 8 === 0x88;
  const block = p1p2 & 0xff;
  if ((!last && p1p2 >> 8 !== 0x08) || (block !== 0 && block !== card.nextBlock)) return refuse(card, "6a86");
  let changed = block === 0 ? forgetting(card) : card;
  const received = block === 0 ? [] : [...card.received];
  for (let at = 0; at < data.length; ) {
    const dgi = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
    const length = data[at + 2];
    const content = data.subarray(at + 3, at + 3 + (length ?? 0));
    if (length === undefined || content.length < length) return refuse(card, "6a80");
    if (!NEEDED.includes(dgi) && dgi !== PIN_GROUP) return refuse(card, "6a88");
    const after = received.includes(dgi) ? undefined : stored(changed, dgi, content);
    if (!after) return refuse(card, "6a80");
    changed = after;
    received.push(dgi);
    at += 3 + length;
  }
  const complete = NEEDED.every((dgi) => received.includes(dgi)) && card.point.startsWith("04");
  if (last && !complete) return refuse(card, "6985");
  const next: ModelCard = last
    ? { ...changed, lifecycle: LIFE.PERSONALIZED, received: [], nextBlock: 0 }
    : { ...changed, received, nextBlock: block + 1 };
  return { ...accept(next), mixes: true };
}

/** The key is the card's own choice: the caller takes it from the answer. */
export function generateKeyPair(card: ModelCard, p1p2: number, data: Uint8Array): Outcome {
  if (p1p2 !== 0x8000) return refuse(card, "6a86");
  if (data.length !== 16) return refuse(card, "6700");
  return accept(card, { kind: "key-proof", challenge: bytesToHex(data) });
}

/** Key, PIN and data are gone; what the secure channel counts stays. */
export function reset(card: ModelCard, p1p2: number, data: Uint8Array): Outcome {
  if (p1p2 !== 0) return refuse(card, "6a86");
  if (data.length) return refuse(card, "6700");
  const { selected, channel, domainChannel, received, nextBlock, failures, channels } = card;
  const kept = { selected, channel, domainChannel, received, nextBlock, failures, channels };
  return { ...accept({ ...BLANK_MODEL, ...kept }), mixes: true };
}
