import { sha256 } from "@noble/hashes/sha2.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { concatBytes, hexToBytes, type Msat, sat, secp256k1, u16, u32, u64 } from "../../common/index.js";
import { decodeInvoice, type Invoice } from "../../lightning/bolt11/index.js";
import {
  DeputyError,
  type DeputyProfile,
  deputyKeys,
  makeDeputyInvoice,
  type PaidHashes,
} from "../../lightning/dpp/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { ClosedChannel, HtlcDecision, InterceptedHtlc } from "../../lightning/nodes/lnd/calls.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { LndDeputy } from "../../lightning/nodes/lnd/deputy.js";
import { DEPUTY_CHANNEL } from "../../lightning/nodes/lnd/deputy-profile.js";
import { askFacts } from "../../lightning/nodes/lnd/start.js";
import type { SettledInvoice } from "../../lightning/nodes/port.js";
import { buildOnion, encodeHopPayload, peelOnion, wrapFailure } from "../../lightning/onion/index.js";
import { newFolder } from "../../testing/hooks.js";
import { StubError, StubLnd } from "../../testing/lnd/stub-lnd.js";
import { PaidInMemory } from "./dpp-memory.js";
import { KEY_ID, MASTER, PROFILE } from "./dpp-terminal.js";

const DEPUTY_KEY = new Uint8Array(32).fill(0x22);
const PEER = secp256k1.publicKey(new Uint8Array(32).fill(0x23));
const SESSION_KEY = new Uint8Array(32).fill(0x41);
const HEIGHT = 500;
const NOW = 1_800_000_000;
const NOT_FOUND = 5;
const profile: DeputyProfile = { ...PROFILE, payeeKey: DEPUTY_KEY };

/** What lnd holds and what it hears about it, with one interceptor at a time. */
class StubSwitch {
  readonly decisions: HtlcDecision[] = [];
  readonly resolved = new Map<string, boolean>();
  isOffchain = true;
  closed: readonly Partial<ClosedChannel>[] = [];
  wallet: readonly { readonly tx_hash: string; readonly num_confirmations: number }[] = [];
  opened = 0;
  height = HEIGHT;
  flags = { require_htlc_interceptor: true, store_final_htlc_resolutions: true };
  offer: (htlc: InterceptedHtlc) => void = () => {};
  lose: () => void = () => {};
  tell: (id: string) => void = () => {};

  start(): Promise<StubLnd> {
    return StubLnd.start(newFolder("memory"), {
      "lnrpc.State/GetState": () => ({ state: "SERVER_ACTIVE" }),
      "lnrpc.Lightning/GetInfo": () => ({
        identity_pubkey: `02${"11".repeat(32)}`,
        chains: [{ network: "regtest" }],
        version: "0.21.1-beta",
        synced_to_chain: true,
        block_height: this.height,
        ...this.flags,
      }),
      "lnrpc.Lightning/LookupHtlcResolution": ({ chan_id, htlc_index }) => {
        const settled = this.resolved.get(`${chan_id}:${htlc_index}`);
        if (settled === undefined) throw new StubError("htlc unknown", NOT_FOUND);
        return { settled, offchain: this.isOffchain };
      },
      "lnrpc.Lightning/ClosedChannels": () => ({ channels: this.closed as readonly ClosedChannel[] }),
      "lnrpc.Lightning/GetTransactions": () => ({ transactions: this.wallet }),
      "routerrpc.Router/SubscribeHtlcEvents": (_, stream) => {
        this.tell = (id) => {
          const [incoming_channel_id = "", incoming_htlc_id = ""] = id.split(":");
          const final_htlc_event = { settled: true, offchain: true };
          stream.write({ incoming_channel_id, incoming_htlc_id, final_htlc_event });
        };
      },
      "routerrpc.Router/HtlcInterceptor": (stream, hear) => {
        this.opened++;
        hear((decision) => this.decisions.push(decision));
        this.offer = (htlc) => stream.write(htlc);
        this.lose = () => stream.fail(new StubError("htlc switch is going down"));
      },
    });
  }

  /** What was said of an HTLC, without its key. */
  said(id: string): readonly Partial<HtlcDecision>[] {
    return this.decisions
      .filter(({ incoming_circuit_key: { chan_id, htlc_id } }) => `${chan_id}:${htlc_id}` === id)
      .map(({ incoming_circuit_key: _, ...decision }) => decision);
  }
}

let lnd: StubSwitch;
let stub: StubLnd;
let connection: LndConnection;
let deputy: LndDeputy | undefined;
let paid: PaidHashes;
let now: number;
let log: string[];
let settled: SettledInvoice[];

