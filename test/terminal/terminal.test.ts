import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SW } from "../../apdu/index.js";
import { bytesToHex, sat } from "../../common/index.js";
import { type SaleDisplay, Terminal, takeToken } from "../../host/index.js";
import { cancelSentence } from "../../host/terminal/index.js";
import { blockCard, unblockCard } from "../../issuer/ledger/index.js";
import { PaymentSender, REASON } from "../../lightning/api/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { PIN, testCard } from "../../testing/cards/test-card.js";
import { type TestCard, testIssuer } from "../../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";

let network: LittleNetwork;
beforeAll(async () => {
  network = await startLittleNetwork();
});
afterAll(() => network.close());

let cards = 0;

/** A terminal at the merchant's node, an issuer at the payer's, and a new card that names the payer. */
async function shop(options: { policy?: unknown; answering?: boolean } = {}) {
  const card = testCard({
    nodeUri: await uriOf(network.payer),
    cardId: Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0, ++cards),
  });
  const answer = (one: TestCard) => testIssuer(network.payer, [{ card: one, policy: options.policy }]);
  const issuer = options.answering === false ? undefined : await answer(card);
  const merchant = await testMerchant(network.merchant, card.reader, {
    ...{ sender: { answerTimeoutMs: 300 }, retryPauseMs: 20 },
  });
  const { store, terminal } = merchant;
  const notices: string[] = [];
  const steps: string[] = [];
  const display: SaleDisplay = {
    onNotice: (sentence) => notices.push(sentence),
    onStep: (step) => steps.push(step),
  };
  return {
    card,
    store,
    terminal,
    display,
    notices,
    steps,
    answer: () => answer(card),
    issuer,
    async close() {
      merchant.close();
      await issuer?.close();
    },
  };
}

/** The other point with the same x: a node id whose key is unknown. */
const otherPoint = (nodeId: Uint8Array): Uint8Array =>
  Uint8Array.from(nodeId, (byte, i) => (i === 0 ? byte ^ 1 : byte));

const beer = { amount: sat(2500), description: "beer" };

