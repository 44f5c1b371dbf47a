import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { bytesToHex, type Msat, msat, sat } from "../../common/index.js";
import {
  encodeCardBalance,
  encodeCardUpdate,
  type Initiation,
  NOT_ASKED,
  PaymentReceiver,
  PEER_MESSAGE,
  REASON,
  type SenderOptions,
} from "../../lightning/api/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { CreatedInvoice } from "../../lightning/nodes/port.js";
import type { FakeNode } from "../../testing/nodes/fake-node.js";
import { openShop, TOKEN } from "./sender-shop.js";

/** Longer than any test may take: where the time running out decides, the test says how much there is. */
const FOR_EVER_MS = 3_600_000;
/** Where nobody answers. */
const SOON_MS = 30;
/** Where somebody answers, and nobody the next time. */
const A_WHILE_MS = 500;
const OTHER_TOKEN = new Uint8Array(149).fill(2);
const UPDATE = new Uint8Array(149).fill(3);
const SILENCE = { hasAnswered: false, cardUpdate: undefined, left: undefined };

async function shop(options: SenderOptions = {}) {
  /** What the payer says to each `initiate_payment`. */
  const onAsk = (node: FakeNode, answer: () => void): void => {
    node.onMessage(({ type }) => {
      if (type === PEER_MESSAGE.INITIATE_PAYMENT) answer();
    });
  };
  return { ...(await openShop({ answerTimeoutMs: FOR_EVER_MS, ...options })), onAsk };
}

/** A payer that pays whatever it is asked for. */
const paying = (node: FakeNode) =>
  new PaymentReceiver(node, {
    initiatePayment: async ({ invoice }) => {
      await node.pay({ invoice: Buffer.from(invoice).toString(), maxFee: sat(0) });
    },
    cardStatus: async () => {},
  });

const hashOf = ({ paymentHash }: CreatedInvoice): string => bytesToHex(paymentHash);

