import { join } from "node:path";
import { newFolder } from "../hooks.js";
import { Btcd } from "./btcd.js";
import { Lnd, type LndOptions } from "./lnd.js";

/** A chain and nodes on loopback. */
export interface LndNetwork {
  readonly btcd: Btcd;
  readonly nodes: readonly Lnd[];
  stop(): Promise<void>;
}

export type NodePlan = Pick<LndOptions, "alias"> & Partial<LndOptions>;

/**
 * Starts btcd and an lnd of each plan; the first has coins. They end with `stop`, or with this process, however it ends.
 */
export async function startLndNetwork(plans: readonly NodePlan[]): Promise<LndNetwork> {
  const folder = newFolder();
  const btcd = await Btcd.start(join(folder, "btcd"));
  const started = await Promise.allSettled(
    plans.map((plan, i) =>
      Lnd.start({ btcd, directory: join(folder, plan.alias), isMiner: i === 0, ...plan }),
    ),
  );
  const nodes = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await btcd.stop();
  };
  const failed = started.find((one) => one.status === "rejected");
  if (!failed) return { btcd, nodes, stop };
  await stop();
  throw failed.reason;
}
