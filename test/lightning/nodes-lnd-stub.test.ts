import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { decodeInvoice, encodeInvoice } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LndPayment } from "../../lightning/nodes/lnd/calls.js";
import { LndNode, type LndNodeOptions } from "../../lightning/nodes/lnd/node.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd } from "../../testing/lnd/ready-lnd.js";
import { type StubCalls, StubError, StubLnd } from "../../testing/lnd/stub-lnd.js";

const root = newFolder("memory");
const PREIMAGE = new Uint8Array(32).fill(9);
const HASH = sha256(PREIMAGE);

let folder: string;
let stub: StubLnd;
let node: LndNode | undefined;
let log: string[];

const payment = (more: Partial<LndPayment>): Partial<LndPayment> => ({
  payment_hash: bytesToHex(HASH),
  value_msat: "100000",
  fee_msat: "0",
  payment_preimage: "0".repeat(64),
  failure_reason: "FAILURE_REASON_NONE",
  creation_time_ns: `${BigInt(Date.now())}000000`,
  ...more,
});
const settled = payment({ status: "SUCCEEDED", payment_preimage: bytesToHex(PREIMAGE) });
const notFound = () => new StubError("payment isn't initiated", status.NOT_FOUND);

const READY = readyLnd();

beforeEach(async () => {
  folder = mkdtempSync(join(root, "lnd-"));
  stub = await StubLnd.start(folder, READY);
  stub.macaroon = bakedMacaroon([
    "info:read",
    "offchain:read",
    "offchain:write",
    "peers:read",
    "peers:write",
    "invoices:read",
    "invoices:write",
  ]);
  stub.writeFiles();
  log = [];
});
afterEach(async () => {
  await node?.close();
  node = undefined;
  stub.stop();
});

async function start(options: Partial<LndNodeOptions> = {}): Promise<LndNode> {
  node = await LndNode.start({
    ...stub.access,
    record: join(folder, "payments.db"),
    log: (_, message) => log.push(message),
    ...options,
  });
  return node;
}

const invoice = () =>
  encodeInvoice(
    { network: "bcrt", amount: sat(100), timestamp: Math.floor(Date.now() / 1000) },
    { paymentHash: HASH, paymentSecret: new Uint8Array(32).fill(3), description: "beer", expirySeconds: 600 },
    new Uint8Array(32).fill(8),
  );

/** @param timeoutMs short only where nothing certain can come */
const pay = (lnd: LndNode, timeoutMs = 20_000) => lnd.pay({ invoice: invoice(), maxFee: sat(1), timeoutMs });

async function refusal(promise: Promise<unknown>): Promise<NodeError> {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NodeError);
  return error as NodeError;
}

