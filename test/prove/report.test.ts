import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CAMPAIGNS } from "../../prove/campaigns.js";
import { PLANTED_BUGS } from "../../prove/planted/bugs.js";
import { renderReport, reportData } from "../../prove/report.js";

const ROOT = resolve(import.meta.dirname, "../..");

const reported = CAMPAIGNS.slice(0, 1).map((campaign) => ({
  campaign,
  result: {
    units: 34_365,
    counts: { states: 34 },
    failures: [{ where: "AUTHORIZE, blank", what: "charged twice", replay: "--only tearing" }],
    seed: 7,
    seconds: 47.4,
  },
}));

describe("the report", () => {
  it("names what, how many, failures, seeds, and the command that shows a failure again", () => {
    const text = renderReport(reported, "machine");
    expect(text).toContain("34,365 tear points");
    expect(text).toMatch(/what\s+how many\s+failures\s+seed\s+time/);
    expect(text).toContain("FAILED AUTHORIZE, blank");
    expect(text).toContain("npm run prove -- --only tearing");
    expect(reportData(reported, "machine")).toMatchObject({ failures: 1, campaigns: [{ seed: 7 }] });
  });

  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("planted bug fits: %s", (_, bug) => {
    const source = readFileSync(join(ROOT, bug.file), "utf8");
    for (const [piece, instead] of bug.edits) {
      expect(source.split(piece)).toHaveLength(2);
      expect(instead).not.toBe(piece);
    }
  });
});