beforeEach(async () => {
  lnd = new StubSwitch();
  stub = await lnd.start();
  connection = new LndConnection(stub.access);
  paid = new PaidInMemory();
  now = NOW;
  log = [];
  settled = [];
});
afterEach(() => {
  deputy?.end();
  deputy = undefined;
  connection.close();
  stub.stop();
});

async function begin(record = paid): Promise<LndDeputy> {
  const facts = await askFacts(connection);
  deputy = new LndDeputy(
    connection,
    facts,
    {
      ...{ deputyKey: DEPUTY_KEY, keys: deputyKeys(MASTER, [KEY_ID]), paid: record, now: () => now },
      log: (_, line) => log.push(line),
    },
    (invoice) => settled.push(invoice),
  );
  await expect.poll(() => lnd.opened).toBe(1);
  return deputy;
}

const sell = (amount = sat(500)) =>
  decodeInvoice(makeDeputyInvoice(profile, { amount, description: "beer" }, { now: () => NOW }).invoice);

interface Part {
  readonly id?: string;
  readonly amount?: Msat;
  /** What the onion says, where it differs. */
  readonly promised?: Msat;
  readonly changes?: Partial<InterceptedHtlc>;
}

/** An HTLC as lnd offers it, with the onion that a payer of today makes. */
function offerOf(
  invoice: Invoice,
  { id = "7:1", amount = sat(500), promised = amount, changes = {} }: Part = {},
) {
  const [chan_id = "", htlc_id = ""] = id.split(":");
  const onion = buildOnion(
    [
      {
        nodeId: invoice.payee,
        payload: encodeHopPayload({
          amountToForward: promised,
          outgoingCltv: HEIGHT + 40,
          paymentData: { paymentSecret: invoice.paymentSecret, total: invoice.amount as Msat },
          ...(invoice.metadata && { paymentMetadata: invoice.metadata }),
        }),
      },
    ],
    { sessionKey: SESSION_KEY, associatedData: invoice.paymentHash },
  );
  return {
    incoming_circuit_key: { chan_id, htlc_id },
    payment_hash: Buffer.from(invoice.paymentHash),
    incoming_amount_msat: String(amount),
    outgoing_amount_msat: String(promised),
    incoming_expiry: HEIGHT + 82,
    outgoing_expiry: HEIGHT + 40,
    outgoing_requested_chan_id: String(DEPUTY_CHANNEL),
    onion_blob: Buffer.from(onion),
    auto_fail_height: HEIGHT + 63,
    ...changes,
  };
}

/** What the payer reads in a failure that the deputy has made. */
function failureIn(invoice: Invoice, decision: Partial<HtlcDecision> | undefined): Uint8Array {
  const { onion_blob } = offerOf(invoice);
  const { sharedSecret } = peelOnion(Uint8Array.from(onion_blob), DEPUTY_KEY, invoice.paymentHash);
  const clear = wrapFailure(sharedSecret, Uint8Array.from(decision?.failure_message ?? []));
  return clear.slice(34, 34 + ((clear[32] ?? 0) << 8) + (clear[33] ?? 0));
}
const details = (amount: Msat) => concatBytes(u16(0x400f), u64(amount), u32(HEIGHT));
/** Until all that was offered before was taken: offers something that is resumed. */
async function untilTaken(id: string): Promise<void> {
  lnd.offer(offerOf(sell(), { id, changes: { outgoing_requested_chan_id: "1" } }));
  await once(id);
}
const once = (id: string) => expect.poll(() => lnd.said(id)).toHaveLength(1);

