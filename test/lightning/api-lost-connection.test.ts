import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import {
  encodeCardBalance,
  encodeCardUpdate,
  type PaymentAsk,
  PaymentReceiver,
  PEER_MESSAGE,
  REASON,
  type SenderOptions,
} from "../../lightning/api/index.js";
import type { PeerMessage } from "../../lightning/nodes/port.js";
import { openShop } from "./sender-shop.js";

/** Longer than any test may take: nothing here is decided by the time running out. */
const FOR_EVER_MS = 3_600_000;

/** A merchant who asks, and a payer whose connection can be lost whenever it was asked. */
async function shop(options: SenderOptions = {}) {
  const opened = await openShop({ answerTimeoutMs: FOR_EVER_MS, ...options });
  const { merchant, payer, invoice, says, reject } = opened;
  const causes: string[] = [];
  const hash = bytesToHex(invoice.paymentHash);
  return {
    ...opened,
    hash,
    /** Why the payer was out of reach, for each notice to the merchant. */
    causes,
    ask: (changes: Partial<PaymentAsk> = {}) =>
      opened.ask({ onUnreachable: ({ code }) => causes.push(code), ...changes }),
    /** Does one thing after another, each when the payer was asked again. */
    whenAsked(...steps: (() => unknown)[]): void {
      payer.onMessage(() => void steps.shift()?.());
    },
    lose: () => merchant.disconnect(payer),
    decline: () => says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject({ reason: REASON.NOT_FUNDED })),
    settle: () => merchant.settle(hash, sat(1000)),
  };
}

const payloads = (messages: readonly PeerMessage[]) => new Set(messages.map(({ payload }) => payload.join()));

it("a payer that is lost is dialed at once and asked again with the same bytes", async () => {
  const { sender, ask, asked, saved, causes, merchant, whenAsked, lose, settle } = await shop();
  whenAsked(lose, lose, settle);
  expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
  expect(merchant.messages).toHaveLength(3);
  expect(payloads(merchant.messages).size).toBe(1);
  expect(merchant.dialed).toHaveLength(3);
  expect(saved).toEqual([asked, { phase: "paid" }]);
  expect(causes).toEqual([]);
});

