// A node in a process of its own, for tests that kill it. Its one argument is a CrashOrder as JSON; it prints one
// line when it is up and one when its payment has ended, and kills itself where the order says so.
import { msat } from "../../common/index.js";
import { LdkNode, SimulatedChain } from "../../lightning/nodes/ldk/index.js";

export interface CrashOrder {
  readonly chain: string;
  readonly file: string;
  /** Pay this invoice once up, with so many msat of fee at most. */
  readonly pay?: { readonly invoice: string; readonly maxFee: number };
  /** Before or after which commit, counted from 1 at the start of the process, it kills itself. */
  readonly kill: { readonly phase: "before" | "after"; readonly count: number };
}

const order: CrashOrder = JSON.parse(process.argv[2] ?? "");
const node = await LdkNode.start({
  network: "bcrt",
  chain: new SimulatedChain({ file: order.chain, pollMs: 10 }),
  file: order.file,
  onCommit: (phase, count) => {
    if (phase === order.kill.phase && count === order.kill.count) process.kill(process.pid, "SIGKILL");
  },
});
console.log("up");
if (order.pay) {
  const { invoice, maxFee } = order.pay;
  console.log((await node.pay({ invoice, maxFee: msat(BigInt(maxFee)) })).state);
}
