import { describe, expect, it } from "vitest";
import { describeStatusWord, formatSw, STATUS_WORDS, SW } from "../../apdu/index.js";

describe("status words", () => {
  it("stand in the table once each, every one of them", () => {
    const numbers = STATUS_WORDS.map(({ sw }) => sw);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(new Set(STATUS_WORDS.map(({ name }) => name)).size).toBe(numbers.length);
    expect([...numbers].sort()).toEqual([...Object.values(SW)].sort());
  });

  it.each(STATUS_WORDS.map((status) => [formatSw(status.sw), status] as const))(
    "%s has two whole sentences",
    (_sw, s) => {
      for (const sentence of [s.merchant, s.cardholder]) expect(sentence).toMatch(/^[A-Z].*\.$/);
    },
  );

  it("counts the tries left", () => {
    expect(describeStatusWord(0x63c2).merchant).toContain("2 tries are left");
    expect(describeStatusWord(0x63c1).cardholder).toContain("one try is left");
    expect(describeStatusWord(0x63c0).merchant).toContain("no tries are left");
    expect(describeStatusWord(0x63c1).sw).toBe(0x63c1);
  });

  it("keeps an unknown number", () => {
    const unknown = describeStatusWord(0x6581);
    expect(unknown).toMatchObject({ sw: 0x6581, name: "unknown" });
    expect(unknown.merchant).toContain("6581");
    expect(unknown.cardholder).toContain("6581");
  });
});