it("a payer that has paid before it was lost pays no second time", async () => {
  const { sender, ask, payer, lose, hash } = await shop();
  let decided = 0;
  const receiver = new PaymentReceiver(payer, {
    initiatePayment: async ({ invoice }) => {
      if (++decided === 1) {
        lose();
        // The HTLC is on its way while the line is down; the second request finds it.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await payer.pay({ invoice: Buffer.from(invoice).toString(), maxFee: sat(0) });
    },
    cardStatus: async () => {},
  });
  expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
  await receiver.close();
  expect(payer.sent.get(hash)).toBe(1);
});

it("the reject that got lost with the connection is given again", async () => {
  const { sender, ask, whenAsked, lose, decline, state } = await shop();
  whenAsked(lose, decline);
  expect(await sender.ask(ask())).toMatchObject({
    outcome: "rejected",
    reason: REASON.NOT_FUNDED,
  });
  expect(state()).toEqual({ phase: "idle" });
});

it("a payer that is down is dialed until it is back, and the merchant gets one notice", async () => {
  const { sender, ask, payer, merchant, whenAsked, lose, settle, causes } = await shop();
  const connect = merchant.connect.bind(merchant);
  merchant.connect = (address) => {
    payer.isDown = merchant.dialed.length === 1 || merchant.dialed.length === 2;
    return connect(address);
  };
  whenAsked(lose, settle);
  expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
  expect(merchant.dialed).toHaveLength(4);
  expect(merchant.messages).toHaveLength(2);
  expect(causes).toEqual(["unreachable"]);
});

it("one that is lost again between dialing and sending is dialed again", async () => {
  const { sender, ask, merchant, payer, whenAsked, lose, settle, causes } = await shop();
  const connect = merchant.connect.bind(merchant);
  merchant.connect = async (address) => {
    await connect(address);
    if (merchant.dialed.length === 2) merchant.disconnect(payer);
  };
  whenAsked(lose, settle);
  expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
  expect(merchant.dialed).toHaveLength(3);
  expect(causes).toEqual(["not-connected"]);
});

it("the time runs out without an answer: unknown, still in doubt, and why", async () => {
  const { sender, ask, asked, saved, payer, whenAsked, lose, causes } = await shop({ answerTimeoutMs: 50 });
  whenAsked(() => {
    payer.isDown = true;
    lose();
  });
  expect(await sender.ask(ask())).toMatchObject({
    outcome: "unknown",
    cause: { code: "unreachable" },
  });
  expect(saved).toEqual([asked]);
  expect(causes).toEqual(["unreachable"]);
});

it("a payer that is reached again and stays silent: unknown, and not called unreachable", async () => {
  const { sender, ask, whenAsked, lose } = await shop({ answerTimeoutMs: 50 });
  whenAsked(lose);
  const answer = await sender.ask(ask());
  expect(answer.outcome).toBe("unknown");
  expect(answer).not.toHaveProperty("cause");
});

it("a payer that drops every connection is dialed few times, further and further apart", async () => {
  const { sender, ask, merchant, payer, lose } = await shop({ answerTimeoutMs: 500 });
  payer.onMessage(lose);
  expect(await sender.ask(ask())).toMatchObject({ outcome: "unknown" });
  // At once, then 100, 200 and 400 ms later: the last one would come too late.
  expect(merchant.dialed.length).toBeGreaterThanOrEqual(2);
  expect(merchant.dialed.length).toBeLessThanOrEqual(4);
});

it("a name that leads elsewhere by now is not dialed, and asked for again until the time is up", async () => {
  let resolved = 0;
  const { sender, ask, payer, merchant, whenAsked, lose } = await shop({
    answerTimeoutMs: 50,
    resolve: async () => [++resolved === 1 ? "127.0.0.1" : "203.0.113.1"],
  });
  whenAsked(lose);
  const uri = { nodeId: payer.nodeId, host: "node.example.com", port: 9735 };
  expect(await sender.ask(ask({ uri }))).toMatchObject({
    outcome: "unknown",
    cause: { code: "not-public" },
  });
  expect(merchant.dialed).toHaveLength(1);
});

it("a loss of another peer changes nothing", async () => {
  const { sender, ask, merchant, stranger, whenAsked, settle } = await shop();
  await merchant.connect({ nodeId: stranger.nodeId, host: "127.0.0.1", port: 9735 });
  whenAsked(() => {
    merchant.disconnect(stranger);
    setImmediate(settle);
  });
  expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
  expect(merchant.messages).toHaveLength(1);
});

it("giving up, a cancellation and a settlement end the dialing too", async () => {
  for (const end of ["abort", "cancel", "settle"] as const) {
    const { sender, ask, payer, merchant, invoice, whenAsked, lose, settle } = await shop();
    const giveUp = new AbortController();
    whenAsked(() => {
      payer.isDown = true;
      lose();
    });
    const sale = ask({
      signal: giveUp.signal,
      onUnreachable: () => {
        if (end === "abort") giveUp.abort();
        if (end === "cancel") void sender.cancel(invoice.paymentHash);
        if (end === "settle") settle();
      },
    });
    const outcome = { abort: "unknown", cancel: "cancelled", settle: "paid" }[end];
    expect(await sender.ask(sale)).toMatchObject({ outcome });
    const dialed = merchant.dialed.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(merchant.dialed).toHaveLength(dialed);
  }
});

it("a card's status is shown again too", async () => {
  const { sender, whenAsked, lose, says, uriOf, merchant, payer } = await shop();
  const status = { status: new Uint8Array(149).fill(9), time: 1n, nonce: new Uint8Array(24) };
  const update = new Uint8Array(149).fill(3);
  const requestHash = sha256(status.status);
  whenAsked(lose, () => {
    says(payer, PEER_MESSAGE.CARD_UPDATE, encodeCardUpdate({ requestHash, update }));
    says(payer, PEER_MESSAGE.CARD_BALANCE, encodeCardBalance({ requestHash, left: undefined }));
  });
  expect(await sender.askCardStatus(uriOf(payer), status)).toMatchObject({ cardUpdate: update });
  expect(payloads(merchant.messages).size).toBe(1);
});
