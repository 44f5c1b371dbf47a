import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  type Msat,
  msat,
  ParseError,
  sat,
  ValueError,
} from "../../common/index.js";
import {
  checkInvoice,
  decodeInvoice,
  type Invoice,
  InvoiceError,
  isNetwork,
} from "../../lightning/bolt11/index.js";
import { DeputyRecipient, PointOfSale, SaleFile } from "../../lightning/dpp/index.js";
import {
  buildDraftPayment,
  type DraftPlan,
  type DraftProfile,
  draftPreimage,
  makeDraftInvoice,
  openDraftHtlc,
  planDraftPayment,
  recomputeDraft,
} from "../../lightning/draft-819/index.js";
import { listFeatures } from "../../lightning/features.js";
import type { OdtMedium } from "../../lightning/odt/media.js";
import { decodeHopPayload, OnionError, peelOnion } from "../../lightning/onion/index.js";
import vectors from "../../specs/vectors/dpp-draft-819.json" with { type: "json" };
import { newFolder } from "../../testing/hooks.js";
import { PaidInMemory } from "./dpp-memory.js";
import { DEPUTY_KEY, hopFrom, RECIPIENT_KEY, ROUTER_KEY, TIME } from "./dpp-terminal.js";

type Hop = (typeof vectors.payment.hint)[0];
const hop = (json: Hop) => ({
  ...json,
  nodeId: hexToBytes(json.nodeId),
  shortChannelId: BigInt(json.shortChannelId),
});

function profileOf(json: (typeof vectors.vectors)[0]["profile"]): DraftProfile {
  if (!isNetwork(json.network)) throw new Error("unknown network");
  return {
    ...json,
    network: json.network,
    payeeKey: hexToBytes(json.payeeKey),
    sharedSecret: hexToBytes(json.sharedSecret),
    routeHints: json.routeHints.map((hops) => hops.map(hop)),
    media: json.media as OdtMedium[],
  };
}

describe("vectors of draft-819", () => {
  it.each(vectors.preimages)("preimage for $amountMsat msat", ({ nonce, amountMsat, preimage }) => {
    const made = draftPreimage(
      hexToBytes(vectors.keys.sharedSecret),
      hexToBytes(nonce),
      msat(BigInt(amountMsat)),
    );
    expect(bytesToHex(made)).toBe(preimage);
  });

  it.each(vectors.vectors)(
    "invoice: $comment",
    ({ profile, request, now, nonce, paymentSecret, fields, invoice }) => {
      const random = [nonce, paymentSecret].map((hex) => hexToBytes(hex));
      const { amountMsat, ...rest } = request;
      const made = makeDraftInvoice(
        profileOf(profile),
        amountMsat === null
          ? { ...rest, allowAmountless: true }
          : { ...rest, amount: msat(BigInt(amountMsat)) },
        { now: () => now, random: () => random.shift() ?? new Uint8Array() },
      );
      expect(made.invoice).toBe(invoice);
      expect(bytesToHex(made.paymentHash)).toBe(fields.paymentHash);

      const decoded = decodeInvoice(invoice);
      expect(bytesToHex(decoded.deputyNonce ?? new Uint8Array())).toBe(nonce);
      expect(decoded.metadata).toBeUndefined();
      const media = fields.media.map((medium) => (medium === "qr" ? 129 : 131));
      expect(listFeatures(decoded.features)).toEqual([8, 14, fields.feature, ...media]);
      const expected = { network: decoded.network, now, allowAmountless: true };
      checkInvoice(decoded, { ...expected, profile: "draft-819" });
      // A payer of today does not know bit 22, and takes 23 for a feature that it may ignore (specs/07 §10.2).
      const payable = () => checkInvoice(decoded, expected);
      if (fields.feature === 22) expect(payable).toThrow(InvoiceError);
      else expect(payable).not.toThrow();
    },
  );

  it.each(vectors.plans)("sender: $comment", ({ invoice, payer, plan }) => {
    const found: DraftPlan = planDraftPayment(decodeInvoice(invoice), {
      supported: payer.supported,
      media: payer.media as OdtMedium[],
    });
    expect(found.how === "deputy" ? { ...found, nonce: bytesToHex(found.nonce) } : found).toEqual(plan);
  });

  it.each(vectors.records)("hop record: $comment", ({ hex, valid, fields, error }) => {
    const read = () => decodeHopPayload(hexToBytes(hex), "draft-819").deputy;
    if (valid)
      expect(read()).toEqual({
        nonce: hexToBytes(fields?.nonce ?? ""),
        invoiceAmount: BigInt(fields?.invoiceAmountMsat ?? -1),
      });
    else expect(read).toThrow(expect.objectContaining({ path: error }));
    expect(() => decodeHopPayload(hexToBytes(hex), "modern")).toThrow(ParseError);
  });

  it("payment: the onion, byte for byte, and each payload", () => {
    const { payment, keys } = vectors;
    const invoice = decodeInvoice(payment.invoice);
    const built = buildDraftPayment(invoice, invoice.deputyNonce ?? new Uint8Array(), {
      lead: payment.lead.map(hop),
      hint: payment.hint.map(hop),
      blockHeight: payment.blockHeight,
      sessionKey: hexToBytes(keys.session),
    });
    expect(built.amount.toString()).toBe(payment.htlc.amountMsat);
    expect(built.cltvExpiry).toBe(payment.htlc.cltvExpiry);
    expect(bytesToHex(built.onion)).toBe(payment.htlc.onion);
    let onion: Uint8Array | undefined = built.onion;
    for (const [i, key] of [keys.router, keys.recipient, keys.deputy].entries()) {
      const peeled = peelOnion(onion ?? new Uint8Array(), hexToBytes(key), invoice.paymentHash);
      expect(bytesToHex(peeled.payload)).toBe(payment.payloads[i]);
      onion = peeled.next;
    }
    expect(onion).toBeUndefined();
  });
});

