import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { type SaleDisplay, SaleStore, Terminal, takeToken } from "../../host/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { type PhoneWalletPorts, SimulatedReader, simulatedPhone } from "../../simulator/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { FakeNetwork } from "../../testing/nodes/fake-node.js";

let network: LittleNetwork;
beforeAll(async () => {
  network = await startLittleNetwork();
});
afterAll(() => network.close());

const beer = { amount: sat(2500), description: "beer" };

/** Pays with the payer's node, as the wallet of a phone does. */
async function pay(invoice: string): Promise<Uint8Array> {
  const paid = await network.payer.pay({ invoice, maxFee: sat(10) });
  if (paid.state !== "settled") throw new Error(paid.state);
  return paid.preimage;
}

/** A terminal at the merchant's node, and a phone that can be held to its reader. */
async function counter(ports: Partial<PhoneWalletPorts> = {}, node: LightningNode = network.merchant) {
  const store = new SaleStore(":memory:");
  const sender = await openPaymentSender(node, store);
  const reader = new SimulatedReader();
  const phone = simulatedPhone({ pay, ...ports });
  const terminal = new Terminal({ node, sender, store, reader, retryPauseMs: 20 });
  const notices: string[] = [];
  const giveUp = new AbortController();
  const display: SaleDisplay = {
    onOpen: () => reader.insert(phone),
    onNotice: (sentence) => notices.push(sentence),
  };
  const close = () => {
    sender.close();
    store.close();
  };
  return { store, reader, phone, terminal, notices, display, giveUp, close };
}

describe("a phone held to the till's reader", () => {
  it("gets the invoice and pays it; the sale is paid by the settled invoice", async () => {
    const { terminal, display, close } = await counter();
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({ state: "paid", received: sat(2500), token: undefined });
    expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject({ state: "settled" });
    close();
  });

  it("hands over a token, with which its issuer is asked", async () => {
    const { nodeId, addresses } = await network.payer.info();
    const uri = `${bytesToHex(nodeId)}@${addresses[0]}`;
    const card = testCard({ nodeUri: uri });
    const issuer = await testIssuer(network.payer, [{ card }]);
    const { terminal, display, close } = await counter({
      authorize: async (invoice) => {
        const request = { amount: beer.amount, invoiceHash: invoiceHash(invoice) };
        return { uri, token: (await takeToken(card.reader, request)).token };
      },
    });
    const sale = await terminal.charge(beer, display);
    expect(sale).toMatchObject({ state: "paid", nodeUri: uri, initiation: { phase: "paid" } });
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
    close();
    await issuer.close();
  });

  it("is not believed: the right preimage is no payment while the money has not arrived", async () => {
    const merchant = new FakeNetwork().node("merchant", Date.now);
    const { terminal, display, notices, giveUp, close } = await counter(
      {
        pay: async (invoice) => {
          const known = [...merchant.invoices.values()].find(({ created }) => created.invoice === invoice);
          return known?.preimage ?? new Uint8Array(0);
        },
      },
      merchant,
    );
    const onNotice = (sentence: string) => {
      notices.push(sentence);
      giveUp.abort();
    };
    const sale = await terminal.charge(beer, { ...display, onNotice }, giveUp.signal);
    expect(notices).toEqual([SENTENCES.sale.phonePaid]);
    expect(sale).toMatchObject({ state: "cancelled", received: undefined });
    close();
  });

  it("that shows the preimage of another invoice is refused", async () => {
    const { terminal, display, notices, giveUp, close } = await counter({
      pay: async () => new Uint8Array(32).fill(7),
    });
    const onNotice = (sentence: string) => {
      notices.push(sentence);
      giveUp.abort();
    };
    const sale = await terminal.charge(beer, { ...display, onNotice }, giveUp.signal);
    expect(sale).toMatchObject({ state: "cancelled", cancelReason: "merchant" });
    expect(notices).toEqual([expect.stringMatching(/not for this sale \(no-match\)/)]);
    close();
  });

  it("whose owner refuses ends the exchange, and a card pays the same sale", async () => {
    const { nodeId, addresses } = await network.payer.info();
    const card = testCard({
      nodeUri: `${bytesToHex(nodeId)}@${addresses[0]}`,
      cardId: Uint8Array.from(Buffer.from("second 1")),
    });
    card.reader.remove();
    const issuer = await testIssuer(network.payer, [{ card }]);
    const { terminal, display, notices, reader, close } = await counter({ confirm: async () => false });
    const onNotice = (sentence: string) => {
      notices.push(sentence);
      reader.remove();
      setTimeout(() => reader.insert(card.card), 20);
    };
    expect((await terminal.charge(beer, { ...display, onNotice })).state).toBe("paid");
    expect(notices).toEqual(["The customer refused or the payment failed; ask for another payment."]);
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
    close();
    await issuer.close();
  });

  it("that is still paying when the merchant gives up cannot pay any more", async () => {
    let begun = () => {};
    const paying = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { terminal, display, giveUp, close } = await counter({
      pay: () => {
        begun();
        return new Promise<never>(() => {});
      },
    });
    void paying.then(() => giveUp.abort());
    const sale = await terminal.charge(beer, display, giveUp.signal);
    expect(sale.state).toBe("cancelled");
    await expect(pay(sale.invoice)).rejects.toThrow("failed");
    close();
  });
});
