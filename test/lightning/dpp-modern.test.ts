import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Msat, msat, ParseError, sat, secp256k1 } from "../../common/index.js";
import { decodeInvoice, type Invoice } from "../../lightning/bolt11/index.js";
import {
  DeputyRecipient,
  deputyKeys,
  makeDeputyInvoice,
  openDeputyHtlc,
  PointOfSale,
  recomputeModern,
  SaleFile,
} from "../../lightning/dpp/index.js";
import {
  buildOnion,
  decodeHopPayload,
  encodeHopPayload,
  type HopPayload,
  OnionError,
  peelOnion,
} from "../../lightning/onion/index.js";
import { newFolder } from "../../testing/hooks.js";
import { PaidInMemory } from "./dpp-memory.js";
import {
  DEPUTY_KEY,
  KEY_ID,
  MASTER,
  PAYER_KEY,
  PROFILE,
  RECIPIENT_KEY,
  ROUTER_KEY,
  TIME,
} from "./dpp-terminal.js";

let folder = "";
beforeAll(() => {
  folder = newFolder();
});

const HEIGHT = 800_000;

/** An ordinary BOLT 11 payer, who knows nothing of deputies: over a router, then along the invoice's hint. */
function payOrdinarily(
  invoice: Invoice,
  last: Partial<HopPayload> = {},
  amount = invoice.amount ?? msat(0n),
) {
  const cltv = HEIGHT + invoice.minFinalCltv;
  const hint = invoice.routeHints[0]?.[0];
  if (!hint) throw new Error("no route hint");
  const payload = (shortChannelId: bigint, outgoingCltv: number) =>
    encodeHopPayload({ amountToForward: amount, outgoingCltv, shortChannelId });
  const final = encodeHopPayload({
    amountToForward: amount,
    outgoingCltv: cltv,
    paymentData: { paymentSecret: invoice.paymentSecret, total: amount },
    ...(invoice.metadata && { paymentMetadata: invoice.metadata }),
    ...last,
  });
  return buildOnion(
    [
      { nodeId: secp256k1.publicKey(ROUTER_KEY), payload: payload(1n, cltv + hint.cltvDelta) },
      { nodeId: hint.nodeId, payload: payload(hint.shortChannelId, cltv) },
      { nodeId: invoice.payee, payload: final },
    ],
    { sessionKey: PAYER_KEY, associatedData: invoice.paymentHash },
  );
}

/** Router and recipient's node do what BOLT 4 says; the node's interceptor sees the HTLC for the deputy. */
function intercepted(invoice: Invoice, onion: Uint8Array, amount: Msat, id = "1") {
  const { paymentHash } = invoice;
  const atRecipient = peelOnion(onion, ROUTER_KEY, paymentHash).next ?? onion;
  const { payload, next } = peelOnion(atRecipient, RECIPIENT_KEY, paymentHash);
  const { shortChannelId, outgoingCltv } = decodeHopPayload(payload, "modern");
  expect(shortChannelId).toBe(77n);
  return { id, paymentHash, amount, cltvExpiry: outgoingCltv, onion: next ?? onion };
}

const newRecipient = () =>
  new DeputyRecipient({
    recompute: recomputeModern(deputyKeys(MASTER, [KEY_ID])),
    paid: new PaidInMemory(),
    now: () => TIME,
  });
const sell = () =>
  decodeInvoice(
    makeDeputyInvoice(PROFILE, { amount: sat(2500), description: "beer" }, { now: () => TIME }).invoice,
  );

describe("a modern deputy payment by an ordinary payer, over ordinary nodes", () => {
  it("is made offline, paid, claimed, and its preimage opens the tap once", () => {
    const store = new SaleFile(join(folder, "sales.sqlite"));
    const shop = new PointOfSale({
      store,
      makeInvoice: (request) => makeDeputyInvoice(PROFILE, request, { now: () => TIME }),
      now: () => TIME,
    });
    const invoice = decodeInvoice(shop.sell({ amount: sat(2500), description: "beer" }).invoice);
    const arrived = intercepted(invoice, payOrdinarily(invoice), sat(2500));
    const { htlc, proof } = openDeputyHtlc(arrived, DEPUTY_KEY, HEIGHT);
    expect(htlc).toMatchObject({ amount: sat(2500), total: sat(2500), blocksLeft: 40 });
    const [action] = newRecipient().receive(htlc, proof);
    if (action?.action !== "claim") throw new Error("not claimed");
    expect(shop.accept(action.preimage).result).toBe("accepted");
    expect(shop.accept(action.preimage).result).toBe("already-used");
    store.end();
  });

  it("with a payment secret of its own making is failed", () => {
    const invoice = sell();
    const paymentData = { paymentSecret: new Uint8Array(32), total: sat(2500) };
    const arrived = intercepted(invoice, payOrdinarily(invoice, { paymentData }), sat(2500));
    const { htlc, proof } = openDeputyHtlc(arrived, DEPUTY_KEY, HEIGHT);
    expect(newRecipient().receive(htlc, proof)).toMatchObject([{ reason: "wrong-payment-secret" }]);
  });

  it("of a payer who leaves the metadata out is failed", () => {
    const { metadata: _, ...invoice } = sell();
    const arrived = intercepted(
      { ...invoice, metadata: undefined },
      payOrdinarily({ ...invoice, metadata: undefined }),
      sat(2500),
    );
    const { htlc, proof } = openDeputyHtlc(arrived, DEPUTY_KEY, HEIGHT);
    expect(newRecipient().receive(htlc, proof)).toMatchObject([{ reason: "no-metadata" }]);
  });

  it("that the router cheated on is failed", () => {
    const invoice = sell();
    const arrived = intercepted(invoice, payOrdinarily(invoice), sat(2500));
    const open = (changes: object) => () => openDeputyHtlc({ ...arrived, ...changes }, DEPUTY_KEY, HEIGHT);
    expect(open({ amount: sat(2499) })).toThrow("payload/amount to forward: more than arrived");
    expect(open({ cltvExpiry: HEIGHT + 39 })).toThrow("payload/outgoing cltv: later than the HTLC expires");
    expect(open({ paymentHash: new Uint8Array(32) })).toThrow(OnionError);
    expect(open({ onion: arrived.onion.with(700, 1 ^ (arrived.onion[700] ?? 0)) })).toThrow(OnionError);
  });

  it("without payment data, or with a hop behind the deputy, is not the deputy's", () => {
    const { paymentHash, payee } = sell();
    const onionOf = (...payloads: Uint8Array[]) =>
      buildOnion(
        payloads.map((payload) => ({ nodeId: payee, payload })),
        {
          sessionKey: PAYER_KEY,
          associatedData: paymentHash,
        },
      );
    const payload = encodeHopPayload({ amountToForward: sat(1), outgoingCltv: HEIGHT });
    const open = (onion: Uint8Array) => () =>
      openDeputyHtlc(
        { id: "1", paymentHash, amount: sat(1), cltvExpiry: HEIGHT + 40, onion },
        DEPUTY_KEY,
        HEIGHT,
      );
    expect(open(onionOf(payload))).toThrow(ParseError);
    expect(open(onionOf(payload, payload))).toThrow("goes on behind the deputy");
  });
});
