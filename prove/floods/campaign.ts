import type { Rate } from "../../common/token-bucket.js";
import { MAX_HANDED_OVER } from "../../lightning/nodes/ldk/message-types.js";
import { DEFAULT_PEER_LIMITS } from "../../lightning/nodes/ldk/peer-limits.js";
import { CROWDS, FLOODER, type Flood, type Flooded, MESSAGES, runFlood } from "../../testing/floods/flood.js";
import { addedSince, bindingsTable } from "../../testing/floods/table.js";
import { SeededRandom } from "../../testing/random.js";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "../campaign.js";
import { FloodTarget, hexKey } from "./target.js";

/** Messages and connections after which the bindings' table must be as long as before. */
export interface Endurance {
  readonly messages: number;
  readonly connections: number;
}

const { flow, handshakes, kept, strangers, dialed, known } = DEFAULT_PEER_LIMITS;
const BURST = flow.stranger.burst;
/** What a handshake and the traffic of one honest request are at most, in bytes. */
const GREETING = 1024;
/**
 * Objects that one peer may add: those for messages that leave in one turn, and for connections that overlap, because
 * the end of one is seen after the begin of the next.
 */
const MAX_OF_ONE = MAX_HANDED_OVER + 16;
/** Descriptors and messages that may be in use at the same time. */
const MAX_OBJECTS = handshakes.max + kept.max + strangers.max + dialed.max + known.max + MAX_OF_ONE;
/** Bytes that BOLT 8 adds to a message, its type included. */
const OVERHEAD = 36;
/** Bytes of one flood, per connection. */
const FLOOD_BYTES = 4 * BURST;
/** The endurance run is cut into rounds, so that a budget can end it. */
const ROUNDS = 20;
/** Kinds of messages that the endurance run sends in turn. */
const ENDURED = ["empty answers", "broken requests", "unknown messages"];
const UNBOUNDED: Rate = { burst: Number.MAX_SAFE_INTEGER, perSecond: 0 };
const MAX_MS = 120_000;
const HOUR_MS = 3_600_000;
const ALL_KINDS: readonly string[] = [...Object.keys(MESSAGES), ...CROWDS];
/** The flood of a kind, from one or many addresses, with one or many connections. */
export function floodOf(kind: string, random: SeededRandom, ms: number): Omit<Flood, "target"> {
  const addresses = random.pick([1, 1, 5, 40]);
  // Not the honest peers' address, but for one flood in four.
  const from = random.oneIn(4)
    ? ["127.0.0.1"]
    : Array.from({ length: addresses }, (_, i) => `127.0.${random.below(250) + 1}.${i + 2}`);
  const message = MESSAGES[kind];
  if (!message) return { kind, count: random.pick([50, 300, 800]), connections: 1, from, ms };
  const connections = random.pick([1, 1, 2, 10]);
  const count = connections * Math.ceil(FLOOD_BYTES / (message[1].length + OVERHEAD));
  const deaf = random.oneIn(4);
  // A deaf one would wait for ever; the others end when the node has read everything or has cut them off.
  return { kind, count, connections, from, ms: deaf ? ms : MAX_MS, deaf };
}

/**
 * Floods a node with everything that a peer can send, in processes of their own, while a peer that has asked before
 * and a new one ask for something. Both must be answered, what is handled of the flood stays within its bounds,
 * nothing is left of it, and the bindings' table stays as long as it was.
 * @param program the flooder's JavaScript file, unless it lies compiled beside this one
 */
export async function runFloods(
  options: CampaignOptions,
  endurance: Endurance,
  program: string = FLOODER,
  ms = 4000,
): Promise<CampaignResult> {
  const meter = new Meter(options);
  const random = new SeededRandom(options.seed);
  const replay = (name: string) => `--only floods --seed ${options.seed} (${name})`;
  const fail = (where: string) => (what: string) => meter.fail({ where, what, replay: replay(where) });
  for (const what of await endure(endurance, program, meter)) fail("endurance")(what);
  const target = await FloodTarget.start(BURST, flow.known);
  try {
    const regular = target.honest();
    await regular.ask();
    await target.node.keepPlace(regular.nodeId);
    const table = bindingsTable();
    let kinds: string[] = [];
    while (!meter.isOver) {
      if (kinds.length === 0) kinds = [...ALL_KINDS];
      const [kind = ""] = kinds.splice(random.below(kinds.length), 1);
      const flood = floodOf(kind, random, ms);
      for (const what of await withstand(target, flood, program, meter, () => regular.ask()))
        fail(kind)(what);
      if (!regular.isConnected) fail(kind)("a peer that has asked successfully lost its connection");
      meter.units++;
      meter.tell("runs");
    }
    const added = addedSince(table);
    meter.count("objects in the bindings' table", added);
    if (added > MAX_OBJECTS) fail("the bindings' table")(`grew by ${added} objects`);
    regular.close();
  } finally {
    await target.close();
  }
  return meter.result();
}

