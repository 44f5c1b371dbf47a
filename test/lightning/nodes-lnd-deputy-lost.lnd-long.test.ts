import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { DeputyLine } from "../../testing/lnd/deputy-line.js";
import type { Lnd } from "../../testing/lnd/lnd.js";
import { eventually } from "../../testing/lnd/process.js";

/** Blocks after which everything of a closed channel is settled. */
const MAX_BLOCKS = 1_500;

let net: DeputyLine;
beforeAll(async () => {
  net = await DeputyLine.start();
});
afterAll(() => net.stop());

it("a deputy's HTLC that the payer took back on the chain is never settled, though lnd says so", async () => {
  const { payer, router, recipient } = net.line;
  net.end();
  const hanging = net.hang();
  const { invoice, paymentHash } = net.sell(sat(200_000));
  const paying = net.pay(invoice, { timeout_seconds: 600, fee_limit_msat: "10000000" });
  await eventually("lnd holds the HTLC", () => hanging.offered.includes(bytesToHex(paymentHash)));
  hanging.end();
  const { channels } = await recipient.get<{ channels: { channel_point: string; chan_id: string }[] }>(
    "/v1/channels",
  );
  const { channel_point = "", chan_id = "" } = channels[0] ?? {};
  const path = `/v1/channels/${channel_point.replace(":", "/")}?force=true`;
  await router.stream({ method: "DELETE", path }).next();
  await mineUntil([router, recipient], () => recipient.log().includes("StateWaitingFullResolution"), 1);
  await net.begin();
  // lnd would publish its claim at the next block, and does not live to see it.
  await eventually("lnd is about to claim", () => recipient.log().includes("offering direct-preimage HTLC"));
  await recipient.stop("SIGKILL");
  let isOver = false;
  void paying.finally(() => {
    isOver = true;
  });
  await mineUntil([payer, router], () => isOver, 4);
  expect(await paying).toMatchObject({ status: "FAILED" });
  await recipient.launch();
  const resolution = () =>
    recipient
      .get<{ settled: boolean; offchain: boolean }>(`/v1/htlc-resolution/${chan_id}/0`)
      .catch(() => undefined);
  await expect.poll(resolution).toEqual({ settled: true, offchain: false });
  await expect
    .poll(() => net.node.lookupInvoice(paymentHash).catch(() => undefined))
    .toEqual({ state: "open" });
  await mineUntil([payer, router, recipient], () => net.log.some((line) => line.includes("is not whole")), 4);
  expect(net.log.join("\n")).toMatch(/has an HTLC that lnd's wallet has not got/);
  expect(await net.node.lookupInvoice(paymentHash)).toEqual({ state: "open" });
  expect(net.settled).toEqual([]);
});

/** Makes blocks until something holds, each time after these nodes have seen the last ones. */
async function mineUntil(nodes: readonly Lnd[], holds: () => boolean, blocks: number): Promise<void> {
  const { btcd } = net.line;
  const end = (await btcd.height()) + MAX_BLOCKS;
  while (!holds()) {
    await btcd.mine(blocks);
    const height = await btcd.height();
    expect(height).toBeLessThan(end);
    for (const lnd of nodes)
      await eventually("lnd sees the block", async () => {
        const { block_height } = await lnd.get<{ block_height: number }>("/v1/getinfo");
        return block_height >= height;
      });
    await sleep(500);
  }
}
