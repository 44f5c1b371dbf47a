import { describe, expect, it } from "vitest";
import { Cells } from "../card/cells.js";
import { tornStateProblem } from "../tearing/checks.js";
import { factoryCard, tornStates } from "../tearing/states.js";
import { sweepTears } from "../tearing/sweep.js";

const SHARE = { seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units: 3_000 } };

describe("tearing", () => {
  it("a share of the sweep finds nothing", async () => {
    const result = await sweepTears(SHARE);
    expect(result.failures).toEqual([]);
    expect(result.units).toBeGreaterThanOrEqual(3_000);
    expect(result.counts["tears of a roll-back"]).toBeGreaterThan(1_000);
  });

  it("reaches every state it names", () => {
    const states = tornStates();
    expect(new Set(states.map(({ name }) => name)).size).toBe(states.length);
    for (const state of states) {
      const card = factoryCard(state.image);
      card.powerOn();
      state.prelude(card);
      expect(state.name.startsWith("blank"), state.name).toBe(new Cells(card.image()).lifecycle === 0x01);
    }
  });

  it("knows a half-done change, a gained try and a try without its sequence", () => {
    const [image] = tornStates()
      .filter(({ name }) => name === "one wrong PIN")
      .map((state) => state.image);
    const changed = (cells: Record<string, string>): Cells =>
      new Cells({
        journal: [],
        cells: {
          ...image?.cells,
          ...Object.fromEntries(
            Object.entries(cells).map(([name, hex]) => [
              `card-application/${name}`,
              Uint8Array.from(Buffer.from(hex, "hex")),
            ]),
          ),
        },
      });
    const before = changed({});
    const after = changed({ counter: "00000001", authorized: "000000000000003c" });
    const half = changed({ counter: "00000001" });
    expect(tornStateProblem("none", before, after, half)).toContain("neither as before (counter)");
    expect(tornStateProblem("none", before, after, before)).toBeUndefined();
    const pin = (tries: string) => changed({ pin: `${tries}241234ffffffffff` });
    expect(tornStateProblem("guess", pin("01"), pin("00"), pin("02"))).toContain("2 PIN tries");
    const updated = changed({ sequence: "00000001", pin: "03241234ffffffffff" });
    const early = changed({ pin: "03241234ffffffffff" });
    expect(tornStateProblem("reset-tries", before, updated, early)).toContain("sequence");
  });
});
