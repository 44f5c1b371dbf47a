import { z } from "zod";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { NOT_ASKED, openPaymentSender } from "../../lightning/api/index.js";
import { MAX_URI_LENGTH, parseNodeUri } from "../../lightning/node-uri.js";
import { amount, operation } from "./operation.js";

/** Milliseconds for the issuer's node to answer: somebody holds a card on the reader meanwhile. */
const ANSWER_MS = 10_000;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** A status pays for nothing: there is no invoice whose state could be kept. */
const NO_LOG = { loadInitiation: () => NOT_ASKED, saveInitiation: () => undefined };

/** Shows a card's status to its issuer's node (specs/08 §3.3), for the card's holder. */
export const cardStatus = operation({
  request: z.object({
    uri: z.string().max(MAX_URI_LENGTH),
    status: hex(149),
    /** Unix seconds. */
    time: z.int().min(0),
    nonce: hex(24),
  }),
  answer: z.object({
    hasAnswered: z.boolean(),
    /** Sealed update for the card, hex. */
    cardUpdate: hex(149).optional(),
    /** Absent where the issuer does not tell it. */
    left: amount.optional(),
  }),
  async run({ node }, { uri, status, time, nonce }) {
    const sender = await openPaymentSender(node, NO_LOG, { answerTimeoutMs: ANSWER_MS });
    try {
      const asked = { status: hexToBytes(status), time: BigInt(time), nonce: hexToBytes(nonce) };
      const { hasAnswered, cardUpdate, left } = await sender.askCardStatus(parseNodeUri(uri), asked);
      return {
        hasAnswered,
        ...(cardUpdate === undefined ? {} : { cardUpdate: bytesToHex(cardUpdate) }),
        ...(left === undefined ? {} : { left }),
      };
    } finally {
      sender.close();
    }
  },
});
