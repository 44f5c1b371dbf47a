import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { msat } from "../../common/index.js";
import { LdkNode } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { buildProgram } from "../../testing/build-program.js";
import { Caller } from "../../testing/processes/channel.js";
import { start, untilUp } from "../../testing/processes/links.js";
import { remoteNode } from "../../testing/processes/remote-node.js";
import { CrashNetwork, type CrashOrder, NAMES, type Phase, type Victim } from "./crash-harness.js";

/** All commits with real kills, which takes minutes: CHEQUECARD_CRASH=all. */
const ALL = process.env.CHEQUECARD_CRASH === "all";
const PHASES: readonly Phase[] = ["before", "after"];

let network: CrashNetwork;
beforeEach(async () => {
  network = await CrashNetwork.start();
});
afterEach(() => network.close());

/** Makes the payment of an order, if it has one. @returns how it ended */
async function payOf({ pay }: CrashOrder, node: LightningNode): Promise<string | undefined> {
  return pay && (await node.pay({ invoice: pay.invoice, maxFee: msat(BigInt(pay.maxFee)) })).state;
}

/** A victim within this process: it stops at the commit without another byte to anyone, and forgets everything. */
function runHere(order: CrashOrder): Victim {
  let die: (value?: unknown) => void = () => {};
  const dead = new Promise((resolve) => {
    die = resolve;
  });
  const up = LdkNode.start({
    network: "bcrt",
    chain: network.chain,
    file: order.file,
    onCommit: (phase, count) => {
      if (phase !== order.kill.phase || count !== order.kill.count) return;
      die();
      throw new Error("the power is gone");
    },
  });
  const paid = up.then((node) => payOf(order, node));
  paid.catch(die);
  return { up, paid, dead, kill: () => up.then((node) => node.close()).catch(() => undefined) };
}

describe.each(NAMES)("when the %s loses its power", (name) => {
  test.each(PHASES)("%s any commit, nothing is lost, doubled or stuck", async (phase) => {
    // At the least: the start, and three steps of a payment.
    expect(await network.sweep(name, phase, runHere)).toBeGreaterThanOrEqual(4);
  });
});

describe.each(NAMES)("when the process of the %s is killed", (name) => {
  let program: string;
  beforeAll(async () => {
    program = await buildProgram("testing/processes/node-process.ts");
  });

  function runElsewhere(order: CrashOrder): Victim {
    const running = start(program, order);
    const caller = new Caller(running.link);
    const up = untilUp(running, caller);
    const paid = up.then(() => payOf(order, remoteNode(caller)));
    for (const step of [up, paid]) step.catch(() => undefined);
    return { up, paid, dead: running.ended, kill: () => running.kill() };
  }

  test.each(PHASES)(
    "%s a commit, nothing is lost, doubled or stuck",
    async (phase) => {
      if (ALL) await network.sweep(name, phase, runElsewhere);
      else await network.payWhileDying(name, phase, phase === "before" ? 4 : 3, runElsewhere);
    },
    ALL ? 600_000 : 60_000,
  );
});
