import { describe, expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { CROWDS, MESSAGES } from "../../testing/floods/flood.js";
import { SeededRandom } from "../../testing/random.js";
import { floodOf, runFloods } from "../floods/campaign.js";

const KINDS = [...Object.keys(MESSAGES), ...CROWDS];

describe("floods", () => {
  it("a share of the runs finds nothing: each kind once", async () => {
    const program = await buildProgram("testing/floods/flooder-process.ts");
    const options = { seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units: KINDS.length } };
    const { failures, units, counts } = await runFloods(
      options,
      { messages: 10_000, connections: 100 },
      program,
      800,
    );
    expect(failures).toEqual([]);
    expect(units).toBe(KINDS.length);
    expect(counts["messages of the endurance run"]).toBe(10_000);
    expect(counts["connections of the endurance run"]).toBe(100);
    expect(counts["requests answered meanwhile"]).toBeGreaterThan(2 * KINDS.length);
    expect(counts["cut off or pushed out"]).toBeGreaterThan(KINDS.length);
  }, 600_000);

  it("are the same for the same seed", () => {
    const floods = () => {
      const random = new SeededRandom(7);
      return KINDS.map((kind) => floodOf(kind, random, 100));
    };
    expect(floods()).toEqual(floods());
  });
});
