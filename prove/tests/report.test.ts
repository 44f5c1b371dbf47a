import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CAMPAIGNS } from "../campaigns.js";
import { misfits, partName, plant } from "../planted/bug.js";
import { PLANTED_BUGS } from "../planted/bugs.js";
import { listBugs } from "../planted/run.js";
import { renderReport, reportData } from "../report.js";

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
  it("is of the campaigns that docs/proof.md describes, in its order", () => {
    const described = readFileSync(join(ROOT, "docs/proof.md"), "utf8").matchAll(/^\| `([^`]+)` \|/gm);
    expect([...described].map(([, name]) => name)).toEqual(CAMPAIGNS.map(({ name }) => name));
  });

  it("names what, how many, failures, seeds, and the command that shows a failure again", () => {
    const text = renderReport(reported, "machine");
    expect(text).toContain("34,365 tear points");
    expect(text).toMatch(/what\s+how many\s+failures\s+seed\s+time/);
    expect(text).toContain("FAILED AUTHORIZE, blank");
    expect(text).toContain("npm run prove -- --only tearing");
    expect(reportData(reported, "machine")).toMatchObject({ failures: 1, campaigns: [{ seed: 7 }] });
  });
});

describe("planted bugs", () => {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

  it.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("fits: %s", (_, bug) => {
    const changed = plant(bug, read);
    expect([...changed.keys()]).toEqual(Object.keys(bug.edits));
    for (const [file, source] of changed) expect(source).not.toBe(read(file));
    for (const part of bug.caughtBy) if ("tests" in part) expect(read(part.tests).length).toBeGreaterThan(0);
    expect(bug.caughtBy.length).toBeGreaterThan(0);
  });

  it("have names of their own, in every layer", () => {
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
    const files = readdirSync(join(ROOT, "prove/planted")).filter((file) => file.endsWith("-bugs.ts"));
    const lists = files.flatMap((file) => [...read(`prove/planted/${file}`).matchAll(/bugsOf\("([^"]+)"/g)]);
    expect(new Set(PLANTED_BUGS.map(({ layer }) => layer))).toEqual(new Set(lists.map(([, layer]) => layer)));
  });

  it("are listed with every part that must catch them", () => {
    for (const { name, caughtBy } of PLANTED_BUGS)
      expect(listBugs(name)).toContain([name, ...caughtBy.map(partName)].join("\n    "));
  });

  it("are named when their piece is not there, or is there twice", () => {
    const bug = {
      name: "a wrong sum",
      layer: "x",
      edits: { "a.ts": [["one", "two"]] as const },
      caughtBy: [],
    };
    expect(plant(bug, () => "one or zero").get("a.ts")).toBe("two or zero");
    expect(() => plant(bug, () => "zero")).toThrow('planted bug "a wrong sum" no longer fits');
    expect(() => plant(bug, () => "one and one")).toThrow("found 2 times: one");
    const same = { ...bug, name: "nothing", edits: { "a.ts": [["one", "one"]] as const } };
    expect(misfits([bug, same], () => "one")).toEqual([expect.stringContaining('"nothing"')]);
  });
});
