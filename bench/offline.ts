import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesToHex, type Msat, msat, secp256k1 } from "../common/index.js";
import { takeToken } from "../host/index.js";
import { acceptedLog } from "../host/terminal/accepted-log.js";
import { Forwarder } from "../host/terminal/forwarder.js";
import { SaleStore } from "../host/terminal/sale-store.js";
import { openPaymentSender } from "../lightning/api/index.js";
import { invoiceHash } from "../lightning/bolt11/index.js";
import { verifyOffline } from "../offline/verify.js";
import { NOW, testCard, testCardInvoice, UNLIMITED } from "../testing/cards/test-card.js";
import { testIssuer } from "../testing/issuer/desk.js";
import { MEMORY } from "../testing/memory.js";
import { FakeNetwork } from "../testing/nodes/fake-node.js";
import { NO_FLOOR, packOf, sealedCertificate } from "../testing/offline/certified-card.js";
import { alternating, type Benchmark, type Figure } from "./measure.js";

const CARDS = 64;
const FORWARDED = 2_000;
const HELD = 100_000;
const CALLS = 10_000;
const PROGRAM = fileURLToPath(new URL("offline-process.js", import.meta.url));
const AMOUNT = msat(1_000_000n);

/** What a terminal does that accepts without a connection. */
export const offlineBenchmark: Benchmark = {
  name: "Sales with both sides offline",
  run: async () => [...(await verifying()), await forwarding(), await holding()],
};

async function verifying(): Promise<Figure[]> {
  const card = testCard({ limits: UNLIMITED });
  const { invoice, hash } = testCardInvoice(AMOUNT);
  const { token } = await takeToken(card.reader, { amount: AMOUNT, invoiceHash: hash });
  const held = { sales: 0, total: msat(0n), card: msat(0n) };
  const input = {
    ...{ token, invoice, amount: AMOUNT, limits: NO_FLOOR, now: NOW },
    certificate: sealedCertificate(card, { validUntil: NOW + 1 }),
    pack: packOf(card, NOW),
    held: () => held,
  };
  const key = secp256k1.publicKey(card.issuerSecret);
  const signature = secp256k1.sign(hash, card.issuerSecret);
  const bare = () => secp256k1.verify(signature, hash, key) && secp256k1.verify(signature, hash, key);
  const [whole, two] = alternating(CALLS, () => verifyOffline(input), bare);
  return [
    {
      name: "a token verified offline",
      value: 1000 / whole,
      unit: "per s",
      note: `signatures by ${secp256k1.name}`,
    },
    {
      name: "over its two signature verifications",
      value: whole / two,
      unit: "x",
      goal: { atMost: 1.2 },
      note: `medians, one call after the other: ${(1000 * whole).toFixed(0)} us, and ${(1000 * two).toFixed(0)} us with keys of 33 bytes`,
    },
  ];
}

/** One accepted sale, as a terminal keeps it. */
function accept(
  store: SaleStore,
  sale: { invoice: string; paymentHash: Uint8Array; token: Uint8Array; nodeUri: string; cardId: Uint8Array },
  { counter, total }: { counter: number; total: Msat },
): void {
  const { invoice, paymentHash, token, nodeUri, cardId } = sale;
  const times = { createdAt: NOW, expiresAt: NOW + 600 };
  const { number } = store.create({
    amount: AMOUNT,
    description: "beer",
    fiat: undefined,
    invoice,
    paymentHash,
    ...times,
  });
  store.accepted.accept(
    number,
    { cardId, keySetId: new Uint8Array(4), counter, amount: AMOUNT, total, pinVerified: false },
    { token, nodeUri, issuer: new Uint8Array(33), acceptedAt: Math.floor(Date.now() / 1000) },
  );
}

async function forwarding(): Promise<Figure> {
  const folder = mkdtempSync(join(MEMORY, "chequecard-forward-"));
  const network = new FakeNetwork();
  const [payer, merchant] = [network.node("payer", Date.now), network.node("merchant", Date.now)];
  const cards = Array.from({ length: CARDS }, (_, i) =>
    testCard({ limits: UNLIMITED, cardId: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, i) }),
  );
  const issuer = await testIssuer(
    payer,
    cards.map((card) => ({ card, limits: UNLIMITED })),
    {
      // How often one peer may ask, and how often a terminal asks, are as they are shipped.
      cardRate: { perSecond: 1e6, burst: 1e6 },
      maxExpirySeconds: 604_800,
    },
  );
  const store = new SaleStore(join(folder, "sales.db"));
  const nodeUri = `${bytesToHex(payer.nodeId)}@127.0.0.1:9735`;
  for (let i = 0; i < FORWARDED; i++) {
    const card = cards[i % CARDS];
    if (!card) continue;
    const made = await merchant.createInvoice({ amount: AMOUNT, description: "beer", expirySeconds: 86_400 });
    const { token } = await takeToken(card.reader, {
      amount: AMOUNT,
      invoiceHash: invoiceHash(made.invoice),
    });
    const counter = Math.floor(i / CARDS) + 1;
    const total = msat(AMOUNT * BigInt(counter));
    accept(store, { ...made, token, nodeUri, cardId: card.record.cardId }, { counter, total });
  }
  const sender = await openPaymentSender(merchant, store);
  const forwarder = new Forwarder({ sender, log: acceptedLog(store) });
  const started = performance.now();
  while ((await forwarder.round()).length > 0);
  const seconds = (performance.now() - started) / 1000;
  const { sales: left } = store.accepted.open();
  sender.close();
  store.close();
  await issuer.close();
  rmSync(folder, { recursive: true });
  return {
    name: "forwarded from one terminal into the issuer's service",
    value: (FORWARDED - left) / seconds,
    unit: "per s",
    goal: { atLeast: 200 },
    note: `${FORWARDED} sales of ${CARDS} cards, ${left} of them open in the end; both on this machine, nodes in memory, files real`,
  };
}

async function holding(): Promise<Figure> {
  const folder = mkdtempSync(join(MEMORY, "chequecard-hold-"));
  const path = join(folder, "sales.db");
  const store = new SaleStore(path);
  const nodeUri = `${"02".repeat(33)}@127.0.0.1:9735`;
  const filler = "q".repeat(500);
  for (let i = 0; i < HELD; i++) {
    const paymentHash = new Uint8Array(32);
    new DataView(paymentHash.buffer).setUint32(0, i);
    const cardId = new Uint8Array(8);
    new DataView(cardId.buffer).setUint32(4, i);
    const token = new Uint8Array(149).fill(i);
    accept(
      store,
      { invoice: `lnbcrt${i}${filler}`, paymentHash, token, nodeUri, cardId },
      { counter: 1, total: AMOUNT },
    );
  }
  store.close();
  const child = fork(PROGRAM, [path]);
  const [{ rss, open }] = (await once(child, "message")) as [{ rss: number; open: number }];
  await once(child, "exit");
  rmSync(folder, { recursive: true });
  return {
    name: "memory of a terminal's process with accepted sales",
    value: rss / 2 ** 20,
    unit: "MB",
    goal: { atMost: 100 },
    note: `${open} accepted sales; all of the process`,
  };
}
