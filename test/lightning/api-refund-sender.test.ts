import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { type Msat, msat, sat, utf8 } from "../../common/index.js";
import {
  decodeRefundRequest,
  encodeRefundAnswer,
  PEER_MESSAGE,
  type RefundAnswer,
  type RefundRequest,
  refundDescription,
  refundRequestHash,
} from "../../lightning/api/index.js";
import { encodeInvoice } from "../../lightning/bolt11/index.js";
import type { FakeNode } from "../../testing/nodes/fake-node.js";
import { openShop } from "./sender-shop.js";

const FOR_EVER_MS = 3_600_000;
const SOON_MS = 30;
/** Of the fake nodes, Unix milliseconds. */
const NOW = 1_700_000_000_000;
const REQUEST: RefundRequest = {
  paymentHash: sha256(new Uint8Array(32).fill(2)),
  preimage: new Uint8Array(32).fill(2),
  amount: sat(1000),
  refundId: new Uint8Array(16).fill(3),
};

const shop = (answerTimeoutMs = FOR_EVER_MS) => openShop({ answerTimeoutMs, now: () => NOW });

/** The node answers each request with an invoice of its own. */
const answering = (
  node: FakeNode,
  says: (node: FakeNode, type: number, payload: Uint8Array) => void,
  answer: (request: RefundRequest) => Promise<Partial<RefundAnswer>>,
): void => {
  node.onMessage(async ({ type, payload }) => {
    if (type !== PEER_MESSAGE.REFUND_REQUEST) return;
    const request = decodeRefundRequest(payload);
    const head = { requestHash: refundRequestHash(request), refunded: msat(0n), reason: undefined };
    says(
      node,
      PEER_MESSAGE.REFUND_ANSWER,
      encodeRefundAnswer({ ...head, ...(await answer(request)) } as RefundAnswer),
    );
  });
};

const invoiceOf = async (
  node: FakeNode,
  request: RefundRequest,
  changed: { amount?: Msat; description?: string } = {},
) =>
  await node.createInvoice({
    amount: request.amount,
    description: refundDescription(request),
    expirySeconds: 600,
    ...changed,
  });

describe("asking a card's node for a refund", () => {
  it("brings its invoice", async () => {
    const { sender, payer, says, uriOf } = await shop();
    let made = "";
    answering(payer, says, async (request) => {
      made = (await invoiceOf(payer, request)).invoice;
      return { invoice: utf8(made) };
    });
    const offer = await sender.requestRefund(uriOf(payer), REQUEST);
    expect(offer).toEqual({ invoice: made, refunded: 0n });
  });

  it("brings the reason of a refusal, and what was refunded", async () => {
    const { sender, payer, says, uriOf } = await shop();
    answering(payer, says, async () => ({ invoice: undefined, reason: 4, refunded: sat(7) }) as RefundAnswer);
    expect(await sender.requestRefund(uriOf(payer), REQUEST)).toEqual({ reason: 4, refunded: sat(7) });
  });

  it("takes no answer of another node, nor to another request", async () => {
    const { sender, payer, stranger, merchant, says, uriOf } = await shop(SOON_MS);
    await merchant.connect({ nodeId: stranger.nodeId, host: "127.0.0.1", port: 9735 });
    payer.onMessage(async ({ type }) => {
      if (type !== PEER_MESSAGE.REFUND_REQUEST) return;
      const { invoice } = await invoiceOf(payer, REQUEST);
      const answer = { requestHash: refundRequestHash(REQUEST), refunded: msat(0n), reason: undefined };
      says(stranger, PEER_MESSAGE.REFUND_ANSWER, encodeRefundAnswer({ ...answer, invoice: utf8(invoice) }));
      const other = refundRequestHash({ ...REQUEST, amount: sat(999) });
      says(
        payer,
        PEER_MESSAGE.REFUND_ANSWER,
        encodeRefundAnswer({ ...answer, requestHash: other, invoice: utf8(invoice) }),
      );
    });
    expect(await sender.requestRefund(uriOf(payer), REQUEST)).toBeUndefined();
  });

  it.each([
    ["of another amount", { amount: sat(1001) }, /need 1000000 msat, have 1001000/],
    ["of no amount", { amount: undefined }, /without an amount/],
    [
      "of another sale",
      { description: refundDescription({ ...REQUEST, paymentHash: new Uint8Array(32) }) },
      /another refund/,
    ],
    [
      "of another refund",
      { description: refundDescription({ ...REQUEST, refundId: new Uint8Array(16) }) },
      /another refund/,
    ],
    ["that expired", { expirySeconds: 0 }, /expired/],
  ])("refuses an invoice %s", async (_, changed, problem) => {
    const { sender, payer, says, uriOf } = await shop();
    answering(payer, says, async (request) => ({
      invoice: utf8((await invoiceOf(payer, request, changed as object)).invoice),
    }));
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toThrow(problem);
  });

  it("refuses an invoice of another node, of another network, and what is none", async () => {
    const { sender, payer, stranger, says, uriOf } = await shop();
    const foreign = encodeInvoice(
      { network: "bc", amount: REQUEST.amount, timestamp: NOW / 1000 },
      {
        paymentHash: new Uint8Array(32).fill(1),
        paymentSecret: new Uint8Array(32).fill(1),
        description: refundDescription(REQUEST),
        expirySeconds: 600,
      },
      new Uint8Array(32).fill(9),
    );
    const bad = [(await invoiceOf(stranger, REQUEST)).invoice, foreign, "lnbcrt1nothing"];
    answering(payer, says, async () => ({ invoice: utf8(bad[0] ?? "") }));
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toThrow("of another node");
    bad.shift();
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toThrow(/another network/);
    bad.shift();
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toMatchObject({ code: "parse" });
  });

  it("is sent again, byte for byte, when the connection is lost", async () => {
    const { sender, payer, merchant, says, uriOf } = await shop();
    const seen: string[] = [];
    payer.onMessage(async ({ type, payload }) => {
      if (type !== PEER_MESSAGE.REFUND_REQUEST) return;
      seen.push(Buffer.from(payload).toString("hex"));
      if (seen.length === 1) return merchant.disconnect(payer);
      const { invoice } = await invoiceOf(payer, REQUEST);
      const requestHash = refundRequestHash(REQUEST);
      const answer = { requestHash, refunded: msat(0n), invoice: utf8(invoice), reason: undefined };
      says(payer, PEER_MESSAGE.REFUND_ANSWER, encodeRefundAnswer(answer));
    });
    expect(await sender.requestRefund(uriOf(payer), REQUEST)).toMatchObject({ refunded: 0n });
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
  });

  it("of a node that cannot be reached says so, and silence is no answer", async () => {
    const { sender, payer, uriOf } = await shop(SOON_MS);
    expect(await sender.requestRefund(uriOf(payer), REQUEST)).toBeUndefined();
    payer.isDown = true;
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toMatchObject({ code: "unreachable" });
    sender.close();
    await expect(sender.requestRefund(uriOf(payer), REQUEST)).rejects.toMatchObject({ code: "closed" });
  });
});
