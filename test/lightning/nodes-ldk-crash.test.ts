import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { msat } from "../../common/index.js";
import { LdkNode } from "../../lightning/nodes/ldk/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { runProgram } from "../../testing/programs.js";
import { CrashNetwork, NAMES, type Phase, type Victim } from "./crash-harness.js";
import type { CrashOrder } from "./crash-node.js";

/** All commits with real kills, which takes minutes: CHEQUECARD_CRASH=all. */
const ALL = process.env.CHEQUECARD_CRASH === "all";
const PHASES: readonly Phase[] = ["before", "after"];

let network: CrashNetwork;
beforeEach(async () => {
  network = await CrashNetwork.start();
});
afterEach(() => network.close());

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
  const paid = up.then(async (node) => {
    if (!order.pay) return undefined;
    const { invoice, maxFee } = order.pay;
    return (await node.pay({ invoice, maxFee: msat(BigInt(maxFee)) })).state;
  });
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
    program = await buildProgram("test/lightning/crash-node.ts");
  });

  function runElsewhere(order: CrashOrder): Victim {
    const running = runProgram(program, [JSON.stringify(order)]);
    const [up, paid] = [running.line(1), running.line(2)];
    for (const step of [up, paid]) step.catch(() => undefined);
    return { up, paid, dead: running.end(), kill: () => running.end("SIGKILL") };
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
