import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesToHex, hexToBytes, sat } from "../../common/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { readDeputyProfile, writeDeputyProfile } from "../../lightning/dpp/index.js";
import { openChannel } from "../../testing/lnd/channels.js";
import { DeputyLine } from "../../testing/lnd/deputy-line.js";
import { payFrom, type SentPayment } from "../../testing/lnd/pay.js";
import { eventually } from "../../testing/lnd/process.js";

let net: DeputyLine;
beforeAll(async () => {
  net = await DeputyLine.start();
});
afterAll(() => net.stop());

/** A payment whose HTLC lnd holds, since our program dies without an answer about it. */
async function heldPayment() {
  net.end();
  const hanging = net.hang();
  const { invoice, paymentHash } = net.sell();
  // The first attempts fail until the interceptor is in force.
  const paying = net.pay(invoice);
  await eventually("lnd holds the HTLC", () => hanging.offered.includes(bytesToHex(paymentHash)));
  hanging.end();
  return { paying, paymentHash };
}

async function expectClaimed(paying: Promise<SentPayment>, paymentHash: Uint8Array): Promise<void> {
  const paid = await paying;
  expect(paid).toMatchObject({ status: "SUCCEEDED" });
  await expect.poll(() => net.settled.at(-1)).toMatchObject({ paymentHash });
  expect(await net.node.lookupInvoice(paymentHash)).toMatchObject({ state: "settled", received: sat(500) });
}

test("a terminal's profile is written and read like any other", () => {
  expect(readDeputyProfile(writeDeputyProfile(net.profile))).toEqual(net.profile);
});

test("lnd pays an invoice that the recipient's lnd never saw, over a router", async () => {
  const { invoice, paymentHash } = net.sell();
  expect(await net.node.lookupInvoice(paymentHash)).toEqual({ state: "not-found" });
  const paid = await net.pay(invoice);
  expect(paid).toMatchObject({ status: "SUCCEEDED" });
  const preimage = hexToBytes(paid.payment_preimage);
  expect(sha256(preimage)).toEqual(paymentHash);
  expect(paid.htlcs.at(-1)?.route.hops.at(-1)?.pub_key).toBe(bytesToHex(decodeInvoice(invoice).payee));
  await expect.poll(() => net.settled).toHaveLength(1);
  expect(net.settled[0]).toMatchObject({ paymentHash, preimage, received: sat(500) });
  expect(await net.node.lookupInvoice(paymentHash)).toMatchObject({
    state: "settled",
    received: sat(500),
    preimage,
  });
});

test("lnd pays a deputy in parts, which are claimed together", async () => {
  const { invoice, paymentHash } = net.sell(sat(3_000));
  const paid = await net.pay(invoice, { max_shard_size_msat: "1000000" });
  expect(paid).toMatchObject({ status: "SUCCEEDED" });
  expect(paid.htlcs.filter(({ status }) => status === "SUCCEEDED").length).toBeGreaterThan(1);
  await expect.poll(() => net.settled.at(-1)).toMatchObject({ paymentHash, received: sat(3_000) });
});

test("a second payment of a paid invoice is refused as the deputy, and tried no further", async () => {
  const { invoice } = net.sell();
  expect(await net.pay(invoice)).toMatchObject({ status: "SUCCEEDED" });
  const second = await payFrom(net.line.router, { payment_request: invoice });
  expect(second).toMatchObject({
    status: "FAILED",
    failure_reason: "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS",
  });
  expect(second.htlcs).toHaveLength(1);
  expect(net.log.at(-1)).toMatch(/was paid before/);
});

test("an invoice of a revoked terminal fails once, with the failure that the deputy would send", async () => {
  const paid = await net.pay(net.sell(sat(10), net.revokedProfile()).invoice);
  expect(paid).toMatchObject({
    status: "FAILED",
    failure_reason: "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS",
  });
  expect(paid.htlcs).toHaveLength(1);
  const [htlc] = paid.htlcs;
  expect(htlc?.failure).toMatchObject({
    code: "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS",
    failure_source_index: htlc?.route.hops.length,
  });
});

test("an HTLC that is held when our program dies is offered to the next one, and claimed", async () => {
  const { paying, paymentHash } = await heldPayment();
  await net.begin();
  await expectClaimed(paying, paymentHash);
});

test("a claim that is on record when our program dies, and not with lnd yet, is made by the next one", async () => {
  net.end();
  // As if the process ended: nothing that it writes after the record arrives.
  await net.begin({ onRecord: () => net.end() });
  const { invoice, paymentHash } = net.sell();
  const paying = net.pay(invoice);
  await eventually("our program has ended", () => !net.isRunning);
  expect(net.log.at(-1)).not.toMatch(/again/);
  await net.begin();
  await expectClaimed(paying, paymentHash);
  expect(net.log.filter((line) => line.includes(bytesToHex(paymentHash))).at(-1)).toMatch(/claimed again$/);
});

test("lnd that is killed while it holds an HTLC offers it again, and it is claimed", async () => {
  const { paying, paymentHash } = await heldPayment();
  await net.line.recipient.stop("SIGKILL");
  await net.line.recipient.launch();
  await net.begin();
  await expectClaimed(paying, paymentHash);
});

test("lnd that is killed the moment a claim is on record loses nothing, and our program goes on by itself", async () => {
  let killing: Promise<void> | undefined;
  net.end();
  await net.begin({
    onRecord: () => {
      killing ??= net.line.recipient.stop("SIGKILL");
    },
  });
  const { invoice, paymentHash } = net.sell();
  const paying = net.pay(invoice);
  await eventually("the claim is on record", () => killing !== undefined);
  await killing;
  await net.line.recipient.launch();
  await expectClaimed(paying, paymentHash);
});

test("an end that our program did not see is known to the next one", async () => {
  const { invoice, paymentHash } = net.sell();
  expect(await net.pay(invoice)).toMatchObject({ status: "SUCCEEDED" });
  net.end();
  await net.line.recipient.stop();
  await net.line.recipient.launch();
  await net.begin();
  const settled = { state: "settled", received: sat(500) };
  await expect.poll(() => net.node.lookupInvoice(paymentHash)).toMatchObject(settled);
});

test("a forward that is not for the deputy passes the interceptor at once", async () => {
  const { btcd, router, recipient, payer } = net.line;
  await openChannel(btcd, payer, recipient, { sat: 1_000_000, pushSat: 500_000 });
  const { payment_request } = await payer.post<{ payment_request: string }>("/v1/invoices", { value: "100" });
  const between = (paid: SentPayment) => paid.htlcs.at(-1)?.route.hops[0]?.pub_key;
  // The router has nothing to send on its channel with the payer, so that it goes through the recipient's lnd.
  await eventually("the router knows the new channel", async () => {
    const paid = await payFrom(router, { payment_request, timeout_seconds: 5 });
    return paid.status === "SUCCEEDED" && between(paid) === recipient.nodeId;
  });
});
