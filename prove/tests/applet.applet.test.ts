import { describe, expect, it } from "vitest";
import { fuzzApplet } from "../applet/campaigns.js";
import { appletMaker } from "../applet/maker.js";
import { runTwins } from "../applet/twins.js";
import { faceTwins, sweepFaces } from "../faces/campaigns.js";
import { faceCard } from "../faces/session.js";
import { sweepTears } from "../tearing/sweep.js";

const share = (units: number) => ({ seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units } });

describe("the Java Card applet", () => {
  it("and the simulated card agree in 20,000 commands, resets, tears and hand-overs", async () => {
    const { failures, units, counts } = await runTwins(share(20_000), appletMaker());
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThanOrEqual(20_000);
    expect(counts["sequences that a tear left apart"]).toBeLessThan(0.8 * (counts.sequences ?? 0));
  });

  it("torn at its stores is before or after, and nothing is charged twice: a share of the sweep", async () => {
    const { failures, units, counts } = await sweepTears(share(2_500), appletMaker());
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThanOrEqual(2_500);
    expect(counts["tears of a roll-back"]).toBeGreaterThan(300);
  });

  it("answers any bytes with a known status word: a share of the inputs", async () => {
    const { failures, units } = await fuzzApplet(share(4_000), appletMaker());
    expect(failures).toEqual([]);
    expect(units).toBe(4_000);
  });
});

describe("the Bolt Card applet", () => {
  it("and the simulated one agree in 3,000 commands", async () => {
    const { failures, units } = await faceTwins(share(3_000), appletMaker(undefined, faceCard));
    expect(failures).toEqual([]);
    expect(units).toBe(3_000);
  });

  it("torn at its stores is empty or whole, and shows no counter twice: a share of the sweep", async () => {
    const make = appletMaker(undefined, faceCard);
    const { failures, units } = await sweepFaces(share(150), make, "applet-face-tears");
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThanOrEqual(150);
  });
});

describe("the sweep", () => {
  it("finds half a debit where transactions mean nothing, as in jCardSim by itself", async () => {
    const make = appletMaker((card) => card.forgetTransactions());
    const { failures } = await sweepTears(share(1_500), make);
    const found = failures.map(({ where, what }) => `${where}: ${what}`).join("\n");
    expect(found).toMatch(/AUTHORIZE 6[01].*: torn/);
  });
});
