import { expect } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import {
  openPaymentSender,
  type PaymentAuthorizer,
  PaymentReceiver,
  REASON,
  statusChallenge,
} from "../../lightning/api/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { InitiationsInMemory } from "../../testing/initiations-in-memory.js";

const PAY = new Uint8Array(149).fill(1);
const REFUSE = new Uint8Array(1024).fill(2);
const UPDATE = new Uint8Array(149).fill(3);

/** Has all four messages of the API cross between two nodes, and the payer's pay a real invoice of the merchant's. */
export async function crossAllMessages(merchant: LightningNode, payer: LightningNode): Promise<void> {
  const challenges: string[] = [];
  const { nodeId, addresses } = await payer.info();
  const authorizer: PaymentAuthorizer = {
    async initiatePayment({ token, invoice }, reply) {
      if (token.length === REFUSE.length) {
        await reply.update(UPDATE);
        await reply.reject(REASON.CARD_BLOCKED);
        return;
      }
      const paid = await payer.pay({ invoice: Buffer.from(invoice).toString("ascii"), maxFee: sat(1) });
      expect(paid.state).toBe("settled");
    },
    async cardStatus({ time, nonce }, reply) {
      challenges.push(bytesToHex(statusChallenge(nodeId, time, nonce)));
      await reply.update(UPDATE);
      await reply.balance(sat(7));
    },
  };
  const asked: string[] = [];
  const receiver = new PaymentReceiver(payer, authorizer, { onEvent: ({ peer }) => asked.push(peer) });
  const log = new InitiationsInMemory();
  const sender = await openPaymentSender(merchant, log, { answerTimeoutMs: 10_000 });
  try {
    const uri = parseNodeUri(`${bytesToHex(nodeId)}@${addresses[0]}`);
    const invoice = await merchant.createInvoice({
      amount: sat(1000),
      description: "beer",
      expirySeconds: 600,
    });
    const sale = { ...invoice, uri };
    expect(await sender.ask({ ...sale, token: REFUSE })).toMatchObject({
      outcome: "rejected",
      reason: REASON.CARD_BLOCKED,
      cardUpdate: UPDATE,
    });
    expect(log.loadInitiation(invoice.paymentHash)).toEqual({ phase: "idle" });
    expect(await sender.ask({ ...sale, token: PAY })).toMatchObject({
      outcome: "paid",
      settled: { received: sat(1000) },
    });
    const status = {
      status: PAY,
      time: BigInt(Math.floor(Date.now() / 1000)),
      nonce: new Uint8Array(24).fill(7),
    };
    expect(await sender.askCardStatus(uri, status)).toEqual({
      ...{ hasAnswered: true, cardUpdate: UPDATE, left: sat(7) },
    });
    expect(challenges).toEqual([bytesToHex(statusChallenge(uri.nodeId, status.time, status.nonce))]);
  } finally {
    sender.close();
    await receiver.close();
  }
  expect(new Set(asked)).toEqual(new Set([bytesToHex((await merchant.info()).nodeId)]));
}