describe("asking a payer to pay", () => {
  it("is paid when the merchant's own invoice settles; the state was durable before anything was sent", async () => {
    const { merchant, payer, sender, ask, saved, asked, state } = await shop();
    paying(payer);
    let savedWhenSent: readonly Initiation[] = [];
    merchant.onSend = () => {
      savedWhenSent = [...saved];
      return "deliver";
    };
    expect(await sender.ask(ask())).toMatchObject({ outcome: "paid", settled: { received: sat(1000) } });
    expect(savedWhenSent).toEqual([asked]);
    expect(saved).toEqual([asked, { phase: "paid" }]);
    expect(state()).toEqual({ phase: "paid" });
  });

  it("silence is unknown, never paid", async () => {
    const { sender, ask, asked, saved } = await shop({ answerTimeoutMs: SOON_MS });
    expect(await sender.ask(ask())).toEqual({ outcome: "unknown", cardUpdate: undefined });
    expect(saved).toEqual([asked]);
  });

  it("a reject carries its reason, and frees the invoice for another payer", async () => {
    const { sender, ask, payer, stranger, onAsk, says, reject, uriOf, state } = await shop();
    onAsk(payer, () => says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject({ reason: REASON.NOT_FUNDED })));
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected", reason: REASON.NOT_FUNDED });
    expect(state()).toEqual({ phase: "idle" });
    paying(stranger);
    expect(await sender.ask(ask({ uri: uriOf(stranger), token: OTHER_TOKEN }))).toMatchObject({
      outcome: "paid",
    });
  });

  it("a reject without a reason is a reject", async () => {
    const { sender, ask, payer, onAsk, says, reject } = await shop();
    onAsk(payer, () => says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject()));
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected", reason: undefined });
  });

  it("a temporary reject frees nothing: another payer is refused, the same may be asked again", async () => {
    const { sender, ask, payer, stranger, onAsk, says, reject, uriOf, asked, state } = await shop();
    onAsk(payer, () => says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject({ reason: REASON.BUSY })));
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected", reason: REASON.BUSY });
    expect(state()).toEqual(asked);
    await expect(sender.ask(ask({ uri: uriOf(stranger) }))).rejects.toMatchObject({ code: "in-doubt" });
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected" });
  });

  it.each([
    ["another peer", (s: Shop) => s.says(s.stranger, PEER_MESSAGE.REJECT_PAYMENT, s.reject())],
    [
      "the payer, for another token",
      (s: Shop) => s.says(s.payer, PEER_MESSAGE.REJECT_PAYMENT, s.reject({ token: OTHER_TOKEN })),
    ],
    [
      "the payer, for another invoice",
      (s: Shop) => s.says(s.payer, PEER_MESSAGE.REJECT_PAYMENT, s.reject({ invoice: "lnbcrt1" })),
    ],
    [
      "the payer, cut off",
      (s: Shop) => s.says(s.payer, PEER_MESSAGE.REJECT_PAYMENT, s.reject().slice(0, 40)),
    ],
    ["the payer, 64 KiB", (s: Shop) => s.says(s.payer, PEER_MESSAGE.REJECT_PAYMENT, new Uint8Array(65_536))],
    ["the payer, of another type", (s: Shop) => s.says(s.payer, PEER_MESSAGE.INITIATE_PAYMENT, s.reject())],
    ["the payer, of an unknown type", (s: Shop) => s.says(s.payer, 45009, s.reject())],
  ])("a reject from %s is not believed", async (_, send) => {
    const found = await shop({ answerTimeoutMs: SOON_MS });
    found.onAsk(found.payer, () => send(found));
    expect(await found.sender.ask(found.ask())).toMatchObject({ outcome: "unknown" });
    expect(found.state()).toEqual(found.asked);
  });

  it("a reject that the own settled invoice contradicts does not count", async () => {
    const { sender, ask, merchant, payer, onAsk, says, reject, invoice, state } = await shop();
    onAsk(payer, () => {
      merchant.settle(hashOf(invoice), sat(1000), true);
      says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject({ reason: REASON.NOT_FUNDED }));
    });
    expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
    expect(state()).toEqual({ phase: "paid" });
  });

  it("a settlement that was not reported is found when the time is up", async () => {
    const { sender, ask, merchant, payer, onAsk, invoice } = await shop({ answerTimeoutMs: SOON_MS });
    onAsk(payer, () => merchant.settle(hashOf(invoice), sat(1000), true));
    expect(await sender.ask(ask())).toMatchObject({ outcome: "paid", settled: { received: sat(1000) } });
  });

  it("what was paid before is not asked for again", async () => {
    const { sender, ask, merchant, invoice } = await shop();
    merchant.settle(hashOf(invoice), sat(1000), true);
    expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
    expect(merchant.messages).toEqual([]);
    expect(merchant.dialed).toEqual([]);
  });

  it("two tokens at one payer pay once", async () => {
    const { sender, ask, payer, merchant, invoice } = await shop({ answerTimeoutMs: A_WHILE_MS });
    const release = { pay: () => {} };
    payer.onPay = () =>
      new Promise((resolve) => {
        release.pay = () => resolve("settle");
      });
    paying(payer);
    expect(await sender.ask(ask())).toMatchObject({ outcome: "unknown" });
    merchant.onSend = () => {
      setImmediate(release.pay);
      return "deliver";
    };
    expect(await sender.ask(ask({ token: OTHER_TOKEN }))).toMatchObject({ outcome: "paid" });
    expect(payer.sent.get(hashOf(invoice))).toBe(1);
    expect(merchant.messages).toHaveLength(2);
  });

  it("another payer is not asked while the first may pay; after a cancel and a new invoice it is", async () => {
    const { sender, ask, stranger, merchant, uriOf, invoice, state } = await shop({
      answerTimeoutMs: A_WHILE_MS,
    });
    await sender.ask(ask());
    const dialed = merchant.dialed.length;
    await expect(sender.ask(ask({ uri: uriOf(stranger) }))).rejects.toMatchObject({ code: "in-doubt" });
    expect(merchant.dialed).toHaveLength(dialed);
    expect(await sender.cancel(invoice.paymentHash)).toMatchObject({ outcome: "cancelled" });
    expect(state()).toEqual({ phase: "cancelled" });
    paying(stranger);
    const next = await merchant.createInvoice({ amount: sat(1), description: "again", expirySeconds: 600 });
    expect(await sender.ask(ask({ uri: uriOf(stranger), ...next }))).toMatchObject({ outcome: "paid" });
  });

  it("one invoice is asked for once at a time", async () => {
    const { sender, ask } = await shop({ answerTimeoutMs: A_WHILE_MS });
    const first = sender.ask(ask());
    await expect(sender.ask(ask())).rejects.toMatchObject({ code: "busy" });
    expect(await first).toMatchObject({ outcome: "unknown" });
  });

  it("an aborted signal and a close end the waiting as unknown", async () => {
    const { sender, ask, asked, state } = await shop();
    const giveUp = new AbortController();
    const first = sender.ask(ask({ signal: giveUp.signal }));
    setImmediate(() => giveUp.abort());
    expect(await first).toMatchObject({ outcome: "unknown" });
    expect(state()).toEqual(asked);
    const second = sender.ask(ask());
    setImmediate(() => sender.close());
    expect(await second).toMatchObject({ outcome: "unknown" });
    await expect(sender.ask(ask())).rejects.toMatchObject({ code: "closed" });
  });

  it("given up while the payer is being dialed: nothing is sent, also when the connection stands later", async () => {
    const { sender, ask, merchant, saved } = await shop();
    const giveUp = new AbortController();
    const connect = merchant.connect.bind(merchant);
    let connected: Promise<void> | undefined;
    merchant.connect = (address) => {
      giveUp.abort();
      connected = new Promise<void>((resolve) => setImmediate(resolve)).then(() => connect(address));
      return connected;
    };
    expect(await sender.ask(ask({ signal: giveUp.signal }))).toMatchObject({ outcome: "unknown" });
    await connected;
    await new Promise((resolve) => setImmediate(resolve));
    expect(merchant.messages).toEqual([]);
    expect(saved).toEqual([]);
    expect(await sender.ask(ask({ signal: giveUp.signal }))).toMatchObject({ outcome: "unknown" });
    expect(merchant.messages).toEqual([]);
  });

  it("an expired or unknown invoice, a token out of size: nothing is sent", async () => {
    const { sender, ask, merchant, invoice } = await shop();
    await expect(sender.ask(ask({ paymentHash: new Uint8Array(32) }))).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(sender.ask(ask({ token: new Uint8Array(1025) }))).rejects.toMatchObject({ code: "value" });
    await expect(sender.ask(ask({ token: new Uint8Array(0) }))).rejects.toMatchObject({ code: "value" });
    merchant.expire(invoice.paymentHash);
    await expect(sender.ask(ask())).rejects.toMatchObject({ code: "expired" });
    expect(merchant.messages).toEqual([]);
  });
});

