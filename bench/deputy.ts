import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nobleSecp256k1, ParseError, sat, secp256k1 } from "../common/index.js";
import { decodeInvoice } from "../lightning/bolt11/index.js";
import {
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deputyPreimage,
  deriveTerminalKey,
  makeDeputyInvoice,
  PaidFile,
  PointOfSale,
  recomputeModern,
  SaleFile,
} from "../lightning/dpp/index.js";
import { buildOnion, peelOnion } from "../lightning/onion/index.js";
import { decodeTlvStream, encodeTlvStream } from "../lightning/tlv.js";
import { type Benchmark, type Figure, medianTime, rate } from "./measure.js";

const CALLS = 300;
const DURABLE_CALLS = 40;
const SECONDS = 0.5;

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const KEY_ID = Uint8Array.of(0, 0, 0, 1);
const BEER = { amount: sat(2500), description: "1 beer" };
const PROFILE: DeputyProfile = {
  network: "bcrt",
  name: "bench",
  payeeKey: key(1),
  routeHints: [
    [
      {
        nodeId: secp256k1.publicKey(key(2)),
        shortChannelId: 1n,
        feeBase: 0,
        feeProportional: 0,
        cltvDelta: 42,
      },
    ],
  ],
  secretScheme: { type: "ldk-user-payment-hash", metadataKey: key(3), userPmtHashKey: key(4) },
  keyId: KEY_ID,
  terminalKey: deriveTerminalKey(key(5), KEY_ID),
  minFinalCltv: 40,
  multiPart: true,
  media: [],
};

/** Invoices, onions, TLV streams, and both ends of a deputy payment. */
export const deputyBenchmark: Benchmark = {
  name: "Invoices, onions and deputy payments",
  run: async () => [...(await making()), ...(await codecs()), ...(await durable())],
};

async function making(): Promise<Figure[]> {
  const digest = key(9);
  const noble = await medianTime(CALLS, () => nobleSecp256k1.signRecoverable(digest, PROFILE.payeeKey));
  const own = await medianTime(CALLS, () => secp256k1.signRecoverable(digest, PROFILE.payeeKey));
  const made = await medianTime(CALLS, () => makeDeputyInvoice(PROFILE, BEER));
  const onNoble = made - own + noble;
  return [
    { name: "making a deputy invoice", value: made, unit: "ms", note: `one signature by ${secp256k1.name}` },
    {
      name: "over one signature by the same backend",
      value: made / own,
      unit: "x",
      goal: { atMost: 3 },
      note: `one signature takes ${own.toFixed(3)} ms`,
    },
    {
      name: "over one signature, both by noble",
      value: onNoble / noble,
      unit: "x",
      goal: { atMost: 3 },
      note: `one signature takes ${noble.toFixed(3)} ms; the signature's own share exchanged in the figure above`,
    },
  ];
}

async function codecs(): Promise<Figure[]> {
  const { invoice } = makeDeputyInvoice(PROFILE, BEER);
  const paymentHash = key(7);
  const hops = [11, 12, 13].map((fill) => ({
    nodeId: secp256k1.publicKey(key(fill)),
    payload: new Uint8Array(60),
  }));
  const options = { sessionKey: key(8), associatedData: paymentHash };
  const onion = buildOnion(hops, options);
  const records = Array.from({ length: 8 }, (_, i) => ({ type: BigInt(2 * i), value: new Uint8Array(20) }));
  const stream = encodeTlvStream(records);
  const perSecond = (name: string, note: string, work: () => unknown): Figure => ({
    name,
    value: rate(SECONDS, work),
    unit: "per s",
    note,
  });
  const huge = "q".repeat(65_536);
  return [
    perSecond("invoices decoded", `${invoice.length} characters, payee recovered`, () =>
      decodeInvoice(invoice),
    ),
    perSecond("onions built", "3 hops", () => buildOnion(hops, options)),
    perSecond("onions peeled", "one layer", () => peelOnion(onion, key(11), paymentHash)),
    perSecond("TLV streams read", "8 records", () => decodeTlvStream(stream)),
    {
      name: "64 KiB refused as an invoice",
      value: await medianTime(CALLS, () => refuse(huge)),
      unit: "ms",
      goal: { atMost: 50 },
      note: "by length, before anything else",
    },
  ];
}

function refuse(text: string): void {
  try {
    decodeInvoice(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
}

/** With files whose every step is on the disk before it returns. */
async function durable(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-bench-"));
  const sales = new SaleFile(join(folder, "sales.sqlite"));
  const paid = new PaidFile(join(folder, "paid.sqlite"));
  try {
    const shop = new PointOfSale({
      store: sales,
      makeInvoice: (request) => makeDeputyInvoice(PROFILE, request),
    });
    const recipient = new DeputyRecipient({ recompute: recomputeModern(deputyKeys(key(5), [KEY_ID])), paid });
    const open: Uint8Array[] = [];
    const sell = await medianTime(DURABLE_CALLS, () => {
      const { metadata = new Uint8Array() } = decodeInvoice(shop.sell(BEER).invoice);
      open.push(metadata);
    });
    const decide = await medianTime(DURABLE_CALLS, (i) => {
      const { paymentHash, invoice } = makeDeputyInvoice(PROFILE, BEER);
      const { metadata } = decodeInvoice(invoice);
      recipient.decide({ paymentHash, received: BEER.amount, proof: { metadata }, id: `${i}` });
    });
    const accept = await medianTime(DURABLE_CALLS, () => {
      const metadata = open.pop();
      if (metadata) shop.accept(deputyPreimage(PROFILE.terminalKey, metadata));
    });
    const note = "durable on this disk";
    return [
      { name: "a sale opened", value: sell, unit: "ms", note },
      { name: "a preimage accepted", value: accept, unit: "ms", note },
      { name: "a payment decided by the recipient", value: decide, unit: "ms", note },
    ];
  } finally {
    sales.end();
    paid.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
