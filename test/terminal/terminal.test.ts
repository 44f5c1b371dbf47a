import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SW } from "../../apdu/index.js";
import { bytesToHex, sat } from "../../common/index.js";
import { type SaleDisplay, SaleStore, Terminal, tap } from "../../host/index.js";
import { cancelSentence } from "../../host/terminal/index.js";
import { openPaymentSender, PaymentReceiver, REASON } from "../../lightning/api/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { festivalCard, PIN } from "../festival-card.js";
import { type MinimalAuthorizerOptions, minimalAuthorizer } from "../minimal-authorizer.js";

let network: LittleNetwork;
beforeAll(async () => {
  network = await startLittleNetwork();
});
afterAll(() => network.close());

/** A terminal at the merchant's node, an authorizer at the payer's, and a card that names the payer. */
async function shop(options: { authorizer?: Partial<MinimalAuthorizerOptions>; answering?: boolean } = {}) {
  const { nodeId, addresses } = await network.payer.info();
  const card = festivalCard({ nodeUri: `${bytesToHex(nodeId)}@${addresses[0]}` });
  const receiver =
    options.answering === false
      ? undefined
      : new PaymentReceiver(
          network.payer,
          minimalAuthorizer({ node: network.payer, ...card, ...options.authorizer }),
        );
  const sender = await openPaymentSender(network.merchant, { answerTimeoutMs: 300 });
  const store = new SaleStore(":memory:");
  const terminal = new Terminal({
    node: network.merchant,
    sender,
    store,
    reader: card.reader,
    retryPauseMs: 20,
  });
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
    async close() {
      sender.close();
      store.close();
      await receiver?.close();
    },
  };
}

const beer = { amount: sat(2500), description: "beer" };

describe("a sale over two nodes", () => {
  it("is paid by one tap", async () => {
    const { terminal, display, steps, close } = await shop();
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({
      number: 1,
      state: "paid",
      received: sat(2500),
      initiation: { phase: "paid" },
    });
    expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "settled" });
    expect(steps).toEqual(["invoice", "tap", "payment"]);
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

  it("is declined in words, cannot be paid any more, and is final", async () => {
    const { terminal, display, close } = await shop({ authorizer: { refuse: REASON.ABOVE_PERIOD_LIMIT } });
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({
      state: "cancelled",
      cancelReason: "rejected",
      reasonCode: REASON.ABOVE_PERIOD_LIMIT,
    });
    expect(cancelSentence(sale)).toMatch(/^Declined\. .+\.$/);
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
    const late: { receiver?: PaymentReceiver } = {};
    const sale = await silent.terminal.charge(beer, {
      ...silent.display,
      onNotice: (sentence) => {
        silent.notices.push(sentence);
        late.receiver ??= new PaymentReceiver(
          network.payer,
          minimalAuthorizer({ node: network.payer, ...silent.card }),
        );
      },
    });
    expect(silent.notices[0]).toMatch(/^Not confirmed yet: do not charge again/);
    expect(sale.state).toBe("paid");
    await late.receiver?.close();
    await silent.close();
  });

  it("refuses a card that names a node on a private address where that matters, without dialing", async () => {
    const { terminal, display, notices, card, close } = await shop();
    card.reader.remove();
    const liar = festivalCard({ nodeUri: "not a uri".replaceAll(" ", "-") });
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
    expect(sale.state).toBe("cancelled");
    await close();
  });

  it("an unreachable node is said and tried again", async () => {
    const { nodeId } = await network.payer.info();
    const { terminal, display, notices, card, close } = await shop();
    card.reader.remove();
    card.reader.insert(
      festivalCard({ nodeUri: `${bytesToHex(nodeId).replace(/..$/, "")}aa@127.0.0.1:9` }).card,
    );
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
    const { token, selected } = await tap(first.card.reader, {
      amount: beer.amount,
      invoiceHash: invoiceHash(invoice),
    });
    first.store.create({ ...beer, fiat: undefined, invoice, paymentHash, createdAt: 1, expiresAt });
    const open = first.store.authorized(1, token, selected.nodeUri ?? "");
    first.card.reader.remove();
    const receiver = new PaymentReceiver(
      network.payer,
      minimalAuthorizer({ node: network.payer, ...first.card }),
    );
    expect(await first.terminal.finish(open, first.display)).toMatchObject({ state: "paid" });
    expect(await first.terminal.finish(open, first.display)).toMatchObject({ state: "paid" });
    await receiver.close();
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
});