type Shop = Awaited<ReturnType<typeof shop>>;

describe("when the payer cannot be asked", () => {
  it("unreachable: not sent, and nothing is written down", async () => {
    const { sender, ask, payer, saved } = await shop();
    payer.isDown = true;
    expect(await sender.ask(ask())).toMatchObject({
      outcome: "not-sent",
      cause: { code: "unreachable" },
    });
    expect(saved).toEqual([]);
  });

  it("an address that must not be dialed: not sent, not dialed", async () => {
    const { sender, ask, payer, merchant } = await shop();
    const uri = { nodeId: payer.nodeId, host: "203.0.113.1", port: 9735 };
    expect(await sender.ask(ask({ uri }))).toMatchObject({
      outcome: "not-sent",
      cause: { code: "not-public" },
    });
    expect(merchant.dialed).toEqual([]);
  });

  it("a name with two addresses: the second is tried, each as it was checked", async () => {
    const { sender, ask, payer, merchant } = await shop({ resolve: async () => ["127.0.0.1", "10.0.0.1"] });
    payer.isDown = true;
    await sender.ask(ask({ uri: { nodeId: payer.nodeId, host: "node.example.com", port: 9735 } }));
    expect(merchant.dialed.map(({ host }) => host)).toEqual(["127.0.0.1", "10.0.0.1"]);
  });

  it("the connection is lost before sending: not sent, and the state goes back", async () => {
    const { sender, ask, payer, merchant, saved, asked, log } = await shop();
    const save = log.saveInitiation.bind(log);
    log.saveInitiation = (paymentHash, state) => {
      save(paymentHash, state);
      merchant.disconnect(payer);
    };
    expect(await sender.ask(ask())).toMatchObject({ outcome: "not-sent", cause: { code: "not-connected" } });
    expect(saved).toEqual([asked, NOT_ASKED]);
  });

  it("the same after an earlier ask with that token: it stays in doubt", async () => {
    const { sender, ask, payer, saved, asked } = await shop({ answerTimeoutMs: A_WHILE_MS });
    await sender.ask(ask());
    payer.isDown = true;
    expect(await sender.ask(ask())).toMatchObject({ outcome: "not-sent" });
    expect(saved).toEqual([asked]);
  });

  it("a send that fails otherwise may have left: unknown", async () => {
    const { sender, ask, merchant, asked, state } = await shop({ answerTimeoutMs: A_WHILE_MS });
    merchant.onSend = () => {
      throw new NodeError("internal", "broken pipe");
    };
    expect(await sender.ask(ask())).toMatchObject({ outcome: "unknown" });
    expect(state()).toEqual(asked);
  });

  it("a state that cannot be stored: nothing is sent", async () => {
    const { sender, ask, merchant, log } = await shop();
    log.saveInitiation = () => {
      throw new Error("disk full");
    };
    await expect(sender.ask(ask())).rejects.toThrow("disk full");
    expect(merchant.messages).toEqual([]);
  });
});

