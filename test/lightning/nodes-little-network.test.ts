import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { msat, sat } from "../../common/index.js";
import { type LdkNode, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { newFolder } from "../../testing/hooks.js";

async function payOnce(payer: LdkNode, merchant: LdkNode, maxFee = msat(0n)) {
  const { invoice, paymentHash } = await merchant.createInvoice({
    amount: sat(1000),
    description: "beer",
    expirySeconds: 600,
  });
  const paid = await payer.pay({ invoice, maxFee });
  return { paid, invoice: await merchant.lookupInvoice(paymentHash) };
}

test("payer and merchant are direct peers and pay each other", async () => {
  const network = await startLittleNetwork();
  try {
    const { payer, merchant } = network;
    for (const [from, to] of [
      [payer, merchant],
      [merchant, payer],
    ] as const) {
      const { paid, invoice } = await payOnce(from, to);
      expect(paid).toMatchObject({ state: "settled", fee: 0n });
      expect(invoice).toMatchObject({ state: "settled", received: 1_000_000n });
    }
  } finally {
    await network.close();
  }
});

test("a routing node between them earns its fee, and never more than the payer allows", async () => {
  const network = await startLittleNetwork({
    router: true,
    routing: { forwardingFees: { base: 1000, proportional: 100 } },
  });
  try {
    const { payer, merchant } = network;
    const { paid } = await payOnce(payer, merchant, msat(1100n));
    expect(paid).toMatchObject({ state: "settled", fee: 1100n });
    const { paid: tooDear, invoice } = await payOnce(payer, merchant, msat(1099n));
    expect(tooDear).toMatchObject({ state: "failed", reason: expect.stringContaining("no route") });
    expect(invoice).toEqual({ state: "open" });
  } finally {
    await network.close();
  }
});

test("a payment is locked up for no more blocks than the payer allows", async () => {
  const network = await startLittleNetwork({ router: true });
  try {
    // 40 for the payee, 72 for the routing node, and one because a payment counts from the next block.
    const NEEDED = 113;
    for (const [maxCltv, state] of [
      [NEEDED - 1, "failed"],
      [NEEDED, "settled"],
      [NEEDED + 8, "settled"],
      [NEEDED + 48, "settled"],
      [2016, "settled"],
    ] as const) {
      const { invoice } = await network.merchant.createInvoice({
        amount: sat(1000),
        description: "beer",
        expirySeconds: 600,
      });
      const paid = await network.payer.pay({ invoice, maxFee: sat(10), maxCltv });
      expect([maxCltv, paid.state]).toEqual([maxCltv, state]);
    }
  } finally {
    await network.close();
  }
});

test("a network in a folder goes on with its channels, and its files are the owner's alone", async () => {
  const directory = newFolder();
  try {
    const first = await startLittleNetwork({ directory, router: true });
    const before = await first.merchant.info();
    await payOnce(first.payer, first.merchant, sat(10));
    await first.close();
    for (const name of ["chain", "merchant", "payer", "router"])
      expect(statSync(join(directory, `${name}.db`)).mode & 0o777).toBe(0o600);
    const second = await startLittleNetwork({ directory, router: true });
    try {
      const after = await second.merchant.info();
      expect(after.nodeId).toEqual(before.nodeId);
      expect(after.addresses).toEqual(before.addresses);
      const outbound = async () => (await second.merchant.info()).outbound;
      await expect.poll(outbound).toBe(before.outbound + sat(1000));
      const { paid } = await payOnce(second.payer, second.merchant, sat(10));
      expect(paid.state).toBe("settled");
    } finally {
      await second.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