describe("a sale over two nodes", () => {
  it("is paid by one tap", async () => {
    const { terminal, store, display, steps, issuer, card, close } = await shop();
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({ number: 1, state: "paid", received: sat(2500) });
    // The sale is paid with its invoice; the request to the payer may learn of it a moment later.
    await expect.poll(() => store.get(sale.number).initiation).toMatchObject({ phase: "paid" });
    expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "settled" });
    expect(steps).toEqual(["invoice", "tap", "payment"]);
    expect(await issuer?.account(card)).toMatchObject({ spent: sat(2500) });
    expect(await issuer?.violations()).toEqual([]);
    await close();
  });

  it("shows a card's refusal, takes another card, and can be given up", async () => {
    const { terminal, display, notices, card, close } = await shop();
    const giveUp = new AbortController();
    const charge = terminal.charge(
      { ...beer, amount: sat(12_000) },
      {
        ...display,
        onNotice: (sentence) => {
          notices.push(sentence);
          card.reader.remove();
          setTimeout(() => giveUp.abort(), 20);
        },
      },
      giveUp.signal,
    );
    const sale = await charge;
    expect(notices).toEqual([
      "The amount is above what this card may pay at once; ask for a smaller amount or another payment.",
    ]);
    expect(sale).toMatchObject({ state: "cancelled", cancelReason: "merchant" });
    expect(cancelSentence(sale)).toMatch(/nothing was paid and nothing can be/);
    expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "cancelled" });
    expect(await network.payer.pay({ invoice: sale.invoice, maxFee: sat(10) })).toMatchObject({
      state: "failed",
    });
    await close();
  });

  it("asks for the PIN", async () => {
    const { terminal, display, close } = await shop();
    const sale = await terminal.charge(
      { ...beer, amount: sat(6_000) },
      { ...display, askPin: async () => PIN },
    );
    expect(sale.state).toBe("paid");
    await close();
  });

  it("is cancelled at the merchant's node when the card is on hold, so that its token pays nothing later", async () => {
    const { terminal, display, issuer, card, close } = await shop();
    if (!issuer) throw new Error("the issuer is not there");
    await blockCard(issuer.store, card.record.cardId, Date.now());
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({
      state: "cancelled",
      cancelReason: "rejected",
      reasonCode: REASON.CARD_ON_HOLD,
      initiation: { phase: "cancelled" },
    });
    expect(cancelSentence(sale)).toBe(
      "Declined. The issuer does not pay for this card at present; ask for another card or another payment. This sale cannot be paid any more.",
    );
    await unblockCard(issuer.store, card.record.cardId, Date.now());
    expect(await network.payer.pay({ invoice: sale.invoice, maxFee: sat(10) })).toMatchObject({
      state: "failed",
    });
    await close();
  });

  it("is declined in words, cannot be paid any more, and is final", async () => {
    const { terminal, display, steps, issuer, card, close } = await shop({
      policy: { maxPer24h: "1000sat" },
    });
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({
      state: "cancelled",
      cancelReason: "rejected",
      reasonCode: REASON.ABOVE_PERIOD_LIMIT,
    });
    expect(cancelSentence(sale)).toMatch(/^Declined\. .+\.$/);
    // The amount comes back to the card in the same tap.
    expect(steps).toEqual(["invoice", "tap", "payment", "update"]);
    expect(await issuer?.account(card)).toMatchObject({ spent: 0n });
    expect(await network.payer.pay({ invoice: sale.invoice, maxFee: sat(10) })).toMatchObject({
      state: "failed",
    });
    await close();
  });

  it("is paid by a phone that scans the QR code while the terminal waits for a card", async () => {
    const { terminal, display, card, close } = await shop();
    card.reader.remove();
    const sale = await terminal.charge(beer, {
      ...display,
      onOpen: ({ invoice }) => void network.payer.pay({ invoice, maxFee: sat(10) }),
    });
    expect(sale).toMatchObject({ state: "paid", token: undefined });
    await close();
  });

  it("runs out of time", async () => {
    const { terminal, display, card, close } = await shop();
    card.reader.remove();
    const sale = await terminal.charge({ ...beer, expirySeconds: 1 }, display);
    expect(sale).toMatchObject({ state: "cancelled", cancelReason: "expired" });
    await close();
  });

  it("stays unconfirmed while the payer is silent, says so, and is settled by the next answer", async () => {
    const silent = await shop({ answering: false });
    const late: { issuer?: ReturnType<typeof silent.answer> } = {};
    const sale = await silent.terminal.charge(beer, {
      ...silent.display,
      onNotice: (sentence) => {
        silent.notices.push(sentence);
        late.issuer ??= silent.answer();
      },
    });
    expect(silent.notices[0]).toMatch(/^Not confirmed yet: do not charge again/);
    expect(sale.state).toBe("paid");
    await (await late.issuer)?.close();
    await silent.close();
  });

  it("refuses a card that names no node at all", async () => {
    const { terminal, display, notices, card, close } = await shop();
    card.reader.remove();
    const liar = testCard({ nodeUri: "not a uri".replaceAll(" ", "-") });
    const giveUp = new AbortController();
    card.reader.insert(liar.card);
    const sale = await terminal.charge(
      beer,
      {
        ...display,
        onNotice: (sentence) => {
          notices.push(sentence);
          giveUp.abort();
        },
      },
      giveUp.signal,
    );
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/not of this protocol/);
    expect(sale).toMatchObject({ state: "cancelled", token: undefined });
    await close();
  });

  it("an unreachable node is said and tried again", async () => {
    const { nodeId } = await network.payer.info();
    const { terminal, display, notices, card, close } = await shop();
    card.reader.remove();
    card.reader.insert(testCard({ nodeUri: `${bytesToHex(otherPoint(nodeId))}@127.0.0.1:9` }).card);
    const giveUp = new AbortController();
    const sale = await terminal.charge(
      beer,
      {
        ...display,
        onNotice: (sentence) => {
          notices.push(sentence);
          giveUp.abort();
        },
      },
      giveUp.signal,
    );
    expect(notices[0]).toMatch(/cannot be reached/);
    expect(sale.state).toBe("cancelled");
    await close();
  });

  it("goes on with a sale whose terminal died after AUTHORIZE, without another tap", async () => {
    const first = await shop({ answering: false });
    const { invoice, paymentHash, expiresAt } = await network.merchant.createInvoice({
      ...beer,
      expirySeconds: 600,
    });
    const { token, selected } = await takeToken(first.card.reader, {
      amount: beer.amount,
      invoiceHash: invoiceHash(invoice),
    });
    first.store.create({ ...beer, fiat: undefined, invoice, paymentHash, createdAt: 1, expiresAt });
    const open = first.store.authorized(1, token, selected.nodeUri ?? "");
    first.card.reader.remove();
    const issuer = await first.answer();
    expect(await first.terminal.finish(open, first.display)).toMatchObject({ state: "paid" });
    expect(await first.terminal.finish(open, first.display)).toMatchObject({ state: "paid" });
    await issuer.close();
    await first.close();
  });

  it("a card that is refused costs one attempt, not a loop", async () => {
    const { terminal, display, card, close, notices } = await shop();
    let commands = 0;
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(), 150);
    await terminal.charge(
      { ...beer, amount: sat(12_000) },
      {
        ...display,
        trace: ({ direction, text }) => {
          if (direction === "to-card") commands++;
          expect(text).not.toContain(PIN);
        },
      },
      giveUp.signal,
    );
    expect(commands).toBe(2);
    expect(notices).toHaveLength(1);
    expect(card.card.isPowered).toBe(false);
    expect(SW.ABOVE_MAX_PER_TRANSACTION).toBe(0x9c01);
    await close();
  });

  it("refuses a card that names a loopback address on mainnet, in words and without dialing", async () => {
    const { store, display, notices, card, close } = await shop();
    const dialed: unknown[] = [];
    const node = new Proxy<LightningNode>(network.merchant, {
      get: (target, name) => {
        if (name === "connect") return async (address: unknown) => void dialed.push(address);
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const sender = new PaymentSender(node, "bc", store);
    const terminal = new Terminal({ node, sender, store, reader: card.reader, retryPauseMs: 20 });
    const giveUp = new AbortController();
    const onNotice = (sentence: string) => {
      notices.push(sentence);
      giveUp.abort();
    };
    const sale = await terminal.charge(beer, { ...display, onNotice }, giveUp.signal);
    expect(notices[0]).toMatch(/127\.0\.0\.1 is a loopback address; only public ones are dialed/);
    expect([sale.state, dialed]).toEqual(["cancelled", []]);
    // Left behind by a terminal that was killed, it blocks nothing: another card may pay.
    const left = store.create({
      ...beer,
      ...(await network.merchant.createInvoice({ ...beer, expirySeconds: 600 })),
      fiat: undefined,
      createdAt: 1,
    });
    store.authorized(
      left.number,
      new Uint8Array(149),
      `${bytesToHex(otherPoint((await network.payer.info()).nodeId))}@127.0.0.1:9`,
    );
    const again = new AbortController();
    setTimeout(() => again.abort(), 50);
    card.reader.remove();
    expect((await terminal.finish(left, display, again.signal)).state).toBe("cancelled");
    expect(notices).toHaveLength(2);
    sender.close();
    await close();
  });

  it("a sale that was asked for and has expired since is finished, not stuck", async () => {
    const { store, terminal, display, card, notices, close } = await shop();
    const created = await network.merchant.createInvoice({ ...beer, expirySeconds: 1 });
    const { token, selected } = await takeToken(card.reader, {
      amount: beer.amount,
      invoiceHash: invoiceHash(created.invoice),
    });
    const { number } = store.create({ ...beer, ...created, fiat: undefined, createdAt: 1 });
    const asked = store.authorized(number, token, selected.nodeUri ?? "");
    await expect.poll(() => Date.now() / 1000 > created.expiresAt).toBe(true);
    expect(await terminal.finish(asked, display)).toMatchObject({
      state: "cancelled",
      cancelReason: "expired",
    });
    expect(notices).toEqual([]);
    await close();
  });

  it("given up while the payment is asked for and the card lies there: it cannot be paid any more", async () => {
    const { terminal, display, notices, close } = await shop({ answering: false });
    const giveUp = new AbortController();
    const sale = await terminal.charge(
      beer,
      { ...display, onStep: (step) => void (step === "tap" && setTimeout(() => giveUp.abort(), 20)) },
      giveUp.signal,
    );
    expect(sale).toMatchObject({
      state: "cancelled",
      cancelReason: "merchant",
      token: expect.any(Uint8Array),
    });
    expect(notices).toEqual([]);
    expect(await network.payer.pay({ invoice: sale.invoice, maxFee: sat(10) })).toMatchObject({
      state: "failed",
    });
    await close();
  });

  it("is given up just as the money arrives: paid, not an error", async () => {
    const { store, terminal, card, display, close } = await shop();
    card.reader.remove();
    const created = await network.merchant.createInvoice({ ...beer, expirySeconds: 600 });
    const { number } = store.create({ ...beer, ...created, fiat: undefined, createdAt: 1 });
    const paying = network.payer.pay({ invoice: created.invoice, maxFee: sat(10) });
    // From turn to turn the payment is a little further when the merchant gives up.
    const done = await terminal.finish(store.get(number), display, AbortSignal.timeout(1));
    const own = await network.merchant.lookupInvoice(created.paymentHash);
    expect([done.state, own.state]).toEqual(
      done.state === "paid" ? ["paid", "settled"] : ["cancelled", "cancelled"],
    );
    expect((await paying).state).toBe(done.state === "paid" ? "settled" : "failed");
    await close();
  });
});
