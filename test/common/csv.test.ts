import { describe, expect, it } from "vitest";
import { csvText } from "../../common/index.js";

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
});
