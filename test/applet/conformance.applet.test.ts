import { describe, expect, test } from "vitest";
import { type ConformanceTarget, conformanceCases, runConformance } from "../../host/conformance/index.js";
import { simulatedTarget } from "../conformance/simulated-target.js";

/** No other application is on the card, which it need not have. */
const OPTIONAL = ["select/other-application"];

async function outcomeOf(target: ConformanceTarget, id: string) {
  const { results } = await runConformance(target, {
    cases: conformanceCases().filter((one) => one.id === id),
  });
  const [{ outcome, detail, expected, found } = { outcome: "missing" }] = results;
  return { outcome, why: `${detail}: expected ${expected}, found ${found}` };
}

describe("the applet conforms", () => {
  const target = simulatedTarget("the applet");

  test.each(conformanceCases())("$id: $title", async ({ id }) => {
    const { outcome, why } = await outcomeOf(target, id);
    expect(outcome, why).toMatch(OPTIONAL.includes(id) ? /passed|skipped/ : /passed/);
  });
});
