import { describe, expect, test } from "vitest";
import { conformanceCases, runConformance } from "../../host/conformance/index.js";
import type { CardProtocol } from "../../simulator/index.js";
import { simulatedTarget } from "./simulated-target.js";

const cases = conformanceCases();
const OPTIONAL: Readonly<Record<CardProtocol, readonly string[]>> = {
  "T=CL": ["select/other-application"],
  "T=1": ["select/other-application"],
  "T=0": ["select/other-application", "get-data/exact-le"],
};

describe.each<CardProtocol>(["T=CL", "T=0"])("the simulated card over %s conforms", (protocol) => {
  const target = simulatedTarget(`simulator, ${protocol}`, { protocol });

  test.each(cases)("$id: $title", async (conformanceCase) => {
    const { results } = await runConformance(target, { cases: [conformanceCase] });
    const [{ outcome, detail, expected, found } = { outcome: "missing" }] = results;
    const wanted = OPTIONAL[protocol].includes(conformanceCase.id) ? /passed|skipped/ : /passed/;
    expect(outcome, `${detail}: expected ${expected}, found ${found}`).toMatch(wanted);
  });
});
