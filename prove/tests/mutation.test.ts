import { describe, expect, it } from "vitest";
import { chosenMutants, runMutation } from "../mutation/campaign.js";
import { EQUIVALENT } from "../mutation/equivalent.js";
import { type Mutant, nameOf } from "../mutation/operators.js";
import { Pool } from "../mutation/pool.js";
import { allMutants, readSources } from "../mutation/sources.js";

const sources = readSources();

/** A mutant that writes `instead` before everything else in a file. */
const withText = (file: string, instead: string): Mutant => ({
  ...{ file, operator: "test", start: 0, end: 0, instead, line: "", piece: "", nth: 1 },
});

describe("mutants of the reference implementation", () => {
  it("have names of their own", () => {
    const names = allMutants(sources).map(nameOf);
    expect(new Set(names).size).toBe(names.length);
  });

  it("are listed as equivalent at most at 5 %, and only those that a full run changes", () => {
    const chosen = chosenMutants(sources).map(nameOf);
    expect(Object.keys(EQUIVALENT).filter((name) => !chosen.includes(name))).toEqual([]);
    expect(Object.keys(EQUIVALENT).length).toBeLessThanOrEqual(0.05 * chosen.length);
  });

  it("are killed by loading, by a vector or for want of memory; what changes nothing is not", async () => {
    const waiting = [
      withText("tlv.js", "// nothing\n"),
      withText("tlv.js", "("),
      withText("tlv.js", "const all = []; for (;;) all.push([...Array(1000)]);"),
      ...chosenMutants(sources).filter(({ file, operator }) => file === "tlv.js" && operator === "boundary"),
    ];
    const killers: string[] = [];
    await new Pool(sources).run(
      () => waiting.shift(),
      (mutant, { killedBy }) => killers.push(`${mutant.instead.slice(0, 10)}: ${killedBy}`),
    );
    expect(killers).toContain("// nothing: undefined");
    expect(killers).toContain("(: loading");
    expect(killers).toContain("const all : memory");
    expect(killers.some((killer) => killer.endsWith(".json"))).toBe(true);
  }, 120_000);

  it("are noticed, 16 of them", async () => {
    const { failures, units } = await runMutation({ seed: 0, budget: { seconds: 100, units: 16 } });
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThan(0);
  }, 120_000);
});
