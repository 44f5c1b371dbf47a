import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import type { LndInvoice, LndPayment } from "../../lightning/nodes/lnd/calls.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { callsOf } from "../../lightning/nodes/lnd/permissions.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd } from "../../testing/lnd/ready-lnd.js";
import { type StubCalls, StubError, StubLnd } from "../../testing/lnd/stub-lnd.js";
import { preimageOf, testInvoice } from "../../testing/nodes/scripted-node.js";
import { type TcpLink, tcpLink } from "./tcp-link.js";

const root = newFolder("memory");
const READY = readyLnd();
const PREIMAGE = preimageOf(1);
const HASH = sha256(PREIMAGE);
const OTHER = sha256(preimageOf(2));
const PEER = `02${"ab".repeat(32)}`;

let stub: StubLnd;
let link: TcpLink;
let node: LndNode | undefined;
let log: string[];

beforeEach(async () => {
  stub = await StubLnd.start(mkdtempSync(join(root, "lnd-")), READY);
  stub.macaroon = bakedMacaroon(callsOf(["issuer", "merchant"]).map((method) => `uri:/${method}`));
  stub.writeFiles();
  link = await tcpLink(() => stub.port);
  log = [];
});
afterEach(async () => {
  await node?.close();
  node = undefined;
  await link.close();
  stub.stop();
});

/** Over a link that can be frozen, as a tunnel can. */
async function start(calls: StubCalls): Promise<LndNode> {
  stub.calls = { ...READY, ...calls };
  node = await LndNode.start({
    ...{ ...stub.access, address: `127.0.0.1:${link.port}`, network: "bcrt" },
    log: (_, message) => log.push(message),
  });
  return node;
}

const invoice = testInvoice(1, sat(100), Math.floor(Date.now() / 1000));
const pay = (lnd: LndNode, timeoutMs = 400) => lnd.pay({ invoice, maxFee: sat(1), timeoutMs });
const payment = (more: Partial<LndPayment>): Partial<LndPayment> => ({
  payment_hash: bytesToHex(HASH),
  value_msat: "100000",
  fee_msat: "0",
  payment_preimage: "",
  failure_reason: "FAILURE_REASON_NO_ROUTE",
  creation_time_ns: "0",
  ...more,
});
const settled = payment({ status: "SUCCEEDED", payment_preimage: bytesToHex(PREIMAGE) });
const attempt = { route: null, attempt_time_ns: "0", attempt_id: "1" };

