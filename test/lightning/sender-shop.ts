import { sha256 } from "@noble/hashes/sha2.js";
import { onTestFinished } from "vitest";
import { bytesToHex, sat, utf8 } from "../../common/index.js";
import {
  encodeRejectPayment,
  type Initiation,
  openPaymentSender,
  type PaymentAsk,
  type SenderOptions,
} from "../../lightning/api/index.js";
import type { NodeUri } from "../../lightning/node-uri.js";
import { InitiationsInMemory } from "../../testing/initiations-in-memory.js";
import { FakeNetwork, type FakeNode } from "../../testing/nodes/fake-node.js";

export const TOKEN = new Uint8Array(149).fill(1);

/** A merchant with a sale who asks a payer, and a stranger who is neither; until the test ends. */
export async function openShop(options: SenderOptions) {
  const network = new FakeNetwork();
  const merchant = network.node("merchant");
  const payer = network.node("payer");
  const stranger = network.node("stranger");
  const saved: Initiation[] = [];
  const log = new InitiationsInMemory((state) => saved.push(state));
  const sender = await openPaymentSender(merchant, log, options);
  onTestFinished(() => sender.close());
  const invoice = await merchant.createInvoice({
    amount: sat(1000),
    description: "beer",
    expirySeconds: 600,
  });
  const uriOf = (node: FakeNode): NodeUri => ({ nodeId: node.nodeId, host: "127.0.0.1", port: 9735 });
  const ask = (changes: Partial<PaymentAsk> = {}): PaymentAsk => ({
    invoice: invoice.invoice,
    paymentHash: invoice.paymentHash,
    uri: uriOf(payer),
    token: TOKEN,
    ...changes,
  });
  const says = (node: FakeNode, type: number, payload: Uint8Array): void =>
    merchant.receive({ peer: node.nodeId, type, payload });
  const reject = (changes: { token?: Uint8Array; invoice?: string; reason?: number } = {}): Uint8Array =>
    encodeRejectPayment({
      tokenHash: sha256(changes.token ?? TOKEN),
      invoice: utf8(changes.invoice ?? invoice.invoice),
      reason: changes.reason,
    });
  /** The sale's state while the payer has the token. */
  const asked = { phase: "asked", payer: bytesToHex(payer.nodeId), tokenHashes: [bytesToHex(sha256(TOKEN))] };
  /** How far the sale was asked for, as the merchant keeps it. */
  const state = (): Initiation => log.loadInitiation(invoice.paymentHash);
  return { merchant, payer, stranger, sender, invoice, log, saved, state, ask, asked, says, reject, uriOf };
}
