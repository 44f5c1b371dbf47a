import { describe, expect, it } from "vitest";
import { conformanceCases, runConformance } from "../../host/conformance/index.js";
import { channelTarget } from "../../personalize/index.js";
import { FACTORY_VERSION, factoryCard, keys, readerWith } from "./fixture.js";

describe("the card conformance suite on one card that is personalized through its secure channel", () => {
  it("passes every case", async () => {
    const target = channelTarget(readerWith(factoryCard()), keys, FACTORY_VERSION);
    const report = await runConformance(target, { cases: conformanceCases() });
    expect(report.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(report.passed).toBeGreaterThan(50);
  });
});