describe("cancelling", () => {
  it("while the payer is asked: the ask ends cancelled, and the payer can pay no more", async () => {
    const { sender, ask, merchant, payer, state, invoice } = await shop();
    const sent = new Promise<void>((resolve) => {
      merchant.onSend = () => {
        resolve();
        return "deliver";
      };
    });
    const answer = sender.ask(ask());
    await sent;
    expect(await sender.cancel(invoice.paymentHash)).toMatchObject({ outcome: "cancelled" });
    expect(await answer).toMatchObject({ outcome: "cancelled" });
    expect(state()).toEqual({ phase: "cancelled" });
    expect(await payer.pay({ invoice: invoice.invoice, maxFee: sat(0) })).toMatchObject({ state: "failed" });
    await expect(sender.ask(ask())).resolves.toMatchObject({ outcome: "cancelled" });
  });

  it("after the money came: paid", async () => {
    const { sender, merchant, invoice, saved } = await shop();
    merchant.settle(hashOf(invoice), sat(1000), true);
    expect(await sender.cancel(invoice.paymentHash)).toMatchObject({
      outcome: "paid",
      settled: { received: sat(1000) },
    });
    expect(saved).toEqual([{ phase: "paid" }]);
  });

  it("twice is as good as once; an unknown invoice is an error", async () => {
    const { sender, invoice, saved } = await shop();
    await sender.cancel(invoice.paymentHash);
    expect(await sender.cancel(invoice.paymentHash)).toMatchObject({ outcome: "cancelled" });
    expect(saved).toEqual([{ phase: "cancelled" }]);
    await expect(sender.cancel(new Uint8Array(32))).rejects.toMatchObject({ code: "not-found" });
  });

  it("between the end of the waiting and its answer: cancelled all the same", async () => {
    const { sender, ask, state, invoice, merchant } = await shop({ answerTimeoutMs: 1 });
    const lookup = merchant.lookupInvoice.bind(merchant);
    const gate = { open: () => {} };
    let calls = 0;
    const waitingIsOver = new Promise<void>((resolve) => {
      merchant.lookupInvoice = async (hash) => {
        if (++calls !== 2) return lookup(hash);
        // The look-up after the timeout: its answer is on the way when the cancel comes.
        const found = await lookup(hash);
        resolve();
        await new Promise<void>((go) => {
          gate.open = go;
        });
        return found;
      };
    });
    const answer = sender.ask(ask());
    await waitingIsOver;
    const cancelled = sender.cancel(invoice.paymentHash);
    setImmediate(() => gate.open());
    expect(await cancelled).toMatchObject({ outcome: "cancelled" });
    expect(await answer).toMatchObject({ outcome: "unknown" });
    expect(state()).toEqual({ phase: "cancelled" });
  });
});