const SECRET = new Uint8Array(32).fill(0x31);
const PROFILE: DraftProfile = {
  network: "bcrt",
  payeeKey: DEPUTY_KEY,
  routeHints: [[hopFrom(ROUTER_KEY, 5n, 100), hopFrom(RECIPIENT_KEY, 6n)]],
  sharedSecret: SECRET,
  minFinalCltv: 40,
  required: true,
  media: ["qr"],
};
let folder = "";
beforeAll(() => {
  folder = newFolder();
});

const HEIGHT = 800_000;
const HINT = PROFILE.routeHints[0] ?? [];

/** Payer's role: from the invoice to the HTLC that its first peer gets. */
function send(invoice: Invoice, changes: { amount?: Msat; nonce?: Uint8Array } = {}) {
  const plan = planDraftPayment(invoice, { supported: true, media: ["qr"] });
  if (plan.how !== "deputy") throw new Error(`not to be paid by a deputy: ${plan.how}`);
  return buildDraftPayment(
    changes.amount === undefined ? invoice : { ...invoice, amount: changes.amount },
    changes.nonce ?? plan.nonce,
    { lead: [], hint: HINT, blockHeight: HEIGHT, amount: sat(1) },
  );
}

/** The router's and the recipient's role: what arrives at the recipient. */
function carry(invoice: Invoice, sent: ReturnType<typeof send>, id = "htlc") {
  const { paymentHash } = invoice;
  const atRouter = openDraftHtlc({ id, paymentHash, ...sent }, ROUTER_KEY, HEIGHT);
  if (atRouter.role !== "forward") throw new Error("the router is not the recipient");
  expect(atRouter.shortChannelId).toBe(5n);
  expect(sent.amount - atRouter.amount).toBe(100n + (atRouter.amount * 100n) / 1_000_000n);
  const { amount, outgoingCltv: cltvExpiry, onion } = atRouter;
  const atRecipient = openDraftHtlc({ id, paymentHash, amount, cltvExpiry, onion }, RECIPIENT_KEY, HEIGHT);
  if (atRecipient.role !== "recipient") throw new Error("the recipient does not know itself");
  return atRecipient;
}