describe("a deputy on lnd", () => {
  it("claims what its invoice asks for, and tells of it when lnd has settled it for certain", async () => {
    const deputy = await begin();
    const invoice = sell();
    const { paymentHash } = invoice;
    expect(await deputy.lookup(paymentHash)).toBeUndefined();
    lnd.offer(offerOf(invoice));
    await once("7:1");
    const [decision] = lnd.said("7:1");
    expect(decision).toMatchObject({ action: "SETTLE" });
    expect(sha256(Uint8Array.from(decision?.preimage ?? []))).toEqual(paymentHash);
    expect(await deputy.lookup(paymentHash)).toEqual({ state: "open" });
    expect(settled).toEqual([]);
    lnd.resolved.set("7:1", true);
    lnd.tell("7:1");
    await expect.poll(() => settled).toMatchObject([{ paymentHash, received: sat(500), settledAt: NOW }]);
    expect(await deputy.lookup(paymentHash)).toMatchObject({ state: "settled", received: sat(500) });
  });

  it("resumes what is not its own, also with bytes in it that nobody can read", async () => {
    await begin();
    const other = { outgoing_requested_chan_id: "1", onion_blob: Buffer.from("no onion") };
    lnd.offer(offerOf(sell(), { id: "1:1", changes: other }));
    await expect.poll(() => lnd.said("1:1")).toMatchObject([{ action: "RESUME" }]);
  });

  it("takes what comes in, not what the onion says: a node before it that keeps some is refused", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { amount: sat(1), promised: sat(500) }));
    await once("7:1");
    expect(lnd.said("7:1")).toMatchObject([{ action: "FAIL" }]);
    expect(failureIn(invoice, lnd.said("7:1")[0])).toEqual(details(sat(1)));
    expect(paid.find(invoice.paymentHash)).toBeUndefined();
  });

  it("refuses an HTLC that expires before the onion says", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { changes: { incoming_expiry: HEIGHT + 39, auto_fail_height: HEIGHT + 20 } }));
    await once("7:1");
    expect(failureIn(invoice, lnd.said("7:1")[0])).toEqual(details(sat(500)));
  });

  it("fails an onion for somebody else by its code", async () => {
    await begin();
    lnd.offer(offerOf({ ...sell(), payee: PEER }));
    await expect
      .poll(() => lnd.said("7:1"))
      .toMatchObject([{ action: "FAIL", failure_code: "INVALID_ONION_HMAC" }]);
  });

  it("holds parts until they add up, and claims them together", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { id: "7:1", amount: sat(200) }));
    lnd.offer(offerOf(invoice, { id: "7:2", amount: sat(300) }));
    await once("7:2");
    expect([lnd.said("7:1"), lnd.said("7:2")]).toMatchObject([
      [{ action: "SETTLE" }],
      [{ action: "SETTLE" }],
    ]);
    lnd.resolved.set("7:1", true);
    lnd.tell("7:1");
    lnd.resolved.set("7:2", true);
    lnd.tell("7:2");
    await expect.poll(() => settled).toMatchObject([{ received: sat(500) }]);
  });

  it("fails parts that do not add up within a minute", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { amount: sat(200) }));
    await untilTaken("1:1");
    expect(lnd.said("7:1")).toEqual([]);
    now += 61;
    await once("7:1");
    expect(failureIn(invoice, lnd.said("7:1")[0])).toEqual(hexToBytes("0017"));
  });

  it("does not count a part that lnd has let go of while the interceptor was lost", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { id: "7:1", amount: sat(300) }));
    await untilTaken("1:1");
    lnd.lose();
    await expect.poll(() => lnd.opened).toBe(2);
    lnd.offer(offerOf(invoice, { id: "7:2", amount: sat(200) }));
    await untilTaken("1:2");
    expect(paid.find(invoice.paymentHash)).toBeUndefined();
    lnd.offer(offerOf(invoice, { id: "7:3", amount: sat(300) }));
    await once("7:3");
    expect(lnd.said("7:1")).toEqual([]);
    expect(paid.find(invoice.paymentHash)?.htlcs).toEqual(["7:2", "7:3"]);
  });

  it("does not count a part that lnd fails by itself at this height", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice, { id: "7:1", amount: sat(300), changes: { auto_fail_height: HEIGHT + 1 } }));
    lnd.offer(offerOf(invoice, { id: "7:2", amount: sat(200) }));
    await once("7:1");
    expect(failureIn(invoice, lnd.said("7:1")[0])).toEqual(hexToBytes("0017"));
    expect(paid.find(invoice.paymentHash)).toBeUndefined();
  });

  it("decides nothing while its record cannot be written, and claims when it can", async () => {
    const record = paid;
    let isBroken = true;
    await begin({
      find: (hash) => record.find(hash),
      forgetExpired: (before) => record.forgetExpired(before),
      record(claim) {
        if (isBroken) throw new DeputyError("storage", "the disk is full");
        record.record(claim);
      },
    });
    const invoice = sell();
    lnd.offer(offerOf(invoice));
    await expect.poll(() => lnd.opened).toBe(2);
    expect(lnd.said("7:1")).toEqual([]);
    expect(log.join()).toMatch(/the disk is full/);
    isBroken = false;
    lnd.offer(offerOf(invoice));
    await expect.poll(() => lnd.said("7:1")).toMatchObject([{ action: "SETTLE" }]);
  });

  it("claims again what is on record when lnd offers it again, and only that", async () => {
    await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice));
    await once("7:1");
    lnd.lose();
    await expect.poll(() => lnd.opened).toBe(2);
    lnd.offer(offerOf(invoice));
    await expect.poll(() => lnd.said("7:1")).toHaveLength(2);
    expect(lnd.said("7:1")).toMatchObject([{ action: "SETTLE" }, { action: "SETTLE" }]);
    lnd.offer(offerOf(invoice, { id: "7:2" }));
    await once("7:2");
    expect(failureIn(invoice, lnd.said("7:2")[0])).toEqual(details(sat(500)));
  });

  it("says that a payment is not whole when lnd could not claim a part of it, and never that it is settled", async () => {
    const deputy = await begin();
    const invoice = sell();
    lnd.offer(offerOf(invoice));
    await once("7:1");
    lnd.resolved.set("7:1", false);
    await expect.poll(() => log.join()).toMatch(/is not whole: lnd could not claim 7:1/);
    expect(settled).toEqual([]);
    expect(await deputy.lookup(invoice.paymentHash)).toEqual({ state: "open" });
  });

  it("of which a part was claimed on the chain is settled when the channel is closed and lnd's wallet has the claim", async () => {
    const deputy = await begin();
    const invoice = sell();
    const claim = (sweep_txid: string) => ({
      resolution_type: "INCOMING_HTLC",
      outcome: "CLAIMED",
      sweep_txid,
    });
    lnd.isOffchain = false;
    lnd.resolved.set("7:1", true);
    lnd.offer(offerOf(invoice));
    await once("7:1");
    expect(await deputy.lookup(invoice.paymentHash)).toEqual({ state: "open" });
    const other = { resolution_type: "OUTGOING_HTLC", outcome: "CLAIMED", sweep_txid: "dd" };
    const timeout = { ...claim("ee"), outcome: "TIMEOUT" };
    lnd.closed = [
      { chan_id: "6", resolutions: [claim("cc")] },
      { chan_id: "7", resolutions: [claim("aa"), claim("bb"), other, timeout] },
    ];
    lnd.wallet = [
      { tx_hash: "aa", num_confirmations: 1 },
      { tx_hash: "bb", num_confirmations: 1 },
    ];
    expect(await deputy.lookup(invoice.paymentHash)).toMatchObject({ state: "settled", received: sat(500) });
    lnd.tell("7:1");
    await expect.poll(() => settled).toHaveLength(1);
  });

  it.each([
    ["is not in lnd's wallet", "aa", []],
    ["is not in a block", "aa", [{ tx_hash: "aa", num_confirmations: 0 }]],
    ["it does not name", undefined, []],
  ])(
    "that lnd calls claimed on the chain by a transaction that %s is not settled, and is said",
    async (_, claim, wallet) => {
      const deputy = await begin();
      const invoice = sell();
      lnd.isOffchain = false;
      lnd.resolved.set("7:1", true);
      const claims = claim === undefined ? [] : [claim];
      const one = { resolution_type: "INCOMING_HTLC", outcome: "CLAIMED" };
      lnd.closed = [{ chan_id: "7", resolutions: claims.map((sweep_txid) => ({ ...one, sweep_txid })) }];
      lnd.wallet = wallet;
      lnd.offer(offerOf(invoice));
      await once("7:1");
      lnd.tell("7:1");
      const words = /is not whole: the closed channel of 7:1 has an HTLC that lnd's wallet has not got/;
      await expect.poll(() => log.join()).toMatch(words);
      expect(await deputy.lookup(invoice.paymentHash)).toEqual({ state: "open" });
      expect(settled).toEqual([]);
    },
  );

  it("answers about an HTLC on the chain only to claim it: lnd ends the interceptor over anything else", async () => {
    await begin();
    const onChain = { auto_fail_height: HEIGHT + 82 };
    const [claimed, refused] = [sell(), sell()];
    lnd.offer(offerOf(claimed, { id: "1:1", changes: { ...onChain, outgoing_requested_chan_id: "1" } }));
    lnd.offer(offerOf(refused, { id: "7:1", amount: sat(1), promised: sat(500), changes: onChain }));
    lnd.offer(offerOf({ ...sell(), payee: PEER }, { id: "7:2", changes: onChain }));
    lnd.offer(offerOf(claimed, { id: "7:3", changes: onChain }));
    await once("7:3");
    expect(lnd.said("7:3")).toMatchObject([{ action: "SETTLE" }]);
    expect(lnd.decisions).toHaveLength(1);
  });

  it("is refused by an lnd that would lose what it holds, with the lines to add", async () => {
    lnd.flags = { require_htlc_interceptor: false, store_final_htlc_resolutions: false };
    const error = await begin().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NodeError);
    expect(error).toMatchObject({
      code: "not-ready",
      hint: expect.stringContaining("requireinterceptor=true, store-final-htlc-resolutions=true"),
    });
  });
});