/** One flood. @returns what was wrong */
async function withstand(
  target: FloodTarget,
  flood: Omit<Flood, "target">,
  program: string,
  meter: Meter,
  regular: () => Promise<void>,
): Promise<string[]> {
  const problems: string[] = [];
  const before = target.node.intake();
  let told: Flooded | undefined;
  const flooding = runFlood(target.address, flood, program).then(
    (flooded) => {
      told = flooded;
    },
    (error: Error) => {
      problems.push(error.message);
      told = { opened: 0, refused: 0, sent: 0, cutOff: 0 };
    },
  );
  let asked = 0;
  const ask = async (who: string, request: () => Promise<void>) => {
    asked++;
    await request().catch((error: Error) => problems.push(`${who}: ${error.message}`));
  };
  while (!told && problems.length === 0) {
    await ask("a peer that has asked before", regular);
    const fresh = target.honest();
    await ask("a new peer", () => fresh.ask());
    fresh.close();
  }
  await flooding;
  const left = await target.calm(1);
  if (left > 1) problems.push(`${left - 1} connections of the flood were left`);
  const after = target.node.intake();
  const cut = after.flooded + after.evicted + after.late - before.flooded - before.evicted - before.late;
  const { opened = 0, sent = 0 } = told ?? {};
  const isCrowd = !MESSAGES[flood.kind];
  const most = (isCrowd ? opened * GREETING : opened * (BURST + GREETING)) + asked * 3 * GREETING;
  const handled = after.handled - before.handled;
  if (handled > most) problems.push(`${handled} bytes were handled, at most ${most} expected`);
  meter.count("requests answered meanwhile", asked);
  meter.count("connections that flooded", opened);
  meter.count("messages sent", isCrowd ? 0 : sent);
  meter.count("kilobytes handled", Math.round(handled / 1000));
  meter.count("cut off or pushed out", cut);
  return problems;
}

/**
 * Messages and connections that are all taken, in rounds, for at most a third of the budget; counts tell how many
 * there were. @returns what was wrong
 */
async function endure(endurance: Endurance, program: string, meter: Meter): Promise<string[]> {
  const target = await FloodTarget.start(UNBOUNDED.burst, UNBOUNDED);
  const [messages, connections] = [endurance.messages / ROUNDS, endurance.connections / ROUNDS].map(
    Math.ceil,
  );
  const seconds = meter.secondsLeft / 3;
  try {
    const problems: string[] = [];
    const { secretKey, nodeId } = hexKey();
    await target.node.keepPlace(nodeId);
    const table = bindingsTable();
    for (let round = 0; round < ROUNDS && problems.length === 0 && meter.seconds < seconds; round++) {
      const flood = { connections: 1, from: ["127.0.0.2"], ms: HOUR_MS, paced: true, secretKey };
      const kind = ENDURED[round % ENDURED.length] ?? "";
      const before = target.node.intake().handled;
      const { sent } = await runFlood(target.address, { ...flood, kind, count: messages ?? 0 }, program);
      const read = target.node.intake().handled - before;
      meter.count("messages of the endurance run", sent);
      if (read < sent * OVERHEAD || sent < (messages ?? 0))
        problems.push(`${kind}: ${sent} of ${messages} messages were sent, ${read} bytes handled`);
      const churn = await runFlood(
        target.address,
        { ...flood, kind: "churn", count: connections ?? 0 },
        program,
      );
      meter.count("connections of the endurance run", churn.opened);
      if (churn.refused > 0) problems.push(`${churn.refused} of ${connections} connections were refused`);
      await target.calm(0);
      meter.tell(`runs; endurance, round ${round + 1} of ${ROUNDS}`);
    }
    const added = addedSince(table);
    meter.count("objects added by the endurance run", added);
    if (added > MAX_OF_ONE) problems.push(`${added} objects were left in the bindings' table`);
    return problems;
  } finally {
    await target.close();
  }
}

/** Floods as one part of the proof. */
export const floods: Campaign = {
  name: "floods",
  about:
    "a node flooded with everything that a peer can send, while honest peers ask; 1,000,000 messages, 10,000 connections",
  unit: "runs",
  full: 210,
  run: (options) => runFloods(options, { messages: 1_000_000, connections: 10_000 }),
};
