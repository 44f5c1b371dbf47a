import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { msat, sat } from "../common/index.js";
import { type LdkNode, type LittleNetwork, startLittleNetwork } from "../lightning/nodes/ldk/index.js";
import type { PeerMessage } from "../lightning/nodes/port.js";
import { type Benchmark, type Figure, medianTime } from "./measure.js";

const PAYMENTS = 60;
const AT_ONCE = 40;
const MESSAGES = 200;
const MESSAGE_TYPE = 45001;

async function payOnce(payer: LdkNode, merchant: LdkNode): Promise<void> {
  const { invoice } = await merchant.createInvoice({ amount: sat(100), description: "", expirySeconds: 600 });
  const paid = await payer.pay({ invoice, maxFee: sat(10) });
  if (paid.state !== "settled") throw new Error(`a payment of the benchmark is ${paid.state}`);
}

async function paymentRate({ payer, merchant }: LittleNetwork): Promise<number> {
  const request = { amount: sat(100), description: "", expirySeconds: 600 };
  const made = await Promise.all(Array.from({ length: AT_ONCE }, () => merchant.createInvoice(request)));
  const start = performance.now();
  await Promise.all(made.map(({ invoice }) => payer.pay({ invoice, maxFee: msat(0n) })));
  return (1000 * AT_ONCE) / (performance.now() - start);
}

/** Milliseconds for a message there and an answer back, over BOLT 8 on loopback. */
async function messageRoundTrip({ payer, merchant }: LittleNetwork, length: number): Promise<number> {
  const payload = new Uint8Array(length);
  const { nodeId: there } = await merchant.info();
  const { nodeId: back } = await payer.info();
  let arrived: (message: PeerMessage) => void = () => undefined;
  const ends = [
    merchant.onMessage(() => void merchant.sendMessage(back, MESSAGE_TYPE, payload)),
    payer.onMessage((message) => arrived(message)),
  ];
  const time = await medianTime(MESSAGES, async () => {
    const answer = new Promise<PeerMessage>((resolve) => {
      arrived = resolve;
    });
    await payer.sendMessage(there, MESSAGE_TYPE, payload);
    await answer;
  });
  for (const end of ends) end();
  return time;
}

/** Embedded nodes: the protocol is real, the chain is simulated. Their files are durable, as in use. */
export const nodesBenchmark: Benchmark = {
  name: "Embedded Lightning nodes",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "bench-nodes-"));
    const figures: Figure[] = [];
    const timed = async (name: string, router: boolean, note: string) => {
      const start = performance.now();
      const network = await startLittleNetwork({ directory: join(folder, router ? "three" : "two"), router });
      figures.push({ name, value: performance.now() - start, unit: "ms", note, goal: { atMost: 2000 } });
      return network;
    };
    try {
      const three = await timed("start of three nodes with channels", true, "LDK's loading included");
      const routed = await medianTime(PAYMENTS, () => payOnce(three.payer, three.merchant));
      await three.close();
      const two = await timed("start of two nodes with a channel", false, "LDK is loaded");
      const direct = await medianTime(PAYMENTS, () => payOnce(two.payer, two.merchant));
      figures.push(
        { name: "payment, direct peers", value: direct, unit: "ms", note: "invoice and payment, durable" },
        { name: "payment, one routing node", value: routed, unit: "ms", note: "the same" },
        {
          name: `payments, ${AT_ONCE} at once`,
          value: await paymentRate(two),
          unit: "per s",
          note: "both nodes in this process",
        },
        {
          name: "peer message there and back, 200 bytes",
          value: await messageRoundTrip(two, 200),
          unit: "ms",
          note: "BOLT 8 on loopback",
        },
        {
          name: "peer message there and back, 65,533 bytes",
          value: await messageRoundTrip(two, 65_533),
          unit: "ms",
          note: "the longest there is",
        },
      );
      await two.close();
      const again = await timed("restart of two nodes, channels usable", false, "from their files");
      figures.push({
        name: "resident memory",
        value: process.memoryUsage().rss / 1e6,
        unit: "MB",
        note: "of the whole process, after all this",
        goal: { atMost: 350 },
      });
      await again.close();
      return figures;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
