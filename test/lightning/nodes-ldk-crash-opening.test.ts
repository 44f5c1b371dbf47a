import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { msat, sat } from "../../common/index.js";
import { connectNodes, LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import type { CommitObserver } from "../../lightning/nodes/ldk/pump.js";
import { newFolder } from "../../testing/hooks.js";
import type { Phase } from "./crash-harness.js";

type Role = "opener" | "acceptor";

const CAPACITY = sat(1_000_000);
/** More commits than either side makes for a start and a new channel. */
const MAX_COMMITS = 20;

/** Opens a channel while `victim` dies around its commit number `count`; then both go on. @returns whether it died */
async function openWhileDying(victim: Role, phase: Phase, count: number): Promise<boolean> {
  const directory = newFolder();
  const chain = new SimulatedChain();
  chain.mine();
  const open = (name: Role, onCommit?: CommitObserver) =>
    LdkNode.start({
      network: "bcrt",
      chain,
      file: join(directory, `${name}.db`),
      ...(onCommit ? { onCommit } : {}),
    });
  const nodes = new Map<Role, LdkNode>();
  let died = false;
  try {
    for (const name of ["acceptor", "opener"] as const) {
      const start = open(name, (at, commit) => {
        if (name !== victim || at !== phase || commit !== count) return;
        died = true;
        throw new Error("the power is gone");
      });
      await start.then(
        (node) => nodes.set(name, node),
        () => undefined,
      );
    }
    const both = async (timeoutMs: number) => {
      const [opener, acceptor] = [nodes.get("opener"), nodes.get("acceptor")];
      if (!opener || !acceptor) throw new Error("one of them has died");
      await connectNodes(opener, acceptor);
      const { nodeId: peer } = await acceptor.info();
      if (!opener.hasChannel(peer)) await opener.openChannel({ peer, capacity: CAPACITY, timeoutMs });
      return { opener, acceptor };
    };
    // When one of them dies, the other waits in vain.
    await both(500).catch(() => undefined);
    await nodes.get(victim)?.close();
    nodes.set(victim, await open(victim));

    const { opener, acceptor } = await both(20_000);
    // The block in which the funding may lie, if it was on its way when the power went.
    chain.mine();
    expect(await opener.channelsReady(120_000)).toBe(true);
    expect(await acceptor.channelsReady(120_000)).toBe(true);
    const { invoice } = await acceptor.createInvoice({ amount: sat(5), description: "", expirySeconds: 60 });
    expect((await opener.pay({ invoice, maxFee: msat(0n) })).state).toBe("settled");
    return died;
  } finally {
    for (const node of nodes.values()) await node.close();
    chain.close();
    rmSync(directory, { recursive: true });
  }
}

test.each<[Role, Phase]>([
  ["opener", "before"],
  ["opener", "after"],
  ["acceptor", "before"],
  ["acceptor", "after"],
])(
  "when the %s of a channel loses its power %s any commit, there is a good channel in the end",
  async (role, phase) => {
    let count = 1;
    while (count <= MAX_COMMITS && (await openWhileDying(role, phase, count))) count++;
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThanOrEqual(MAX_COMMITS);
  },
);
