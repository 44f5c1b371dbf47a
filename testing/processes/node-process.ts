// A node in a process of its own. Its one argument is a NodeOrder as JSON; it serves its node to the
// process that started it, and kills itself where the order says so.
import { LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";
import { announce, serve } from "./channel.js";
import { parentLink } from "./links.js";
import { nodeTargets, tellEvents } from "./remote-node.js";

export interface NodeOrder {
  readonly chain: string;
  readonly file: string;
  /** Before or after which commit, counted from 1 at the start of the process, it kills itself. */
  readonly kill?: { readonly phase: "before" | "after"; readonly count: number };
}

const order: NodeOrder = JSON.parse(process.argv[2] ?? "");
const link = parentLink();
link.onGone(() => process.exit());
const node = await LdkNode.start({
  network: "bcrt",
  chain: new SimulatedChain({ file: order.chain, pollMs: 10 }),
  file: order.file,
  onCommit: (phase, count) => {
    if (phase === order.kill?.phase && count === order.kill.count) process.kill(process.pid, "SIGKILL");
  },
});
serve(link, {
  ...nodeTargets(node),
  channels: { ready: (timeoutMs: number) => node.channelsReady(timeoutMs) },
});
tellEvents(node, link);
announce(link, "up", undefined);
