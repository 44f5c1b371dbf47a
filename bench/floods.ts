import { parseAddress } from "../lightning/nodes/ldk/address.js";
import { LdkNode, SimulatedChain } from "../lightning/nodes/ldk/index.js";
import { DEFAULT_PEER_LIMITS } from "../lightning/nodes/ldk/peer-limits.js";
import { type Flood, MESSAGES, runFlood } from "../testing/floods/flood.js";
import { type RawAddress, RawPeer } from "../testing/floods/raw-peer.js";
import { type Benchmark, type Figure, medianTime } from "./measure.js";

const FLOOD_BYTES = 10_000_000;
const OVERHEAD = 36;
const ROUND_TRIPS = 300;
const MESSAGES_BETWEEN = 20_000;
const CONNECTIONS_BETWEEN = 200;
const REQUEST = 45001;
const ANSWER = 45003;
/** Kinds of floods, one for each way in which a message can be dear. */
const KINDS = ["empty answers", "pings for long answers", "pongs", "onion messages", "long messages"];
const UNBOUNDED = { burst: Number.MAX_SAFE_INTEGER, perSecond: 0 };

async function startNode(stranger = DEFAULT_PEER_LIMITS.flow.stranger) {
  const chain = new SimulatedChain();
  chain.mine();
  const flow = { ...DEFAULT_PEER_LIMITS.flow, stranger };
  const node = await LdkNode.start({ network: "bcrt", chain, peerLimits: { flow } });
  const { nodeId, addresses } = await node.info();
  node.onMessage(({ peer, type }) => {
    if (type === REQUEST) node.sendMessage(peer, ANSWER, new Uint8Array(0)).catch(() => undefined);
  });
  const address: RawAddress = { ...parseAddress(addresses[0] ?? ""), nodeId };
  const close = async () => {
    await node.close();
    chain.close();
  };
  return { node, address, close };
}

const flooding = (kind: string, count: number): Omit<Flood, "target"> => ({
  kind,
  count,
  connections: 1,
  from: ["127.0.0.1"],
  ms: 60_000,
});

/** Processor time of the longest hold of the event loop while `work` runs, in milliseconds. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.cpuUsage();
  }, 1);
  await work();
  clearInterval(timer);
  return longest;
}

/** Milliseconds of a request and its answer, on one connection that lasts. */
const roundTrip = (peer: RawPeer): Promise<number> =>
  medianTime(ROUND_TRIPS, async () => {
    peer.send(REQUEST, new Uint8Array(200));
    await peer.next(ANSWER);
  });

/** What a node that is open to strangers takes of a flood, and what is left of one. */
export const floodsBenchmark: Benchmark = {
  name: "Floods of an embedded node",
  async run({ large }) {
    const figures: Figure[] = [];
    const { node, address, close } = await startNode();
    for (const kind of KINDS) {
      const [, payload = new Uint8Array(0)] = MESSAGES[kind] ?? [];
      const count = Math.ceil(FLOOD_BYTES / (payload.length + OVERHEAD));
      const before = node.intake().handled;
      const hold = await longestHold(() => runFlood(address, flooding(kind, count)));
      figures.push(
        {
          name: `longest hold, 10 MB of ${kind}`,
          value: hold,
          unit: "ms",
          note: "processor time of this process between two timers of 1 ms",
          goal: { atMost: 100 },
        },
        {
          name: `handled of 10 MB of ${kind}`,
          value: node.intake().handled - before,
          unit: "bytes",
          note: "then the peer was cut off",
          goal: { atMost: 400_000 },
        },
      );
    }
    await close();
    return [...figures, ...(await next(large ? 50 : 1))];
  },
};

/** A message before and after very many messages and connections, at a node that takes all of them. */
async function next(times: number): Promise<Figure[]> {
  const { address, close } = await startNode(UNBOUNDED);
  const peer = await RawPeer.dial(address);
  await roundTrip(peer);
  const before = await roundTrip(peer);
  const [messages, connections] = [times * MESSAGES_BETWEEN, times * CONNECTIONS_BETWEEN];
  await runFlood(address, { ...flooding("empty answers", messages), paced: true, ms: 3_600_000 });
  await runFlood(address, { ...flooding("churn", connections), ms: 3_600_000 });
  const after = await roundTrip(peer);
  peer.close();
  await close();
  const note = `after ${messages} messages and ${connections} connections`;
  return [
    { name: "request and answer, new node", value: before, unit: "ms", note: "BOLT 8 on loopback" },
    { name: "the next request and answer", value: after, unit: "ms", note },
    { name: "next / first", value: after / before, unit: "x", note, goal: { atMost: 1.2 } },
  ];
}
