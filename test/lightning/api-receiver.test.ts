import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { bytesToHex, msat, utf8 } from "../../common/index.js";
import {
  type CardStatus,
  decodeCardUpdate,
  decodeRefundAnswer,
  decodeRejectPayment,
  encodeCardStatus,
  encodeInitiatePayment,
  encodeRefundRequest,
  type InitiatePayment,
  type PaymentAuthorizer,
  PaymentReceiver,
  PEER_MESSAGE,
  REASON,
  REFUND_REASON,
  type ReceiverEvent,
  type ReceiverOptions,
  type RefundReply,
  type RefundRequest,
  type Reply,
  refundRequestHash,
} from "../../lightning/api/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { FakeNetwork, type FakeNode } from "../../testing/nodes/fake-node.js";

const TOKEN = new Uint8Array(149).fill(1);
const UPDATE = new Uint8Array(149).fill(3);
const INVOICE = utf8("lnbcrt1invoice");
const NOW = 1_700_000_000;

/** Decides as the test says, and remembers what it was asked. */
class Decider implements PaymentAuthorizer {
  readonly asked: InitiatePayment[] = [];
  decide: (reply: Reply) => Promise<void> = async () => {};
  update: Uint8Array | undefined;
  statuses = 0;

  initiatePayment(request: InitiatePayment, reply: Reply): Promise<void> {
    this.asked.push(request);
    return this.decide(reply);
  }

  async cardStatus(_: CardStatus, reply: Pick<Reply, "update" | "balance">): Promise<void> {
    this.statuses++;
    if (this.update) await reply.update(this.update);
  }
}

