import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesToHex, hexToBytes, sat } from "../../common/index.js";
import { type LdkOnBtcd, startLdkOnBtcd } from "../../testing/lnd/ldk-on-btcd.js";

let network: LdkOnBtcd;
beforeAll(async () => {
  network = await startLdkOnBtcd({});
});
afterAll(() => network.stop());

it("lnd pays LDK and LDK pays lnd, on btcd's chain", async () => {
  const { lnd, ldk } = network;
  const there = await ldk.createInvoice({ amount: sat(1000), description: "beer", expirySeconds: 600 });
  expect(await network.payFromLnd(there.invoice)).toMatchObject({ status: "SUCCEEDED" });
  expect(await ldk.lookupInvoice(there.paymentHash)).toMatchObject({ state: "settled", received: sat(1000) });
  const back = await lnd.post<{ payment_request: string; r_hash: string }>("/v1/invoices", { value: "500" });
  expect(await ldk.pay({ invoice: back.payment_request, maxFee: sat(1) })).toMatchObject({
    state: "settled",
  });
  const hash = bytesToHex(Buffer.from(back.r_hash, "base64"));
  expect(await lnd.get(`/v1/invoice/${hash}`)).toMatchObject({ state: "SETTLED", amt_paid_sat: "500" });
  expect((await ldk.info()).blockHeight).toBe(await network.btcd.height());
  expect(hexToBytes(lnd.nodeId)).toHaveLength(33);
});