describe("draft-819 between two roles in one process", () => {
  const newRecipient = (allowAmountless = false) =>
    new DeputyRecipient({
      recompute: recomputeDraft(SECRET),
      paid: new PaidInMemory(),
      allowAmountless,
      now: () => TIME,
    });
  const sell = (request: object = { amount: sat(250) }) =>
    makeDraftInvoice(PROFILE, { description: "beer", ...request }, { now: () => TIME });

  it("an invoice is made offline, paid over a router, claimed, and its preimage opens the tap once", () => {
    const store = new SaleFile(join(folder, "sales.sqlite"));
    const shop = new PointOfSale({ store, makeInvoice: (request) => makeDraftInvoice(PROFILE, request) });
    const invoice = decodeInvoice(shop.sell({ amount: sat(250), description: "beer" }).invoice);
    const { htlc, record } = carry(invoice, send(invoice));
    const [action] = newRecipient().receive(htlc, record);
    if (action?.action !== "claim") throw new Error("not claimed");
    expect(action).toMatchObject({ htlcs: ["htlc"], received: sat(250) });
    expect(shop.accept(action.preimage)).toMatchObject({ result: "accepted" });
    expect(shop.accept(action.preimage)).toMatchObject({ result: "already-used" });
    store.end();
  });

  it("the parts of a payment add up at the recipient", () => {
    const invoice = decodeInvoice(sell().invoice);
    const { htlc, record } = carry(invoice, send(invoice));
    const recipient = newRecipient();
    expect(recipient.receive({ ...htlc, id: "a", amount: sat(100) }, record)).toEqual([]);
    expect(recipient.receive({ ...htlc, id: "b", amount: sat(150) }, record)).toMatchObject([
      { action: "claim", htlcs: ["a", "b"], received: sat(250) },
    ]);
  });

  it("an invoice is paid once", () => {
    const invoice = decodeInvoice(sell().invoice);
    const recipient = newRecipient();
    const first = carry(invoice, send(invoice), "a");
    expect(recipient.receive(first.htlc, first.record)).toMatchObject([{ action: "claim" }]);
    const second = carry(invoice, send(invoice), "b");
    expect(recipient.receive(second.htlc, second.record)).toMatchObject([{ reason: "already-paid" }]);
  });

  it("a fraud who names a smaller amount in the record is failed", () => {
    const invoice = decodeInvoice(sell().invoice);
    const { htlc, record } = carry(invoice, send(invoice, { amount: sat(1) }));
    expect(record.invoiceAmount).toBe(sat(1));
    expect(newRecipient().receive(htlc, record)).toMatchObject([
      { reason: "not-our-hash", failure: "incorrect_or_unknown_payment_details" },
    ]);
  });

  it("a payer who sends less than the record says is failed when no further part has come", () => {
    let now = TIME;
    const recipient = new DeputyRecipient({
      recompute: recomputeDraft(SECRET),
      paid: new PaidInMemory(),
      now: () => now,
    });
    const invoice = decodeInvoice(sell().invoice);
    const { htlc, record } = carry(invoice, send(invoice));
    expect(recipient.receive({ ...htlc, amount: sat(249) }, record)).toEqual([]);
    now += 60;
    expect(recipient.tick()).toMatchObject([
      { reason: "underpaid", failure: "incorrect_or_unknown_payment_details" },
    ]);
  });

  it("a whole payment of too little is failed at once", () => {
    const invoice = decodeInvoice(sell().invoice);
    const { record } = carry(invoice, send(invoice));
    const payment = { paymentHash: invoice.paymentHash, received: sat(249), proof: record };
    expect(newRecipient().decide(payment)).toMatchObject({ reason: "underpaid" });
  });

  it("another nonce is failed", () => {
    const invoice = decodeInvoice(sell().invoice);
    const { htlc, record } = carry(invoice, send(invoice, { nonce: new Uint8Array(32) }));
    expect(newRecipient().receive(htlc, record)).toMatchObject([{ reason: "not-our-hash" }]);
  });

  it("an open amount is failed unless allowed", () => {
    const invoice = decodeInvoice(sell({ allowAmountless: true }).invoice);
    const { htlc, record } = carry(invoice, send(invoice));
    expect(record.invoiceAmount).toBe(0n);
    expect(newRecipient().receive(htlc, record)).toMatchObject([{ reason: "amountless" }]);
    expect(newRecipient(true).receive(htlc, record)).toMatchObject([{ action: "claim", received: sat(1) }]);
  });

  it("a payment without the record is no deputy payment, and cannot be claimed as one", () => {
    const invoice = decodeInvoice(sell().invoice);
    const recipient = newRecipient();
    const payment = { paymentHash: invoice.paymentHash, received: sat(250), proof: undefined };
    expect(recipient.decide(payment)).toMatchObject({ reason: "no-metadata" });
  });

  it("the deputy is no node: the holder of its key sees a last hop", () => {
    const invoice = decodeInvoice(sell().invoice);
    const { paymentHash } = invoice;
    const sent = send(invoice);
    const router = openDraftHtlc({ id: "a", paymentHash, ...sent }, ROUTER_KEY, HEIGHT);
    if (router.role !== "forward") throw new Error("not forwarded");
    const { next } = peelOnion(router.onion, RECIPIENT_KEY, paymentHash);
    const atDeputy = {
      id: "a",
      paymentHash,
      amount: sat(250),
      cltvExpiry: HEIGHT + 40,
      onion: next ?? router.onion,
    };
    expect(openDraftHtlc(atDeputy, DEPUTY_KEY, HEIGHT)).toEqual({ role: "destination" });
  });

  it("an onion for another payment or of another node is refused", () => {
    const invoice = decodeInvoice(sell().invoice);
    const sent = { id: "a", paymentHash: invoice.paymentHash, ...send(invoice) };
    expect(() => openDraftHtlc({ ...sent, paymentHash: new Uint8Array(32) }, ROUTER_KEY, HEIGHT)).toThrow(
      OnionError,
    );
    expect(() => openDraftHtlc(sent, RECIPIENT_KEY, HEIGHT)).toThrow(OnionError);
    expect(() => openDraftHtlc({ ...sent, onion: sent.onion.subarray(1) }, ROUTER_KEY, HEIGHT)).toThrow(
      OnionError,
    );
  });

  it("a point of sale without a route or a medium cannot sell", () => {
    const request = { amount: sat(1), description: "x" };
    expect(() => makeDraftInvoice({ ...PROFILE, routeHints: [] }, request)).toThrow(ValueError);
    expect(() => makeDraftInvoice({ ...PROFILE, media: [] }, request)).toThrow(ValueError);
  });

  it("the two profiles are never mixed in one invoice", () => {
    const drafted = decodeInvoice(sell().invoice);
    expect(drafted.metadata).toBeUndefined();
    expect(drafted.features.has(48) || drafted.features.has(49)).toBe(false);
    expect(concatBytes(drafted.deputyNonce ?? new Uint8Array())).toHaveLength(32);
  });
});
