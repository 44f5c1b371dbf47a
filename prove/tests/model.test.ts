import { describe, expect, it } from "vitest";
import { answer } from "../../reference/card/answer.js";
import { blankCard } from "../../reference/card/state.js";
import { runModel } from "../model/campaign.js";

describe("the model of the card", () => {
  it("agrees with it in 20,000 commands, resets, tears and hand-overs", async () => {
    const options = { seed: 819, budget: { seconds: Number.POSITIVE_INFINITY, units: 20_000 } };
    const { failures, units, seen } = await runModel(options);
    expect(failures).toEqual([]);
    expect(units).toBeGreaterThanOrEqual(20_000);
    for (const kind of [
      "8030 9000",
      "8030 9c01",
      "8030 9c02",
      "8030 6982",
      "8034 9000",
      "84e2 9000",
      "84e4 9000",
    ])
      expect(seen.get(kind), kind).toBeGreaterThan(5);
  });

  it("answers a blank card's SELECT as specs/01 §4.1 has it", () => {
    const select = Uint8Array.from(Buffer.from("00a4040008f04348455155450100", "hex"));
    const blank = blankCard({ serial: "000000000000", i: 0x70, slots: [] });
    const { sw, data, next } = answer(blank, select, (length) => new Uint8Array(length));
    expect(sw).toBe("9000");
    expect(data).toEqual({
      kind: "exactly",
      hex: `6f2e8408f043484551554501a522c12001000100${"00".repeat(28)}`,
    });
    expect(next.selected).toBe("application");
  });
});
