import { describe, expect, it } from "vitest";
import { csvText, msatIn, ParseError, parsePrice } from "../../common/index.js";

const fieldOf = (value: string): string =>
  csvText(["head"], [[value]]).slice("head\r\n".length, -"\r\n".length);

describe("CSV", () => {
  it("has a head, and lines that end as RFC 4180 says", () => {
    expect(csvText(["a", "b"], [])).toBe("a,b\r\n");
    expect(
      csvText(
        ["a", "b"],
        [
          ["x", -5n],
          ["", "y z"],
        ],
      ),
    ).toBe("a,b\r\nx,-5\r\n,y z\r\n");
  });

  it.each([
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ["one\ntwo", '"one\ntwo"'],
    ["one\rtwo", '"one\rtwo"'],
  ])("quotes %j where it must", (value, field) => {
    expect(fieldOf(value)).toBe(field);
  });

  it.each([
    "=1+1",
    "+1",
    "-1",
    "@sum",
    " =1",
    "\u00a0@x",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "=a,b",
  ])("keeps %j from being run as a formula", (value) => {
    expect(fieldOf(value)).toMatch(/^"?'/);
  });

  it.each(["\t1", "\r1", "\n1"])("keeps %j from hiding a formula", (value) => {
    expect(fieldOf(value)).toMatch(/^"?'/);
  });

  it("has amounts in sat and in a currency beside msat, and local times beside UTC", () => {
    const price = parsePrice("61500.50 eur", "--fiat-rate");
    expect(
      csvText(
        ["card", "left_msat", { time: "booked" }],
        [
          ["x", 1_234_567_890n, "2026-03-29T00:59:59.000Z"],
          ["y", -5n, "2026-03-29T01:00:00.000Z"],
          ["z", "", ""],
        ],
        { price, timeZone: "Europe/Zurich", separator: "\t" },
      ).split("\r\n"),
    ).toEqual([
      "card\tleft_msat\tleft_sat\tleft_eur\tbooked\tbooked_local",
      "x\t1234567890\t1234567.89\t759.27\t2026-03-29T00:59:59.000Z\t2026-03-29 01:59:59",
      "y\t-5\t-0.005\t-0.00\t2026-03-29T01:00:00.000Z\t2026-03-29 03:00:00",
      "z\t\t\t\t\t",
      "",
    ]);
  });

  it("quotes by its own separator", () => {
    const row = ["a,b", "c;d", "e\tf", 'g"h'];
    const form = (separator: "," | ";" | "\t") => csvText([], [row], { separator }).split("\r\n")[1];
    expect(form(";")).toBe('a,b;"c;d";e\tf;"g""h"');
    expect(form("\t")).toBe('a,b\tc;d\t"e\tf"\t"g""h"');
  });
});

describe("a price of bitcoin", () => {
  it.each([
    ["61500eur", 100_000_000_000n, "61500.00"],
    ["61500.50 EUR", 100_000_000n, "61.50"],
    ["9000000jpy", 111_111n, "10"],
    ["20000kwd", 100_000_000_000n, "20000.000"],
    ["20000kwd", 2_500n, "0.001"],
  ])("%s makes of %s msat %s", (price, amount, expected) => {
    expect(msatIn(amount, parsePrice(price, "rate"))).toBe(expected);
  });

  it.each([
    "61500",
    "61.500eur",
    "0eur",
    "61500xxy",
    "61500dem",
    "61500xau",
    "1e9eur",
    "-1eur",
    "61500,50eur",
    "",
  ])("%j is none", (price) => {
    expect(() => parsePrice(price, "--fiat-rate")).toThrow(ParseError);
  });
});
