import { expect, it } from "vitest";
import { runOfflineKills } from "../offline-kills/campaign.js";

it("a terminal or shop killed at any statement of accepting, carrying and forwarding loses no accepted sale and is paid once", async () => {
  const budget = { seconds: Number.POSITIVE_INFINITY, units: 200 };
  const { failures, counts } = await runOfflineKills({ seed: 4, budget }, 17);
  expect(failures).toEqual([]);
  for (const kind of ["killed before", "killed after", "failed"])
    expect(counts[`statements ${kind}`], kind).toBeGreaterThan(1);
  expect(counts["accepted sales paid"]).toBeGreaterThan(10);
}, 120_000);
