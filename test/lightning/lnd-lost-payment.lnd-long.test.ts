import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { newFolder } from "../../testing/hooks.js";
import { openChannel } from "../../testing/lnd/channels.js";
import type { Lnd } from "../../testing/lnd/lnd.js";
import { type LndNetwork, startLndNetwork } from "../../testing/lnd/network.js";
import { eventually } from "../../testing/lnd/process.js";
import { type TcpLink, tcpLink } from "./tcp-link.js";

/** Blocks beyond the expiry that the rule waits for here. */
const BEYOND = 6;
const TRIES = 12;

let network: LndNetwork;
let payer: Lnd;
let merchant: Lnd;
let link: TcpLink;
const folder = newFolder();

beforeAll(async () => {
  link = await tcpLink(() => merchant.port.peers);
  network = await startLndNetwork([{ alias: "payer" }, { alias: "merchant", announcedPort: link.port }]);
  const [first, second] = network.nodes;
  if (!first || !second) throw new Error("the network is not whole");
  [payer, merchant] = [first, second];
  await openChannel(network.btcd, payer, merchant, { sat: 4_000_000, pushSat: 1_000_000 });
});
afterAll(async () => {
  await network.stop();
  await link.close();
});

const attach = () =>
  LndNode.start({
    ...payer.access,
    roles: ["issuer"],
    record: join(folder, "record.db"),
    lostPayments: { blocksBeyond: BEYOND, lookAgainMs: 300 },
  });
const usable = () =>
  eventually("the channel is usable", async () => {
    const { channels } = await payer.get<{ channels: { active: boolean }[] }>("/v1/channels");
    return channels.length > 0 && channels.every(({ active }) => active);
  });
/** What lnd itself says of a payment. */
async function statusOf(paymentHash: Uint8Array): Promise<string | undefined> {
  const { payments } = await payer.get<{ payments: { payment_hash: string; status: string }[] }>(
    "/v1/payments?include_incomplete=true",
  );
  return payments.find(({ payment_hash }) => payment_hash === bytesToHex(paymentHash))?.status;
}
/** Makes blocks one by one, so that nobody falls behind. */
async function mine(blocks: number, each: () => Promise<unknown> = async () => {}): Promise<void> {
  for (let made = 0; made < blocks; made++) {
    await network.btcd.mine();
    const height = await network.btcd.height();
    await eventually("the payer has the block", async () => {
      const info = await payer.get<{ block_height: number; synced_to_chain: boolean }>("/v1/getinfo");
      return info.block_height === height && info.synced_to_chain;
    });
    await each();
  }
}

/** Kills lnd between the record of an attempt and its HTLC, as its log shows. @returns the payment that is stuck */
async function killInTheWindow(): Promise<{ invoice: string; paymentHash: Uint8Array }> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    await usable();
    const { payment_request: invoice } = await merchant.post<{ payment_request: string }>("/v1/invoices", {
      value: "1000",
      expiry: "86400",
    });
    const { paymentHash } = decodeInvoice(invoice);
    const node = await attach();
    link.freeze();
    const paying = node.pay({ invoice, maxFee: msat(0n), timeoutMs: 20_000 });
    await eventually(
      "the payment is on record",
      async () => (await node.lookupPayment(paymentHash)).state === "unknown",
    );
    await payer.stop("SIGKILL");
    await node.close();
    expect((await paying).state).toBe("unknown");
    const before = payer.log().length;
    link.heal();
    await payer.launch();
    if (/Payment circuits loaded: num_pending=1, num_open=0/.test(payer.log().slice(before)))
      return { invoice, paymentHash };
    await eventually("the payment ends by itself", async () => (await statusOf(paymentHash)) !== "IN_FLIGHT");
  }
  throw new Error(`lnd was not killed in the window in ${TRIES} tries`);
}

describe("a payment of a real lnd", () => {
  it("whose HTLC lnd never sent has failed once it cannot be sent any more, and not earlier", async () => {
    const { invoice, paymentHash } = await killInTheWindow();
    await usable();
    let node = await attach();
    const look = async () => (await node.lookupPayment(paymentHash)).state;
    const lookTwice = async () => {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return await look();
    };
    expect(await lookTwice()).toBe("unknown");
    // Also over another restart.
    await node.close();
    await payer.stop("SIGTERM");
    await payer.launch();
    await usable();
    node = await attach();
    expect(await lookTwice()).toBe("unknown");
    const { payments } = await payer.get<{
      payments: { payment_hash: string; htlcs: { route: { total_time_lock: number } }[] }[];
    }>("/v1/payments?include_incomplete=true");
    const stuck = payments.find(({ payment_hash }) => payment_hash === bytesToHex(paymentHash));
    const expiry = stuck?.htlcs[0]?.route.total_time_lock ?? 0;
    await mine(expiry + BEYOND - 1 - (await network.btcd.height()));
    expect(await lookTwice()).toBe("unknown");
    await mine(1);
    await usable();
    expect(await lookTwice()).toBe("failed");
    expect(await statusOf(paymentHash)).toBe("IN_FLIGHT");
    // Nobody was paid, and a new call neither pays nor waits for ever.
    expect(await node.pay({ invoice, maxFee: sat(1) })).toMatchObject({ state: "failed" });
    const { state } = await merchant.get<{ state: string }>(`/v1/invoice/${bytesToHex(paymentHash)}`);
    expect(state).not.toBe("SETTLED");
    await node.close();
  });

  it("whose HTLC is out is never called failed before lnd says so, not even beyond its expiry", async () => {
    const preimage = new Uint8Array(32).fill(5);
    const hash = sha256(preimage);
    const { payment_request: invoice } = await merchant.post<{ payment_request: string }>(
      "/v2/invoices/hodl",
      {
        hash: Buffer.from(hash).toString("base64"),
        value: "200000",
        expiry: "86400",
      },
    );
    const node = await attach();
    await usable();
    expect(await node.pay({ invoice, maxFee: msat(0n), timeoutMs: 2_000 })).toEqual({ state: "unknown" });
    await eventually("the HTLC is on the channel", async () => {
      const { channels } = await payer.get<{ channels: { pending_htlcs: unknown[] }[] }>("/v1/channels");
      return channels.some(({ pending_htlcs }) => pending_htlcs.length > 0);
    });
    // Away, it neither settles nor fails it: lnd has to go to the chain.
    await merchant.stop("SIGKILL");
    let isOver = false;
    const look = async () => {
      const before = await statusOf(hash);
      const { state } = await node.lookupPayment(hash);
      const after = await statusOf(hash);
      if (before === "IN_FLIGHT" && after === "IN_FLIGHT") expect(state).toBe("unknown");
      isOver ||= after === "FAILED";
    };
    for (let blocks = 0; blocks < 400 && !isOver; blocks += 10) await mine(10, look);
    expect(await node.lookupPayment(hash)).toMatchObject({ state: "failed" });
    expect(await statusOf(hash)).toBe("FAILED");
    await node.close();
  });
});