describe("lnd's answers to a payment", () => {
  it("settled with its proof is settled, and is not asked for again after lnd has forgotten it", async () => {
    stub.calls = { ...READY, "routerrpc.Router/SendPaymentV2": (_, stream) => stream.write(settled) };
    const lnd = await start();
    const paid = { state: "settled", preimage: PREIMAGE, fee: 0n };
    expect(await pay(lnd)).toEqual(paid);
    await lnd.close();
    const forgetful = {
      "routerrpc.Router/TrackPaymentV2": () => {
        throw notFound();
      },
    };
    stub.calls = { ...READY, ...forgetful };
    const again = await start();
    stub.made.length = 0;
    expect(await pay(again)).toEqual(paid);
    expect(await again.lookupPayment(HASH)).toEqual(paid);
    expect(stub.made).not.toContain("routerrpc.Router/SendPaymentV2");
  });

  it("that is final is heard to its end: a server takes many cancelled streams for an attack", async () => {
    const tracks = "routerrpc.Router/TrackPaymentV2";
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.write(settled),
      [tracks]: (_, stream) => stream.write(payment({ status: "IN_FLIGHT" })),
    };
    const lnd = await start();
    await pay(lnd);
    // On the same connection: what was cancelled before is known before.
    await lnd.lookupPayment(sha256(HASH));
    await expect.poll(() => stub.left).toContain(tracks);
    expect(stub.left).toEqual([tracks]);
  });

  it("is asked for by what the invoice says, not by what another says that came with it", async () => {
    const asked: string[] = [];
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": ({ payment_request }, stream) => {
        asked.push(payment_request);
        stream.write(settled);
      },
    };
    const lnd = await start();
    const other = encodeInvoice(
      { network: "bcrt", amount: sat(1), timestamp: Math.floor(Date.now() / 1000) },
      { paymentHash: sha256(HASH), paymentSecret: HASH, description: "other", expirySeconds: 600 },
      new Uint8Array(32).fill(8),
    );
    const meant = invoice();
    const request = { invoice: meant, decoded: decodeInvoice(other), maxFee: sat(1) };
    expect(await lnd.pay(request)).toMatchObject({ state: "settled", preimage: PREIMAGE });
    expect(asked).toEqual([meant]);
  });

  it("settled by another program, or while nobody listened, is remembered as well", async () => {
    let tell!: () => void;
    stub.calls = {
      ...READY,
      "routerrpc.Router/TrackPayments": (_, stream) => {
        tell = () => stream.write(settled);
      },
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.fail(notFound()),
    };
    const lnd = await start();
    expect(await lnd.lookupPayment(HASH)).toEqual({ state: "not-found" });
    tell();
    await expect.poll(async () => (await lnd.lookupPayment(HASH)).state).toBe("settled");
    await lnd.close();
    stub.calls = {
      ...READY,
      "lnrpc.Lightning/ListPayments": () => ({ payments: [settled as LndPayment] }),
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.fail(notFound()),
    };
    const fresh = await start({ record: join(folder, "other.db") });
    expect((await fresh.lookupPayment(HASH)).state).toBe("settled");
  });

  it.each([
    ["a preimage of something else", { payment_preimage: "11".repeat(32) }, /preimage that proves nothing/],
    ["no preimage", { payment_preimage: "" }, /preimage that proves nothing/],
    ["a fee that is none", { fee_msat: "-5" }, /a fee that is none/],
  ])("settled with %s is not known, never failed, and is said", async (_, more, words) => {
    const nonsense = { ...settled, ...more };
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.write(nonsense),
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write(nonsense),
    };
    const lnd = await start();
    expect(await pay(lnd)).toEqual({ state: "unknown" });
    expect(await lnd.lookupPayment(HASH)).toEqual({ state: "unknown" });
    expect(log.join("\n")).toMatch(words);
  });

  it.each([
    ["a fee above the limit", { fee_msat: "1001" }, /a fee of 1001 msat .* above the limit 1000/],
    ["another amount", { value_msat: "100001" }, /has paid 100001 msat .* not 100000/],
  ])("settled with %s is settled, and is said", async (_, more, words) => {
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.write({ ...settled, ...more }),
    };
    expect(await pay(await start())).toMatchObject({ state: "settled", preimage: PREIMAGE });
    expect(log.join("\n")).toMatch(words);
  });

  it("a refusal without a record is a certain failure; with a record, that one counts", async () => {
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.fail(new StubError("no such luck")),
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.fail(notFound()),
    };
    const lnd = await start();
    expect(await pay(lnd)).toEqual({ state: "failed", reason: "no such luck" });
    stub.calls = { ...stub.calls, "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write(settled) };
    expect(await pay(lnd)).toMatchObject({ state: "settled" });
  });

  it.each([
    ["an error of the connection", new StubError("Connection dropped", status.UNAVAILABLE)],
    ["an error of a proxy", new StubError("Received HTTP status code 500")],
    ["an error within lnd", new StubError("stream terminated by RST_STREAM", status.INTERNAL)],
  ])("%s says nothing about the payment, though lnd has no record of it", async (_, error) => {
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) => stream.fail(error),
      "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.fail(notFound()),
    };
    expect(await pay(await start(), 400)).toEqual({ state: "unknown" });
  });

  it("a payment of somebody else's is joined", async () => {
    stub.calls = {
      ...READY,
      "routerrpc.Router/SendPaymentV2": (_, stream) =>
        stream.fail(new StubError("payment is in transition", status.ALREADY_EXISTS)),
      "routerrpc.Router/TrackPaymentV2": ({ no_inflight_updates }, stream) =>
        stream.write(no_inflight_updates ? settled : payment({ status: "IN_FLIGHT" })),
    };
    expect(await pay(await start())).toMatchObject({ state: "settled" });
  });
});

