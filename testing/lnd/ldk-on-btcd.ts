import { join } from "node:path";
import { bytesToHex } from "../../common/index.js";
import { LdkNode, type LdkNodeOptions } from "../../lightning/nodes/ldk/index.js";
import { newFolder } from "../hooks.js";
import type { Btcd } from "./btcd.js";
import { BtcdChain } from "./btcd-chain.js";
import { connectPeers, fundChannel, routable } from "./channels.js";
import type { Lnd } from "./lnd.js";
import { startLndNetwork } from "./network.js";
import { payFrom, type SentPayment } from "./pay.js";
import { eventually } from "./process.js";

/** An lnd and an embedded node with a channel between them, each with half of it, on btcd's chain. */
export interface LdkOnBtcd {
  readonly btcd: Btcd;
  readonly chain: BtcdChain;
  readonly lnd: Lnd;
  readonly ldk: LdkNode;
  payFromLnd(invoice: string): Promise<SentPayment>;
  stop(): Promise<void>;
}

export interface LdkOnBtcdOptions {
  readonly ldk?: Partial<LdkNodeOptions>;
  /** Of lnd. */
  readonly flags?: readonly string[];
  /** Another lnd than the newest. */
  readonly program?: string;
}

export async function startLdkOnBtcd({
  ldk: options,
  flags = [],
  program,
}: LdkOnBtcdOptions): Promise<LdkOnBtcd> {
  const { btcd, nodes, stop } = await startLndNetwork([{ alias: "lnd", flags, ...(program && { program }) }]);
  const [lnd] = nodes;
  if (!lnd) throw new Error("the network has no lnd");
  const chain = await BtcdChain.open(btcd);
  const file = join(newFolder(), "ldk.db");
  const ldk = await LdkNode.start({ network: "bcrt", chain, alias: "ldk", file, ...options });
  const { nodeId, addresses } = await ldk.info();
  const peer = { nodeId: bytesToHex(nodeId), address: addresses[0] ?? "" };
  await connectPeers(lnd, peer);
  // The embedded node has no wallet, and announces nothing.
  await fundChannel(btcd, lnd, peer.nodeId, { sat: 4_000_000, pushSat: 2_000_000, isPrivate: true });
  await eventually("the embedded node uses the channel", async () => (await ldk.info()).outbound > 0n);
  await routable(lnd, peer.nodeId);
  return {
    ...{ btcd, chain, lnd, ldk },
    payFromLnd: (invoice) => payFrom(lnd, { payment_request: invoice }),
    async stop() {
      await ldk.close();
      await chain.close();
      await stop();
    },
  };
}