describe("a payment of which lnd says what cannot be is not known, never failed", () => {
  it.each<[string, Partial<LndPayment>, RegExp]>([
    [
      "failed, with an attempt in flight",
      { htlcs: [{ ...attempt, status: "IN_FLIGHT" }] },
      /has failed, with an attempt that has not/,
    ],
    [
      "failed, with an attempt that has succeeded",
      { htlcs: [{ ...attempt, status: "SUCCEEDED" }] },
      /has failed, with an attempt that has not/,
    ],
    ["failed, of another payment", { payment_hash: bytesToHex(OTHER) }, /answers with/],
  ])("%s", async (_, more, words) => {
    const nonsense = payment({ status: "FAILED", ...more });
    const lnd = await start({
      "routerrpc.Router/SendPaymentV2": (_request, stream) => stream.write(nonsense),
      "routerrpc.Router/TrackPaymentV2": (_request, stream) => stream.write(nonsense),
    });
    expect(await pay(lnd)).toEqual({ state: "unknown" });
    expect(await lnd.lookupPayment(HASH)).toEqual({ state: "unknown" });
    expect(log.join("\n")).toMatch(words);
  });

  it("an lnd that is locked after its restart has not refused it", async () => {
    const locked = () => new StubError("wallet locked, unlock it to enable full RPC access");
    const lnd = await start({
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.fail(locked()),
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.fail(locked()),
    });
    expect(await pay(lnd)).toEqual({ state: "unknown" });
    await expect(lnd.lookupPayment(HASH)).rejects.toMatchObject({
      code: "not-ready",
      hint: expect.stringContaining("lncli unlock"),
    });
    stub.calls = { ...stub.calls, "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write(settled) };
    expect(await lnd.lookupPayment(HASH)).toMatchObject({ state: "settled" });
  });

  it("a tunnel that hangs in the middle of it says nothing", async () => {
    const sent: string[] = [];
    const lnd = await start({
      "routerrpc.Router/SendPaymentV2": () => {
        sent.push("sent");
        link.freeze();
      },
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write(settled),
    });
    expect(await pay(lnd)).toEqual({ state: "unknown" });
    expect(sent).toEqual(["sent"]);
    link.heal();
    await expect.poll(() => lnd.lookupPayment(HASH).catch(String)).toMatchObject({ state: "settled" });
    expect(await pay(lnd)).toMatchObject({ state: "settled" });
    expect(sent).toEqual(["sent"]);
  });

  it("without liquidity it has failed, in lnd's words", async () => {
    const failed = payment({ status: "FAILED", failure_reason: "FAILURE_REASON_INSUFFICIENT_BALANCE" });
    const lnd = await start({
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.write(failed),
      "routerrpc.Router/TrackPaymentV2": (_, stream) =>
        stream.fail(new StubError("payment isn't initiated", status.NOT_FOUND)),
    });
    expect(await pay(lnd)).toEqual({ state: "failed", reason: "insufficient balance" });
  });
});

describe("an invoice of which lnd says what cannot be", () => {
  const paid: Partial<LndInvoice> = {
    r_hash: Buffer.from(HASH),
    r_preimage: Buffer.from(PREIMAGE),
    state: "SETTLED",
    value_msat: "100000",
    amt_paid_msat: "100000",
    settle_index: "1",
    settle_date: "1800000000",
  };

  it.each<[string, Partial<LndInvoice>, RegExp]>([
    ["a preimage of something else", { r_preimage: Buffer.alloc(32, 7) }, /a preimage that proves nothing/],
    ["less than it asks for", { amt_paid_msat: "99999" }, /with 99999 of 100000 msat/],
    ["more than all bitcoin", { amt_paid_msat: "9000000000000000000" }, /says that 9000000000000000000 msat/],
  ])("is not called settled with %s, and the next one is heard of", async (_, more, words) => {
    let tell!: (invoice: Partial<LndInvoice>) => void;
    const lnd = await start({
      "lnrpc.Lightning/SubscribeInvoices": (_request, stream) => {
        tell = (told) => stream.write(told);
      },
      "invoicesrpc.Invoices/LookupInvoiceV2": () => ({ ...paid, ...more }),
    });
    const told: string[] = [];
    lnd.onInvoiceSettled(({ paymentHash }) => told.push(bytesToHex(paymentHash)));
    await expect(lnd.lookupInvoice(HASH)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(words),
    });
    tell({ ...paid, ...more });
    tell({ ...paid, r_hash: Buffer.from(OTHER), r_preimage: Buffer.from(preimageOf(2)), settle_index: "2" });
    await expect.poll(() => told).toEqual([bytesToHex(OTHER)]);
    expect(log.join("\n")).toMatch(words);
  });

  it("is not taken for another one", async () => {
    const lnd = await start({ "invoicesrpc.Invoices/LookupInvoiceV2": () => paid });
    await expect(lnd.lookupInvoice(OTHER)).rejects.toMatchObject({ message: /answers with another one/ });
  });

  it.each<[string, { r_hash?: Buffer; payment_request?: string }, RegExp]>([
    [
      "another amount",
      { payment_request: testInvoice(1, sat(99), 1_800_000_000) },
      /an invoice of 99000 msat/,
    ],
    ["another payment hash", { r_hash: Buffer.from(OTHER) }, /was asked for 100000 msat and says/],
    ["no sense at all", { payment_request: "lnbcrt1nonsense" }, /an invoice that cannot be read/],
  ])("is not shown to a customer when it was made with %s", async (_, more, words) => {
    const made = { r_hash: Buffer.from(HASH), payment_request: testInvoice(1, sat(100), 1_800_000_000) };
    const lnd = await start({ "lnrpc.Lightning/AddInvoice": () => ({ ...made, ...more }) });
    const request = { amount: sat(100), description: "beer", expirySeconds: 60 };
    await expect(lnd.createInvoice(request)).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(words),
    });
  });
});

it("a message of lnd that cannot be read ends neither its stream nor the program", async () => {
  let tell!: (pub_key: string) => void;
  const lnd = await start({
    "lnrpc.Lightning/SubscribePeerEvents": (_, stream) => {
      tell = (pub_key) => stream.write({ type: "PEER_OFFLINE", pub_key });
    },
  });
  const gone: string[] = [];
  lnd.onDisconnected((peer) => gone.push(bytesToHex(peer)));
  tell("no key");
  tell(PEER);
  await expect.poll(() => gone).toEqual([PEER]);
  expect(log.join("\n")).toMatch(/says what makes no sense \(lnrpc\.Lightning\/SubscribePeerEvents\)/);
});
