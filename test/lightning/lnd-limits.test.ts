import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesToHex, type Msat, sat } from "../../common/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { callsOf } from "../../lightning/nodes/lnd/permissions.js";
import { newFolder } from "../../testing/hooks.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd } from "../../testing/lnd/ready-lnd.js";
import { StubError, StubLnd } from "../../testing/lnd/stub-lnd.js";
import { preimageOf, testInvoice } from "../../testing/nodes/scripted-node.js";

const root = newFolder("memory");
const HASH = sha256(preimageOf(1));
const SETTLED = {
  status: "SUCCEEDED" as const,
  payment_hash: bytesToHex(HASH),
  payment_preimage: bytesToHex(preimageOf(1)),
  fee_msat: "0",
};

let stub: StubLnd;
let node: LndNode | undefined;

beforeEach(async () => {
  stub = await StubLnd.start(mkdtempSync(join(root, "lnd-")), {});
  stub.macaroon = bakedMacaroon(callsOf(["issuer"]).map((method) => `uri:/${method}`));
  stub.writeFiles();
});
afterEach(async () => {
  await node?.close();
  stub.stop();
});

/** Pays an invoice of this amount, and tells how it went and whether lnd was asked to pay. */
async function pay(network: "mainnet" | "regtest", amount: Msat, maxPayment?: Msat) {
  stub.calls = {
    ...readyLnd(network),
    "routerrpc.Router/SendPaymentV2": (_, stream) =>
      stream.write({ ...SETTLED, value_msat: amount.toString() }),
    "routerrpc.Router/TrackPaymentV2": (_, stream) =>
      stream.fail(new StubError("payment isn't initiated", status.NOT_FOUND)),
  };
  node = await LndNode.start({ ...stub.access, roles: ["issuer"], maxPayment });
  const prefix = network === "mainnet" ? "bc" : "bcrt";
  const invoice = testInvoice(1, amount, Math.floor(Date.now() / 1000), { network: prefix });
  const state = await node.pay({ invoice, maxFee: sat(1), timeoutMs: 2_000 });
  return { state, isSent: stub.made.includes("routerrpc.Router/SendPaymentV2") };
}

describe("the limit of one payment on lnd", () => {
  it("is 1,000,000 sat on mainnet unless another one is configured", async () => {
    const { state, isSent } = await pay("mainnet", sat(1_000_001));
    expect(isSent).toBe(false);
    expect(state).toEqual({
      state: "failed",
      reason: "1,000,001 sat is more than the limit of one payment, 1,000,000 sat (maxPayment)",
    });
  });

  it.each<["mainnet" | "regtest", Msat, Msat | undefined]>([
    ["mainnet", sat(1_000_000), undefined],
    ["mainnet", sat(2_000_000), sat(2_000_000)],
    ["regtest", sat(5_000_000), undefined],
  ])("lets pass what is not above it: on %s %s msat with %s", async (network, amount, maxPayment) => {
    expect(await pay(network, amount, maxPayment)).toMatchObject({
      state: { state: "settled" },
      isSent: true,
    });
  });

  it("holds on every network where it is configured", async () => {
    expect(await pay("regtest", sat(501), sat(500))).toMatchObject({
      state: { state: "failed", reason: expect.stringContaining("the limit of one payment, 500 sat") },
      isSent: false,
    });
  });
});
