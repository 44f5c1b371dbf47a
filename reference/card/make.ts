import { hex, integer } from "../bytes.js";
import { isPoint } from "../crypto.js";
import { MAX_AMOUNT } from "../sealed.js";
import { isPinBlock } from "./pay.js";
import { accept, blankCard, type Card, LIFECYCLE, type Outcome, refuse } from "./state.js";

/** The data groups of STORE DATA that every card needs (specs/04 §6), and those that it need not have. */
const NEEDED = [0x0101, 0x0102, 0x0103, 0x0104, 0x8101];
const OPTIONAL = [0x0105, 0x8102];
/** Bits 1 to 3 of the capabilities. */
const PUBLISHABLE = 0x0e;

/** A data group's effect on the card; undefined when its content is wrong. */
function stored(card: Card, dgi: number, content: Uint8Array): Card | undefined {
  const text = hex(content);
  const has = (length: number): boolean => content.length === length;
  const amount = (at: number): bigint => integer(content.subarray(at, at + 8));
  switch (dgi) {
    case 0x0101:
      return has(12) ? { ...card, cardId: text.slice(0, 16), keySetId: text.slice(16) } : undefined;
    case 0x0102:
      return /^[\x21-\x7e]{1,200}$/.test(Buffer.from(content).toString("latin1"))
        ? { ...card, nodeUri: text }
        : undefined;
    case 0x0103:
      return has(65) && isPoint(content) ? { ...card, issuerPoint: text } : undefined;
    case 0x0104: {
      const published = content[36] ?? 0;
      if (!has(37) || amount(0) > MAX_AMOUNT || published !== (published & PUBLISHABLE)) return undefined;
      return {
        ...card,
        credit: amount(0),
        maxPerTransaction: amount(8),
        pinThreshold: amount(16),
        noPinBudget: amount(24),
        maxTransactions: Number(integer(content.subarray(32, 36))),
        published,
      };
    }
    case 0x0105:
      return has(128) ? { ...card, certificate: text } : undefined;
    case 0x8101:
      return has(16) ? { ...card, sealKey: text } : undefined;
    default:
      return has(8) && isPinBlock(text) ? { ...card, pin: text, tries: 3 } : undefined;
  }
}

/** Block 00 starts over. */
const forgetting = (card: Card): Card => ({
  ...card,
  sequence: 0,
  counter: 0,
  authorized: 0n,
  noPinSpent: 0n,
  ring: [],
  pin: "",
  tries: 0,
  certificate: "",
  verified: false,
});

/** STORE DATA, its data in clear (specs/04 §6). */
export function storeData(card: Card, p1p2: number, data: Uint8Array): Outcome {
  const last = p1p2 >> 8 === 0x88;
  const block = p1p2 & 0xff;
  if ((!last && p1p2 >> 8 !== 0x08) || (block !== 0 && block !== card.nextBlock)) return refuse(card, "6a86");
  let changed = block === 0 ? forgetting(card) : card;
  const received = block === 0 ? [] : [...card.received];
  for (let at = 0; at < data.length; ) {
    const dgi = Number(integer(data.subarray(at, at + 2)));
    const length = data[at + 2];
    const content = data.subarray(at + 3, at + 3 + (length ?? 0));
    if (length === undefined || content.length < length) return refuse(card, "6a80");
    if (!NEEDED.includes(dgi) && !OPTIONAL.includes(dgi)) return refuse(card, "6a88");
    const after = received.includes(dgi) ? undefined : stored(changed, dgi, content);
    if (!after) return refuse(card, "6a80");
    changed = after;
    received.push(dgi);
    at += 3 + length;
  }
  const complete = NEEDED.every((dgi) => received.includes(dgi)) && card.point.startsWith("04");
  if (last && !complete) return refuse(card, "6985");
  const next: Card = last
    ? { ...changed, lifecycle: LIFECYCLE.PERSONALIZED, received: [], nextBlock: 0 }
    : { ...changed, received, nextBlock: block + 1 };
  return { ...accept(next), mixes: LIFECYCLE.BLANK };
}

/** GENERATE KEY PAIR (specs/04 §5). The key is the card's own choice: the caller takes it from the answer. */
export function generateKeyPair(card: Card, p1p2: number, data: Uint8Array): Outcome {
  if (p1p2 !== 0x8000) return refuse(card, "6a86");
  if (data.length !== 16) return refuse(card, "6700");
  // Torn, the old key is gone and the new one does not count; what lies in its place is the card's matter.
  const without = { ...card, point: "" };
  return accept(card, { kind: "key-proof", challenge: hex(data) }, [without, { ...without, secretKey: "" }]);
}

/** RESET (specs/04 §7): key, PIN and data are gone; the security domain stays as it is. */
export function reset(card: Card, p1p2: number, data: Uint8Array): Outcome {
  if (p1p2 !== 0) return refuse(card, "6a86");
  if (data.length) return refuse(card, "6700");
  return { ...accept(cleared(card)), mixes: LIFECYCLE.RESETTING };
}

/** A card of which RESET left nothing, or whose torn RESET was finished. */
export const cleared = (card: Card): Card => {
  const { selected, channel, domainChannel, received, nextBlock, failures } = card;
  return { ...blankCard(card), selected, channel, domainChannel, received, nextBlock, failures };
};