describe("a payment that lnd has in flight", () => {
  const peer = `02${"aa".repeat(32)}`;
  const attempt = {
    status: "IN_FLIGHT" as const,
    route: { total_time_lock: 800, hops: [{ chan_id: "1", pub_key: peer }] },
    attempt_time_ns: "0",
    attempt_id: "1",
  };
  const inFlight = payment({ status: "IN_FLIGHT", htlcs: [attempt] });
  const calls: StubCalls = {
    ...READY,
    "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write(inFlight),
  };
  const channel = (incoming: boolean, active = true) => ({
    active,
    remote_pubkey: peer,
    channel_point: "",
    chan_id: "1",
    local_balance: "0",
    remote_balance: "0",
    local_constraints: null,
    remote_constraints: null,
    pending_htlcs: [{ incoming, hash_lock: Buffer.from(HASH) }],
  });
  const closing = { channel: { remote_node_pub: peer } };
  const twice = async (more: StubCalls) => {
    stub.calls = { ...calls, ...more };
    const lnd = await start({ lostPayments: { lookAgainMs: 1 } });
    await lnd.lookupPayment(HASH);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return (await lnd.lookupPayment(HASH)).state;
  };

  it("without an HTLC, a day beyond its expiry, and twice so, has failed", async () => {
    expect(await twice({})).toBe("failed");
    expect(log.join("\n")).toContain("no HTLC of it exists");
  });

  it("an HTLC of another payment or an incoming one changes nothing", async () => {
    expect(await twice({ "lnrpc.Lightning/ListChannels": () => ({ channels: [channel(true)] }) })).toBe(
      "failed",
    );
  });

  it("is unknown at the first look, and as long as the pause is not over", async () => {
    stub.calls = calls;
    const lnd = await start({ lostPayments: { lookAgainMs: 3_600_000 } });
    for (let look = 0; look < 3; look++) expect(await lnd.lookupPayment(HASH)).toEqual({ state: "unknown" });
  });

  it.each<[string, StubCalls]>([
    ["its HTLC is on a channel", { "lnrpc.Lightning/ListChannels": () => ({ channels: [channel(false)] }) }],
    [
      "the first node is away, so that an HTLC may be signed for it alone",
      {
        "lnrpc.Lightning/ListChannels": () => ({
          channels: [{ ...channel(true, false), pending_htlcs: [] }],
        }),
      },
    ],
    [
      "a channel with the first node waits for its closing transaction",
      { "lnrpc.Lightning/PendingChannels": () => ({ waiting_close_channels: [closing] }) },
    ],
    [
      "a channel with the first node was closed by force",
      { "lnrpc.Lightning/PendingChannels": () => ({ pending_force_closing_channels: [closing] }) },
    ],
    [
      "the expiry is not a day ago",
      {
        "routerrpc.Router/TrackPaymentV2": (_, stream) =>
          stream.write({
            ...inFlight,
            htlcs: [attempt, { ...attempt, route: { ...attempt.route, total_time_lock: 857 } }],
          }),
      },
    ],
    [
      "lnd is behind the chain",
      {
        "routerrpc.Router/TrackPaymentV2": (_, stream) => {
          const info = READY["lnrpc.Lightning/GetInfo"];
          stub.calls = {
            ...stub.calls,
            "lnrpc.Lightning/GetInfo": async (request) => ({
              ...(await info?.(request)),
              synced_to_chain: false,
            }),
          };
          stream.write(inFlight);
        },
      },
    ],
    [
      "no attempt of it is in flight, so that lnd goes on with it",
      { "routerrpc.Router/TrackPaymentV2": (_, stream) => stream.write({ ...inFlight, htlcs: [] }) },
    ],
  ])("is never called failed while %s", async (_, more) => {
    expect(await twice(more)).toBe("unknown");
  });
});

