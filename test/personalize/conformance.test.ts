import { describe, expect, it } from "vitest";
import { runConformance } from "../../host/conformance/index.js";
import { channelTarget } from "../../personalize/index.js";
import { FACTORY_VERSION, factoryCard, keys, readerWith } from "./fixture.js";

describe("the card conformance suite on one card that is personalized through its secure channel", () => {
  it("passes every case", async () => {
    const card = factoryCard();
    const target = channelTarget(readerWith(card), keys, FACTORY_VERSION);
    const report = await runConformance(target);
    expect(report.results.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(report.passed).toBeGreaterThan(50);
  });
});
