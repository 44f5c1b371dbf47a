import { describe, expect, it } from "vitest";
import { Sightings } from "../../issuer/reconciler/sightings.js";

describe("sightings", () => {
  it("say how long ago a thing was first seen, however often it is seen", () => {
    const sightings = new Sightings<string>();
    expect(sightings.see("a", "A", 1000)).toBe(0);
    expect(sightings.see("b", "B", 1500)).toBe(0);
    expect(sightings.see("a", "A", 3000)).toBe(2000);
    expect(sightings.older(1500, 3000)).toEqual(["B", "A"]);
    expect(sightings.older(1501, 3000)).toEqual(["A"]);
  });

  it("forget on demand, and then what was not seen for longest", () => {
    const sightings = new Sightings<number>();
    sightings.see("told", 0, 0);
    sightings.forget("told");
    expect(sightings.see("told", 0, 5)).toBe(0);
    sightings.see("kept", 1, 0);
    for (let i = 0; i < 99_998; i++) sightings.see(`${i}`, i, 1);
    sightings.see("kept", 1, 2);
    sightings.see("one more", 2, 2);
    expect(sightings.older(0, 10)).toHaveLength(100_000);
    expect(sightings.see("kept", 1, 10)).toBe(10);
    expect(sightings.see("told", 0, 10)).toBe(0);
  });
});