describe("floods", () => {
  it("from peers that were not asked change nothing", async () => {
    const { sender, ask, payer, stranger, onAsk, says, reject } = await shop();
    onAsk(payer, () => {
      for (let i = 0; i < 5_000; i++) says(stranger, PEER_MESSAGE.REJECT_PAYMENT, reject());
      says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject({ reason: REASON.PIN_REQUIRED }));
    });
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected", reason: REASON.PIN_REQUIRED });
  });

  it("from the payer itself are read a bounded number of times; the own invoice still decides", async () => {
    const { sender, ask, merchant, payer, onAsk, says, reject, invoice } = await shop();
    let read = 0;
    const junk = reject({ token: OTHER_TOKEN });
    const counted = new Proxy(junk, {
      get(target, key) {
        if (key === "subarray") read++;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    onAsk(payer, () => {
      for (let i = 0; i < 5_000; i++) says(payer, PEER_MESSAGE.REJECT_PAYMENT, counted);
      merchant.settle(hashOf(invoice), sat(1000));
    });
    expect(await sender.ask(ask())).toMatchObject({ outcome: "paid" });
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThanOrEqual(64);
  });
});

describe("card updates", () => {
  const update = (request: Uint8Array) => encodeCardUpdate({ requestHash: sha256(request), update: UPDATE });
  const balance = (request: Uint8Array, left: Msat | undefined) =>
    encodeCardBalance({ requestHash: sha256(request), left });

  it("one that comes before the answer is in the answer", async () => {
    const { sender, ask, payer, onAsk, says, reject } = await shop();
    onAsk(payer, () => {
      says(payer, PEER_MESSAGE.CARD_UPDATE, update(TOKEN));
      says(payer, PEER_MESSAGE.REJECT_PAYMENT, reject());
    });
    expect(await sender.ask(ask())).toMatchObject({ outcome: "rejected", cardUpdate: UPDATE });
  });

  it("one that comes later is handed on; one for another request, or from another peer, is not", async () => {
    const late: string[] = [];
    const { sender, ask, payer, stranger, says } = await shop({
      answerTimeoutMs: A_WHILE_MS,
      onLateCardUpdate: ({ requestHash }) => late.push(bytesToHex(requestHash)),
    });
    await sender.ask(ask());
    says(stranger, PEER_MESSAGE.CARD_UPDATE, update(TOKEN));
    says(payer, PEER_MESSAGE.CARD_UPDATE, update(OTHER_TOKEN));
    expect(late).toEqual([]);
    says(payer, PEER_MESSAGE.CARD_UPDATE, update(TOKEN));
    expect(late).toEqual([bytesToHex(sha256(TOKEN))]);
  });

  it("a status that waits is ended by close", async () => {
    const { sender, payer, uriOf } = await shop();
    const status = { status: new Uint8Array(149), time: 1n, nonce: new Uint8Array(24) };
    const waiting = sender.askCardStatus(uriOf(payer), status);
    setImmediate(() => sender.close());
    expect(await waiting).toEqual(SILENCE);
    await expect(sender.askCardStatus(uriOf(payer), status)).rejects.toMatchObject({ code: "closed" });
  });

  it("a status brings the update that is pending and what is left, or nothing", async () => {
    const { sender, payer, says, uriOf } = await shop({ answerTimeoutMs: A_WHILE_MS });
    const status = { status: new Uint8Array(149).fill(9), time: 1n, nonce: new Uint8Array(24) };
    let left: Msat | undefined;
    expect(await sender.askCardStatus(uriOf(payer), status)).toEqual(SILENCE);
    payer.onMessage(({ type }) => {
      if (type !== PEER_MESSAGE.CARD_STATUS) return;
      says(payer, PEER_MESSAGE.CARD_UPDATE, update(TOKEN));
      says(payer, PEER_MESSAGE.CARD_UPDATE, update(status.status));
      says(payer, PEER_MESSAGE.CARD_BALANCE, balance(TOKEN, sat(1)));
      says(payer, PEER_MESSAGE.CARD_BALANCE, balance(status.status, left));
    });
    for (left of [undefined, msat(0n), sat(12_000)])
      expect(await sender.askCardStatus(uriOf(payer), status)).toEqual({
        ...{ hasAnswered: true, cardUpdate: UPDATE, left },
      });
    payer.isDown = true;
    await expect(sender.askCardStatus(uriOf(payer), status)).rejects.toMatchObject({
      code: "unreachable",
    });
  });

  it("a status is answered by an update also where nothing follows it", async () => {
    const { sender, payer, says, uriOf } = await shop({ answerTimeoutMs: A_WHILE_MS });
    const status = { status: new Uint8Array(149).fill(9), time: 1n, nonce: new Uint8Array(24) };
    payer.onMessage(({ type }) => {
      if (type === PEER_MESSAGE.CARD_STATUS) says(payer, PEER_MESSAGE.CARD_UPDATE, update(status.status));
    });
    expect(await sender.askCardStatus(uriOf(payer), status)).toEqual({
      ...{ hasAnswered: true, cardUpdate: UPDATE, left: undefined },
    });
  });
});
