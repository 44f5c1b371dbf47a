import { describe, expect, it } from "vitest";
import { sweepFaces } from "../faces/campaigns.js";
import { sweepChips } from "../tearing/chip.js";

describe("the second face of the simulated card", () => {
  it("torn at every write is empty or whole, and shows no counter twice", async () => {
    const budget = { seconds: Number.POSITIVE_INFINITY, units: Number.POSITIVE_INFINITY };
    const { failures, units, counts } = await sweepFaces({ seed: 819, budget });
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThan(200);
    expect(counts["commands in states"]).toBe(100);
  });
});

describe("the simulated chip of a Bolt Card", () => {
  it("torn at every write shows no address twice, and goes on", async () => {
    const budget = { seconds: Number.POSITIVE_INFINITY, units: Number.POSITIVE_INFINITY };
    const { failures, units, counts } = await sweepChips({ seed: 819, budget });
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThan(300);
    expect(counts["commands at counters"]).toBe(99);
  });
});
