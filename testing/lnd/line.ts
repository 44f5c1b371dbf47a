import { openChannel, sendCoins } from "./channels.js";
import type { Lnd } from "./lnd.js";
import { type LndNetwork, startLndNetwork } from "./network.js";
import { eventually } from "./process.js";

/** Three lnd in a row: payer, router, recipient. */
export interface LndLine extends Pick<LndNetwork, "btcd" | "stop"> {
  readonly payer: Lnd;
  readonly router: Lnd;
  readonly recipient: Lnd;
}

/** Starts the line with public channels of 5,000,000 sat. @param recipientFlags of lnd's own */
export async function startLndLine(recipientFlags: readonly string[] = []): Promise<LndLine> {
  const { btcd, nodes, stop } = await startLndNetwork([
    { alias: "payer" },
    { alias: "router" },
    { alias: "recipient", flags: recipientFlags },
  ]);
  const [payer, router, recipient] = nodes;
  if (!payer || !router || !recipient) throw new Error("the network is not whole");
  await openChannel(btcd, payer, router, { sat: 5_000_000 });
  await sendCoins(btcd, payer, router, 10_000_000);
  await openChannel(btcd, router, recipient, { sat: 5_000_000, pushSat: 1_000_000 });
  await eventually("the payer knows both channels", async () => {
    const { edges } = await payer.get<{ edges: { node1_policy: unknown; node2_policy: unknown }[] }>(
      "/v1/graph",
    );
    return edges.filter((edge) => edge.node1_policy && edge.node2_policy).length === 2;
  });
  return { btcd, payer, router, recipient, stop };
}