describe("an lnd that cannot be used is refused at the start, in a sentence", () => {
  const info = (more: object): StubCalls => ({
    ...READY,
    "lnrpc.Lightning/GetInfo": async (request) => ({
      ...(await READY["lnrpc.Lightning/GetInfo"]?.(request)),
      ...more,
    }),
  });
  const state = (name: string): StubCalls => ({ ...READY, "lnrpc.State/GetState": () => ({ state: name }) });

  it.each<[string, StubCalls, string, RegExp]>([
    ["locked", state("LOCKED"), "not-ready", /is locked.*lncli unlock/s],
    ["without a wallet", state("NON_EXISTING"), "not-ready", /no wallet yet.*lncli create/s],
    ["starting", state("UNLOCKED"), "not-ready", /is still starting/],
    ["waiting for its turn", state("WAITING_TO_START"), "not-ready", /waits for its turn/],
    [
      "behind the chain",
      info({ synced_to_chain: false }),
      "not-ready",
      /not in step with the chain yet \(block 1000\)/,
    ],
    [
      "too old",
      info({ version: "0.18.5-beta" }),
      "internal",
      /version 0\.18\.5-beta; need at least 0\.19\.0.*Upgrade/s,
    ],
    [
      "on another network",
      info({ chains: [{ network: "mainnet" }] }),
      "network",
      /is on bitcoin mainnet, and the configuration says regtest/,
    ],
    [
      "on an unheard-of network",
      info({ chains: [{ network: "moonnet" }] }),
      "network",
      /is on moonnet, which is not known/,
    ],
  ])("%s", async (_, calls, code, words) => {
    stub.calls = calls;
    const error = await refusal(start({ network: "bcrt" }));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).toMatch(words);
  });

  it("with a macaroon that is too weak: what is missing, and the line that bakes the right one", async () => {
    stub.macaroon = bakedMacaroon([
      "info:read",
      "uri:/lnrpc.Lightning/ListChannels",
      "peers:read",
      "peers:write",
    ]);
    stub.writeFiles();
    const error = await refusal(start({ roles: ["issuer"] }));
    expect(error.code).toBe("permission");
    expect(error.message).toContain("routerrpc.Router/SendPaymentV2");
    expect(error.message).not.toContain("ListChannels");
    expect(error.hint).toMatch(/lncli bakemacaroon .*uri:\/routerrpc\.Router\/SendPaymentV2/);
    expect(stub.made).toEqual([]);
  });

  it("with a macaroon that may not pay: refused as nothing that was sent, with the line that bakes one", async () => {
    stub.macaroon = bakedMacaroon(["info:read", "offchain:read", "peers:read", "peers:write"]);
    stub.writeFiles();
    const error = await refusal(pay(await start({ roles: [] })));
    expect(error).toMatchObject({
      code: "bad-request",
      message: expect.stringMatching(/does not allow payments/),
    });
    expect(error.hint).toMatch(/lncli bakemacaroon .*uri:\/routerrpc\.Router\/SendPaymentV2/);
    expect(stub.made).not.toContain("routerrpc.Router/SendPaymentV2");
  });
});

describe("settled invoices of lnd", () => {
  const of = (index: number) => ({
    r_hash: Buffer.from(sha256(Buffer.alloc(32, index))),
    r_preimage: Buffer.alloc(32, index),
    value_msat: "5000",
    state: "SETTLED" as const,
    settle_index: String(index),
    amt_paid_msat: "5000",
    settle_date: String(Math.floor(Date.now() / 1000)),
  });

  it("arrive once each, also those of a time when the stream was lost", async () => {
    const asked: string[] = [];
    let fail!: () => void;
    stub.calls = {
      ...READY,
      "lnrpc.Lightning/SubscribeInvoices": ({ settle_index }, stream) => {
        asked.push(settle_index);
        fail = () => stream.fail(new StubError("gone", status.UNAVAILABLE));
        if (asked.length === 1) setTimeout(() => stream.write(of(4)), 50);
        else for (const index of [4, 5, 6]) stream.write(of(index));
      },
    };
    const lnd = await start();
    const got: number[] = [];
    lnd.onInvoiceSettled(({ preimage }) => got.push(preimage[0] ?? 0));
    await expect.poll(() => got).toEqual([4]);
    fail();
    await expect.poll(() => got).toEqual([4, 5, 6]);
    expect(asked).toEqual(["0", "4"]);
  });

  it("are looked for where none had settled before the stream was lost", async () => {
    let fail!: () => void;
    let openings = 0;
    stub.calls = {
      ...READY,
      "lnrpc.Lightning/ListInvoices": () => ({
        invoices: [of(9), { ...of(8), settle_date: "1" }, of(7)] as never,
      }),
      "lnrpc.Lightning/SubscribeInvoices": (_, stream) => {
        openings++;
        fail = () => stream.fail(new StubError("gone", status.UNAVAILABLE));
      },
    };
    const lnd = await start();
    const got: number[] = [];
    lnd.onInvoiceSettled(({ preimage }) => got.push(preimage[0] ?? 0));
    await expect.poll(() => openings).toBe(1);
    fail();
    await expect.poll(() => got).toEqual([7, 9]);
  });
});
