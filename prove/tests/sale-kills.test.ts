import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { type Kill, KillShop, type Programs, type Scenario, type Victim } from "../sale-kills/shop.js";
import { runSaleKills } from "../sale-kills.js";

/** Every kill there is takes minutes: CHEQUECARD_KILLS=all. */
const ALL = process.env.CHEQUECARD_KILLS === "all";

let programs: Programs;
beforeAll(async () => {
  const [merchant, terminal] = await Promise.all([
    buildProgram("testing/processes/node-process.ts"),
    buildProgram("prove/sale-kills/terminal-process.ts"),
  ]);
  programs = { merchant, terminal };
});

function someKills(): void {
  let shop: KillShop;
  beforeAll(async () => {
    shop = await KillShop.open(programs);
  });
  afterAll(() => shop?.close());

  const kill = async (scenario: Scenario, victim: Victim, phase: Kill["phase"], count: number) => {
    const outcome = await shop.run({ scenario, victim, phase, count });
    expect(outcome.problems, `${victim} killed ${phase} ${outcome.step}`).toEqual([]);
    return outcome;
  };
  /** Kills at each step until a sale gets through. @returns the steps that were struck */
  const sweep = async (scenario: Scenario, victim: Victim, phase: Kill["phase"], first = 1, stride = 1) => {
    const struck: string[] = [];
    for (let count = first; ; count += stride) {
      const outcome = await kill(scenario, victim, phase, count);
      if (!outcome.struck) return struck;
      struck.push(outcome.step);
    }
  };

  it("the terminal, after each step of a sale that is paid", async () => {
    expect(await sweep("paid", "terminal", "after")).toEqual(
      expect.arrayContaining([
        "node.createInvoice",
        "store.create",
        "AUTHORIZE",
        "store.authorized",
        "store.saveInitiation",
        "node.connect",
        "node.sendMessage",
        "settled",
        "store.paid",
      ]),
    );
  });

  it("the terminal, before each step of giving a sale up", async () => {
    expect(await sweep("given up", "terminal", "before", 4)).toEqual(
      expect.arrayContaining(["store.cancelling", "node.cancelInvoice", "store.cancelled"]),
    );
  });

  it("the terminal, while a sale is declined", async () => {
    await sweep("declined", "terminal", "before", 9, 2);
  });

  it.each([2, 7, 8, 9])("the merchant's node, before step %i of a sale that is paid", async (count) => {
    expect((await kill("paid", "node", "before", count)).struck).toBe(true);
  });

  it("the merchant's node, after the invoice was cancelled", async () => {
    expect((await kill("given up", "node", "after", 5)).state).toBe("cancelled");
  });

  it("the merchant's node, before a commit of its own", async () => {
    expect((await kill("paid", "commit", "before", 5)).struck).toBe(true);
  });
}

function allKills(): void {
  it("the sale is made once or not at all", { timeout: 1_200_000 }, async () => {
    const { failures, counts, units } = await runSaleKills(
      { seed: 1, budget: { seconds: 1_100, units: 200 }, progress: (text) => console.log(text) },
      programs,
    );
    console.log(units, counts);
    expect(failures).toEqual([]);
  });
}

describe("a process killed in the middle of a sale", ALL ? allKills : someKills);
