import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { sendCoins } from "../../testing/lnd/channels.js";
import { DeputyLine } from "../../testing/lnd/deputy-line.js";
import { eventually } from "../../testing/lnd/process.js";

/** Blocks after which everything of a closed channel is settled. */
const MAX_BLOCKS = 1_500;

let net: DeputyLine;
beforeAll(async () => {
  net = await DeputyLine.start();
});
afterAll(() => net.stop());

it("a deputy's HTLC that is in flight when its channel is closed by force is claimed on the chain", async () => {
  const { btcd, recipient } = net.line;
  // Claiming on the chain takes fees that the claim itself does not pay.
  await sendCoins(btcd, net.line.payer, recipient, 1_000_000);
  net.end();
  const hanging = net.hang();
  const { invoice, paymentHash } = net.sell(sat(200_000));
  const paying = net.pay(invoice, { timeout_seconds: 600, fee_limit_msat: "10000000" });
  await eventually("lnd holds the HTLC", () => hanging.offered.includes(bytesToHex(paymentHash)));
  hanging.end();
  const [channel] = (await recipient.get<{ channels: { channel_point: string }[] }>("/v1/channels")).channels;
  const [txid = "", index = ""] = channel?.channel_point.split(":") ?? [];
  // Ends with the closing transaction in a block, which comes below.
  const closing = recipient.stream({
    method: "DELETE",
    path: `/v1/channels/${txid}/${index}?force=true`,
  });
  await closing.next();
  await btcd.mine(1);
  await recipient.untilSynced();
  await net.begin();
  let isPaid = false;
  void paying.finally(() => {
    isPaid = true;
  });
  await mineUntil(() => isPaid, 1);
  expect(await paying).toMatchObject({ status: "SUCCEEDED" });
  // The claim itself is final when its own delay is over.
  await mineUntil(async () => (await net.node.lookupInvoice(paymentHash)).state === "settled", 20);
  expect(await net.node.lookupInvoice(paymentHash)).toMatchObject({ received: sat(200_000) });
  await expect.poll(() => net.settled).toMatchObject([{ paymentHash, received: sat(200_000) }]);
});

/** Makes blocks until something holds, and gives the nodes time to answer them, as a miner of the real chain does. */
async function mineUntil(holds: () => boolean | Promise<boolean>, blocks: number): Promise<void> {
  const { btcd, recipient } = net.line;
  const end = (await btcd.height()) + MAX_BLOCKS;
  while (!(await holds())) {
    await btcd.mine(blocks);
    const height = await btcd.height();
    expect(height).toBeLessThan(end);
    await eventually("lnd sees the block", async () => {
      const { block_height } = await recipient.get<{ block_height: number }>("/v1/getinfo");
      return block_height >= height;
    });
    await sleep(500);
  }
}
