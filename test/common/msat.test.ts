import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addMsat,
  formatMsat,
  MAX_MSAT,
  msat,
  ParseError,
  parseAmount,
  printAmount,
  sat,
  subMsat,
  sumMsat,
  ValueError,
} from "../../common/index.js";

describe("amounts", () => {
  it.each([
    ["1000msat", 1000n],
    ["2500sat", 2_500_000n],
    ["2500SAT", 2_500_000n],
    ["0.001btc", 100_000_000n],
    ["0.001btc", 100_000_000n],
    ["1.0sat", 1000n],
    ["1500msat", 1500n],
    ["0.00000000001btc", 1n],
    ["21000000btc", MAX_MSAT],
    ["0sat", 0n],
    ["7.0msat", 7n],
  ])("reads %s", (text, value) => expect(parseAmount(text)).toBe(value));

  it.each([
    ["", "number with a unit"],
    ["25", "number with a unit"],
    ["-1sat", "number with a unit"],
    ["1 sat", "number with a unit"],
    ["1e3sat", "number with a unit"],
    [".5sat", "number with a unit"],
    ["1,5sat", "number with a unit"],
    ["0.5msat", "whole number of millisatoshi"],
    ["0.0001sat", "need whole sat"],
    ["0.5sat", "write a part of a sat in msat"],
    ["2.500sat", "two ways; write 2500sat"],
    ["100.000msat", "two ways; write 100000msat"],
    ["1.234btc", "two ways; write 1234btc, or 1.2340btc"],
    ["1.000.000sat", "nothing between thousands"],
    ["2500sta", "did you mean sat"],
    ["2bit", "did you mean sat"],
    ["0.000000000001btc", "number with a unit"],
    ["21000001btc", "more than 21 million bitcoin"],
    ["99999999999999999999sat", "more than 21 million bitcoin"],
  ])("refuses %s", (text, problem) => {
    expect(() => parseAmount(text, "limit")).toThrow(ParseError);
    expect(() => parseAmount(text, "limit")).toThrow(problem);
  });

  it("prints what it reads", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_MSAT }), (value) => {
        expect(parseAmount(printAmount(msat(value)))).toBe(value);
      }),
    );
  });

  it.each([
    [2_500_000n, "2,500 sat"],
    [1_234_567_500n, "1,234,567.5 sat"],
    [1n, "0.001 sat"],
    [0n, "0 sat"],
    [-1500n, "-1.5 sat"],
  ])("shows %s msat to people", (value, text) => expect(formatMsat(value)).toBe(text));

  it("does not overflow, underflow or wrap", () => {
    expect(() => addMsat(MAX_MSAT, msat(1n))).toThrow(ValueError);
    expect(() => subMsat(sat(1), msat(1001n))).toThrow(ValueError);
    expect(() => msat(-1n)).toThrow(ValueError);
    expect(sumMsat([sat(1), sat(2), msat(3n)])).toBe(3003n);
    expect(() => sumMsat([MAX_MSAT, msat(1n)])).toThrow(ValueError);
  });
});