async function desk(options: ReceiverOptions = {}) {
  const network = new FakeNetwork();
  const payer = network.node("payer");
  const merchant = network.node("merchant");
  const other = network.node("other");
  for (const peer of [merchant, other])
    await peer.connect({ nodeId: payer.nodeId, host: "127.0.0.1", port: 9735 });
  const events: ReceiverEvent[] = [];
  const decider = new Decider();
  let clock = NOW * 1000;
  const receiver = new PaymentReceiver(payer, decider, {
    now: () => clock,
    monotonic: () => clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const got = (node: FakeNode): { type: number; payload: Uint8Array }[] => {
    const messages: { type: number; payload: Uint8Array }[] = [];
    node.onMessage(({ type, payload }) => messages.push({ type, payload }));
    return messages;
  };
  /** A message arrives at the payer. */
  const says = (node: FakeNode, payload: Uint8Array, type: number = PEER_MESSAGE.INITIATE_PAYMENT): void =>
    payer.receive({ peer: node.nodeId, type, payload });
  /** Everything that is on the way has arrived. */
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    payer,
    merchant,
    other,
    receiver,
    decider,
    events,
    got,
    says,
    settled,
    pass: (ms: number) => (clock += ms),
  };
}

const ask = (token: Uint8Array = TOKEN, invoice: Uint8Array = INVOICE) =>
  encodeInitiatePayment({ token, invoice });
const kinds = (events: readonly ReceiverEvent[]) =>
  events.map((event) => (event.event === "ignored" ? event.cause : event.event));

describe("a payer that is asked", () => {
  it("hands token and invoice to the authorizer, and says nothing when it accepts", async () => {
    const { merchant, decider, events, got, says, settled } = await desk();
    const messages = got(merchant);
    says(merchant, ask());
    await settled();
    expect(decider.asked).toEqual([{ token: TOKEN, invoice: INVOICE }]);
    expect(messages).toEqual([]);
    expect(events).toMatchObject([{ event: "accepted", peer: bytesToHex(merchant.nodeId) }]);
  });

  it("has its node keep a place for the peer whose request was accepted, and for no other", async () => {
    const { payer, merchant, other, decider, says, settled } = await desk();
    says(merchant, ask());
    await settled();
    decider.decide = (reply) => reply.reject(REASON.BUSY);
    says(other, ask());
    await settled();
    expect([...payer.kept]).toEqual([bytesToHex(merchant.nodeId)]);
  });

  it("hands a pending update on before the payment is decided, while the card lies on the reader", async () => {
    const { merchant, decider, events, got, says, settled } = await desk();
    const messages = got(merchant);
    let paid = () => {};
    decider.decide = async (reply) => {
      await reply.update(UPDATE);
      await new Promise<void>((resolve) => {
        paid = resolve;
      });
    };
    says(merchant, ask());
    await settled();
    expect(messages.map(({ type }) => type)).toEqual([PEER_MESSAGE.CARD_UPDATE]);
    expect(events).toEqual([]);
    paid();
    await settled();
    expect(messages).toHaveLength(1);
    expect(events).toMatchObject([{ event: "accepted", updated: true }]);
  });

  it("rejects on the connection that asked, with token hash, invoice and reason", async () => {
    const { merchant, other, decider, got, says, settled, events } = await desk();
    const messages = got(merchant);
    const elsewhere = got(other);
    decider.decide = (reply) => reply.reject(REASON.TOKEN_NOT_ACCEPTED);
    says(merchant, ask());
    await settled();
    expect(messages.map(({ type }) => type)).toEqual([PEER_MESSAGE.REJECT_PAYMENT]);
    expect(decodeRejectPayment(messages[0]?.payload ?? INVOICE)).toEqual({
      tokenHash: sha256(TOKEN),
      invoice: INVOICE,
      reason: REASON.TOKEN_NOT_ACCEPTED,
    });
    expect(elsewhere).toEqual([]);
    expect(events).toMatchObject([{ event: "rejected", reason: 16, updated: false }]);
  });

  it("sends a pending card update before the reject", async () => {
    const { merchant, decider, got, says, settled, events } = await desk();
    const messages = got(merchant);
    decider.decide = async (reply) => {
      await reply.update(UPDATE);
      await reply.reject(REASON.CARD_BLOCKED);
    };
    says(merchant, ask());
    await settled();
    expect(messages.map(({ type }) => type)).toEqual([PEER_MESSAGE.CARD_UPDATE, PEER_MESSAGE.REJECT_PAYMENT]);
    expect(decodeCardUpdate(messages[0]?.payload ?? INVOICE)).toEqual({
      requestHash: sha256(TOKEN),
      update: UPDATE,
    });
    expect(events).toMatchObject([{ event: "rejected", updated: true }]);
  });

  it("does not dial back: a peer that went away gets no answer", async () => {
    const { payer, merchant, decider, says, settled, events } = await desk();
    decider.decide = async (reply) => {
      payer.disconnect(merchant);
      await reply.reject(REASON.NOT_FUNDED);
    };
    says(merchant, ask());
    await settled();
    expect(kinds(events)).toEqual(["undeliverable"]);
    expect(payer.dialed).toEqual([]);
    expect(payer.messages).toEqual([]);
  });

  it("stays silent when the authorizer or the node fails", async () => {
    const { payer, merchant, decider, says, settled, events } = await desk();
    decider.decide = () => Promise.reject(new Error("database away"));
    says(merchant, ask());
    await settled();
    decider.decide = (reply) => reply.reject(1);
    payer.onSend = () => {
      throw new NodeError("internal", "broken");
    };
    says(merchant, ask(TOKEN.map((byte) => byte + 1)));
    await settled();
    expect(kinds(events)).toEqual(["failed", "failed"]);
  });

  it("ignores what is malformed, too large or of another type", async () => {
    const { payer, merchant, decider, says, settled, events } = await desk();
    const whole = ask();
    for (let length = 0; length < whole.length; length += 9) says(merchant, whole.slice(0, length));
    says(merchant, new Uint8Array(65_535));
    says(merchant, Uint8Array.of(...whole, 2, 0));
    says(merchant, whole, 45003);
    says(merchant, whole, 45009);
    await settled();
    expect(decider.asked).toEqual([]);
    expect(payer.messages).toEqual([]);
    expect(new Set(kinds(events))).toEqual(new Set(["malformed", "too-large"]));
  });

  it("asks the authorizer once for the same request at the same time", async () => {
    const { merchant, other, decider, got, says, settled, events } = await desk();
    const messages = got(merchant);
    const elsewhere = got(other);
    const gate = { open: () => {} };
    decider.decide = (reply) =>
      new Promise((resolve) => {
        const before = gate.open;
        gate.open = () => {
          before();
          resolve(reply.reject(4));
        };
      });
    for (let i = 0; i < 5; i++) says(merchant, ask());
    says(other, ask());
    await settled();
    expect(decider.asked).toHaveLength(2);
    gate.open();
    await settled();
    expect(messages).toHaveLength(1);
    expect(elsewhere).toHaveLength(1);
    says(merchant, ask());
    expect(decider.asked).toHaveLength(3);
    gate.open();
    await settled();
    expect(kinds(events).filter((kind) => kind === "duplicate")).toHaveLength(4);
  });
});

describe("a card's status", () => {
  const status = (time: number) =>
    encodeCardStatus({ status: UPDATE, time: BigInt(time), nonce: new Uint8Array(24) });

  it("is not answered with what is left where the update before it could not be sent", async () => {
    const { payer, merchant, decider, events, got, says, settled } = await desk();
    const messages = got(merchant);
    let isLost = true;
    decider.cardStatus = async (_, reply) => {
      if (isLost) payer.disconnect(merchant);
      await reply.update(TOKEN);
      await merchant.connect({ nodeId: payer.nodeId, host: "127.0.0.1", port: 9735 });
      await reply.balance(msat(7n));
    };
    says(merchant, status(NOW), PEER_MESSAGE.CARD_STATUS);
    await settled();
    expect(messages).toEqual([]);
    expect(kinds(events)).toEqual(["undeliverable"]);
    isLost = false;
    says(merchant, status(NOW), PEER_MESSAGE.CARD_STATUS);
    await settled();
    expect(messages.map(({ type }) => type)).toEqual([PEER_MESSAGE.CARD_UPDATE, PEER_MESSAGE.CARD_BALANCE]);
  });

  it("brings the pending update, or silence", async () => {
    const { merchant, decider, got, says, settled } = await desk();
    const messages = got(merchant);
    says(merchant, status(NOW), PEER_MESSAGE.CARD_STATUS);
    await settled();
    expect(messages).toEqual([]);
    decider.update = TOKEN;
    says(merchant, status(NOW), PEER_MESSAGE.CARD_STATUS);
    await settled();
    expect(messages).toHaveLength(1);
    expect(decodeCardUpdate(messages[0]?.payload ?? INVOICE)).toEqual({
      requestHash: sha256(UPDATE),
      update: TOKEN,
    });
  });

  it("of another time than now is ignored, also of a time beyond every clock", async () => {
    const { merchant, decider, says, settled, events } = await desk();
    for (const time of [NOW - 601, NOW + 601, 0]) says(merchant, status(time), PEER_MESSAGE.CARD_STATUS);
    const end = encodeCardStatus({ status: UPDATE, time: 2n ** 64n - 1n, nonce: new Uint8Array(24) });
    says(merchant, end, PEER_MESSAGE.CARD_STATUS);
    for (const time of [NOW - 600, NOW + 600]) says(merchant, status(time), PEER_MESSAGE.CARD_STATUS);
    await settled();
    expect(kinds(events).sort()).toEqual(["answered", "answered", "stale", "stale", "stale", "stale"]);
    expect(decider.statuses).toBe(2);
  });
});

describe("floods", () => {
  const numbered = (i: number) => ask(Uint8Array.of(i >> 8, i & 0xff, 1));

  it("of one peer are cut to its rate, which comes back with time; other peers are served", async () => {
    const { merchant, other, decider, says, settled, events, pass, payer } = await desk({
      ratePerPeer: { burst: 10, perSecond: 5 },
    });
    for (let i = 0; i < 10_000; i++) says(merchant, numbered(i));
    await settled();
    expect(decider.asked).toHaveLength(10);
    expect(payer.messages).toEqual([]);
    says(other, numbered(0));
    pass(1000);
    for (let i = 0; i < 10; i++) says(merchant, numbered(i));
    await settled();
    expect(decider.asked).toHaveLength(10 + 1 + 5);
    pass(-3_600_000);
    says(merchant, numbered(1));
    expect(kinds(events).at(-1)).toBe("rate");
  });

  it("of many peers are cut to what may be in flight; silence, never a reject", async () => {
    const { payer, decider, settled, events, receiver } = await desk({
      maxInFlight: 100,
      maxInFlightPerPeer: 4,
      maxPeers: 50,
    });
    const gate: (() => void)[] = [];
    decider.decide = () => new Promise((resolve) => gate.push(resolve));
    for (let peer = 0; peer < 200; peer++)
      for (let i = 0; i < 10; i++)
        payer.receive({
          peer: sha256(Uint8Array.of(peer)),
          type: PEER_MESSAGE.INITIATE_PAYMENT,
          payload: numbered(i),
        });
    expect(decider.asked).toHaveLength(100);
    const closing = receiver.close();
    for (const open of gate) open();
    await closing;
    await settled();
    expect(kinds(events).filter((kind) => kind === "accepted")).toHaveLength(100);
    expect(kinds(events).filter((kind) => kind === "busy")).toHaveLength(1900);
    expect(payer.messages).toEqual([]);
  });

  it("nothing is taken after close", async () => {
    const { merchant, decider, receiver, says } = await desk();
    await receiver.close();
    says(merchant, ask());
    expect(decider.asked).toEqual([]);
  });
});

describe("events", () => {
  it("hold neither token nor invoice", async () => {
    const { merchant, decider, says, settled, events } = await desk();
    decider.decide = async (reply) => {
      await reply.update(UPDATE);
      await reply.reject(REASON.BUSY);
    };
    says(merchant, ask(utf8("secret-token"), utf8("lnbcrtsecret")));
    await settled();
    expect(JSON.stringify(events)).not.toMatch(/secret|7365637265/);
  });
});

describe("requests for a refund", () => {
  const REQUEST: RefundRequest = {
    paymentHash: new Uint8Array(32).fill(1),
    preimage: new Uint8Array(32).fill(2),
    amount: msat(5n),
    refundId: new Uint8Array(16).fill(3),
  };
  const refundDesk = async (reply: RefundReply | undefined, options: ReceiverOptions = {}) => {
    const asked: { request: RefundRequest; peer: string }[] = [];
    const refunds = {
      async requestRefund(request: RefundRequest, peer: Uint8Array) {
        asked.push({ request, peer: bytesToHex(peer) });
        return reply;
      },
    };
    return { ...(await desk({ refunds, ...options })), asked };
  };

  it("are answered with the request's hash, on the connection that asked, whose node id the desk gets", async () => {
    const reply = { invoice: INVOICE, reason: undefined, refunded: msat(7n) };
    const { merchant, other, asked, events, got, says, settled } = await refundDesk(reply);
    const [messages, others] = [got(merchant), got(other)];
    says(merchant, encodeRefundRequest(REQUEST), PEER_MESSAGE.REFUND_REQUEST);
    await settled();
    expect(asked).toEqual([{ request: REQUEST, peer: bytesToHex(merchant.nodeId) }]);
    expect(messages.map(({ type }) => type)).toEqual([PEER_MESSAGE.REFUND_ANSWER]);
    const answer = decodeRefundAnswer(messages[0]?.payload ?? new Uint8Array(0));
    expect(answer).toEqual({ ...reply, requestHash: refundRequestHash(REQUEST) });
    expect(others).toEqual([]);
    expect(kinds(events)).toEqual(["answered"]);
  });

  it("that are refused say why, to the peer and to the counters", async () => {
    const reason = REFUND_REASON.CARD_RETIRED;
    const { merchant, events, got, says, settled } = await refundDesk({
      ...{ invoice: undefined, reason, refunded: msat(0n) },
    });
    const messages = got(merchant);
    says(merchant, encodeRefundRequest(REQUEST), PEER_MESSAGE.REFUND_REQUEST);
    await settled();
    expect(decodeRefundAnswer(messages[0]?.payload ?? new Uint8Array(0))).toMatchObject({ reason });
    expect(events).toMatchObject([{ event: "refund-refused", reason }]);
  });

  it("that the desk cannot answer are met with silence", async () => {
    const { merchant, events, got, says, settled } = await refundDesk(undefined);
    const messages = got(merchant);
    says(merchant, encodeRefundRequest(REQUEST), PEER_MESSAGE.REFUND_REQUEST);
    await settled();
    expect(messages).toEqual([]);
    expect(kinds(events)).toEqual(["unanswered"]);
  });

  it("are ignored where nobody takes refunds, and malformed ones everywhere", async () => {
    const without = await desk();
    without.says(without.merchant, encodeRefundRequest(REQUEST), PEER_MESSAGE.REFUND_REQUEST);
    await without.settled();
    expect(without.events).toEqual([]);
    const { merchant, asked, events, says, settled } = await refundDesk(undefined);
    says(merchant, encodeRefundRequest(REQUEST).subarray(1), PEER_MESSAGE.REFUND_REQUEST);
    await settled();
    expect(asked).toEqual([]);
    expect(kinds(events)).toEqual(["malformed"]);
  });

  it("count against the rate of the peer, together with its other requests", async () => {
    const reply = { invoice: INVOICE, reason: undefined, refunded: msat(0n) };
    const { merchant, asked, events, says, settled } = await refundDesk(reply, {
      ratePerPeer: { burst: 3, perSecond: 1 },
    });
    for (let id = 0; id < 3; id++) {
      const request = { ...REQUEST, refundId: new Uint8Array(16).fill(id) };
      says(merchant, encodeRefundRequest(request), PEER_MESSAGE.REFUND_REQUEST);
      says(merchant, ask(new Uint8Array(149).fill(id)));
    }
    await settled();
    expect(asked).toHaveLength(2);
    expect(kinds(events).filter((kind) => kind === "rate")).toHaveLength(3);
  });
});
